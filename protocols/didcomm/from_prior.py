"""`from_prior`: the proof that a peer known under one DID goes on under another, or ends the relationship.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#did-rotation
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from protocols.didcomm.refusal import refused
from protocols.dids.did import check_did, did_of
from protocols.dids.document import DidDocument
from protocols.errors import EnvelopeError, MalformedMessage
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import Signer

MAX_CHARACTERS = 40 * 1024
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromPrior:
    """A verified rotation: `old` is now `new`; `new` None means that `old` ends the relationship."""

    old: str
    new: str | None
    rotated_at: datetime | None
    """When, as the old DID says; None where an older library left it out."""


def sign_from_prior(*, old: str, new: str | None, signer: Signer, rotated_at: datetime) -> str:
    """The JWT for the `from_prior` header.

    Args:
        signer: an authentication key of `old`, named by its DID URL.
        rotated_at: when the DID was rotated, which is not when this message is sent.
    """
    claims: JsonObject = {"iss": old, "iat": int(rotated_at.timestamp())}
    return sign_compact(claims if new is None else {**claims, "sub": new}, signer, typ="JWT")


def parse_from_prior(token: str) -> tuple[CompactJws, str]:
    """The unverified JWT, and the prior DID whose document it takes to verify it.

    Raises:
        MalformedMessage, DidError: not such a JWT.
    """
    jwt = parse_compact(token, max_bytes=MAX_CHARACTERS)
    old = jwt.claims.get("iss")
    if not isinstance(old, str):
        raise MalformedMessage("from_prior without iss", expected="the prior DID")
    return jwt, check_did(old)


def verify_from_prior(jwt: CompactJws, document: DidDocument, *, sender: str | None, now: datetime) -> FromPrior:
    """The rotation that `jwt` proves, when the key it names may authenticate the prior DID.

    Args:
        document: of the DID that `parse_from_prior` named.
        sender: the `from` header of the message it came in; None only ends a relationship.

    Raises:
        MalformedMessage: claims that do not fit one another or the message.
        EnvelopeError: the signature does not hold, or its key is not the prior DID's.
    """
    claims = jwt.claims
    new, issued_at = claims.get("sub"), claims.get("iat")
    if claims.get("iss") != document.id:
        raise refused()
    if new != sender or new == document.id:
        raise MalformedMessage("from_prior is not about this sender", expected="sub = from, and not iss")
    rotated_at = None if issued_at is None else _time(issued_at)
    if rotated_at is not None and rotated_at > now + CLOCK_SKEW:
        raise MalformedMessage("from_prior is of the future", expected="iat, the time of the rotation")
    method = document.method(jwt.kid, "authentication")
    if method is None or did_of(jwt.kid) != document.id or not is_current(method.expires, method.revoked, now):
        raise refused()
    try:
        jwt.verify(method.key)
    except EnvelopeError as error:
        raise refused() from error
    return FromPrior(old=document.id, new=sender, rotated_at=rotated_at)


def is_current(expires: datetime | None, revoked: datetime | None, now: datetime) -> bool:
    """Whether a key with these dates may be used at `now`."""
    return (expires is None or now < expires) and (revoked is None or now < revoked)


def _time(value: object) -> datetime:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**37:
        raise MalformedMessage("iat is not a time", expected="UTC seconds as an integer")
    return datetime.fromtimestamp(value, UTC)
