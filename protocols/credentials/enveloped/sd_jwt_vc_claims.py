"""What an SD-JWT VC says, once its disclosures are in their places: its type, whose it is, and its business content.

It is no W3C credential: it has no contexts, and what its claims mean is what its type, `vct`, says they mean. Two ways
to carry a badge are read here. Claims of a type that is Open Badges' own have the names of an Open Badge; and any type
may hold a JSON-LD document in `ld` (SD-JWT VCLD), whose contexts give the meaning. What was not disclosed is not there.

Specs: https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/ (section 2.2.2),
https://openid.net/specs/openid-4-verifiable-presentations-1_0.html (appendix B.3.7)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.credentials.contexts import OPEN_BADGES_ALL
from protocols.credentials.enveloped.token import numeric_date
from protocols.credentials.proofs.authority import CLOCK_SKEW
from protocols.credentials.shape import as_object, as_text, is_url, many
from protocols.credentials.times import format_time
from protocols.dids.did import did_of
from protocols.dids.methods import resolve_offline
from protocols.errors import MalformedCredential, ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey

NEVER_DISCLOSED = ("iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status")
"""Claims that stand open in the payload, whole (section 2.2.2.2): a holder could withhold a revocation."""
REGISTERED = frozenset({*NEVER_DISCLOSED, "sub", "iat", "jti", "aud", "nonce"})
"""Claims about the credential, not about its subject."""
LINKED_DATA = "ld"
_MAX_NAME = 2048
_VOCABULARY = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_BADGE_TYPES = ("OpenBadgeCredential", "AchievementCredential")
_BADGES = {f"{_VOCABULARY}{name}": name for name in _BADGE_TYPES}
"""vct → the type in the vocabulary of Open Badges 3.0 that it is the IRI of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdJwtVc:
    """A well-formed SD-JWT VC; nothing in it is to be believed before its signature was checked.

    Args:
        claims: with every disclosure in its place.
        vct: its type.
        issuer: `iss`; where there is none, the DID whose key the header names; empty where that is none either.
        subject: `sub`, None where it has none or it was not disclosed.
        issued_at: `iat`, aware UTC; likewise.
        not_before: `nbf`.
        expires_at: `exp`.
        confirmation: `cnf`, the key that its holder has to prove; empty where it names none.
        disclosed_count: how many of its claims could have been withheld, and were not.
    """

    claims: JsonObject
    vct: str
    issuer: str
    subject: str | None
    issued_at: datetime | None
    not_before: datetime | None
    expires_at: datetime | None
    confirmation: Mapping[str, Any]
    disclosed_count: int

    @property
    def linked_data(self) -> JsonObject | None:
        """The JSON-LD document in `ld`, None where there is none."""
        return as_object(self.claims.get(LINKED_DATA))

    @property
    def content(self) -> JsonObject:
        """What it says in the names of an Open Badge; empty where it says nothing in them.

        A holder who withholds `ld` can change by that what the claims beside it are read as; so they are read only
        where the type, which always stands open, says what they are.
        """
        if (linked := self.linked_data) is not None:
            return linked if _has_badge_context(linked) else {}
        return self.claims if self.vct in _BADGES else {}

    @property
    def type(self) -> str:
        """What its issuer has to be registered for: the type of badge that it is read as, else `vct`."""
        if (linked := self.linked_data) is not None and _has_badge_context(linked):
            return next((name for name in many(linked.get("type")) if name in _BADGE_TYPES), self.vct)
        return _BADGES.get(self.vct, self.vct)


def read_sd_jwt_vc(claims: JsonObject, *, issuer: str, disclosed_count: int) -> SdJwtVc:
    """The SD-JWT VC in processed claims that `check_registered` let pass.

    Args:
        issuer: as it was found: `iss`, or the DID of the header's `kid`.
    """
    return SdJwtVc(
        claims=claims,
        vct=claims["vct"],
        issuer=issuer,
        subject=as_text(claims.get("sub")),
        issued_at=numeric_date(claims, "iat"),
        not_before=numeric_date(claims, "nbf"),
        expires_at=numeric_date(claims, "exp"),
        confirmation=as_object(claims.get("cnf")) or {},
        disclosed_count=disclosed_count,
    )


def check_registered(claims: JsonObject) -> None:
    """Raises MalformedCredential (MalformedMessage for times) where a registered claim has another form than its own.

    `vct` is a StringOrURI (RFC 7519 section 2): with a colon in it, it has to be a URI.
    """
    vct = as_text(claims.get("vct"))
    if not vct:
        raise MalformedCredential("vct is missing", expected="the type of the credential")
    if len(vct) > _MAX_NAME or (":" in vct and not is_url(vct)):
        raise MalformedCredential("vct is no name of a type", found=vct[:80], expected="a URI, or a name without colon")
    for name in ("iss", "sub", "vct#integrity", "jti"):
        if name in claims and not as_text(claims[name]):
            raise MalformedCredential(f"{name} is not a string", expected="one that is not empty")
    for name in ("cnf", "status", LINKED_DATA):
        if name in claims and as_object(claims[name]) is None:
            raise MalformedCredential(f"{name} is not an object")
    for name in ("iat", "nbf", "exp"):
        numeric_date(claims, name)


def is_bound_to(credential: SdJwtVc, did: str) -> bool | None:
    """Whether the key in `cnf` is one of `did`; None where it names none, or that cannot be told offline."""
    jwk, kid = as_object(credential.confirmation.get("jwk")), as_text(credential.confirmation.get("kid"))
    if jwk is None:
        return did_of(kid) == did if kid is not None and kid.startswith("did:") else None
    try:
        key, document = PublicKey.from_jwk(jwk), resolve_offline(did)
    except ProtocolError:
        return None
    return None if document is None else any(method.key == key for method in document.methods.values())


def dates_of(credential: SdJwtVc, now: datetime) -> tuple[Outcome, str]:
    """Step 5 of the numbered check: yes or no by `nbf` and `exp` (RFC 7519 section 4.1), with the reason."""
    begins, ends = credential.not_before, credential.expires_at
    if begins is not None and ends is not None and ends <= begins:
        return Outcome.NO, "It ends before it begins."
    if begins is not None and now < begins - CLOCK_SKEW:
        return Outcome.NO, f"It is not valid before {format_time(begins)}."
    if ends is not None and now >= ends:
        return Outcome.NO, f"It was valid until {format_time(ends)}."
    if ends is not None:
        return Outcome.YES, f"It is valid until {format_time(ends)}."
    return Outcome.YES, "It has begun and has no end." if begins else "It has no dates."


def _has_badge_context(document: JsonObject) -> bool:
    contexts = [item for item in many(document.get("@context")) if isinstance(item, str)]
    return any(context.startswith(OPEN_BADGES_ALL) for context in contexts)
