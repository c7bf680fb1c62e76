"""vc+jwt and vp+jwt: a credential or a presentation as the whole payload of a JWS.

Spec: https://www.w3.org/TR/vc-jose-cose/#securing-with-jose
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from protocols.credentials.basics import owner_of
from protocols.credentials.proofs.authority import (
    CLOCK_SKEW,
    Answer,
    Expected,
    authorised_method,
    check_key_dates,
)
from protocols.credentials.shape import as_object, many
from protocols.credentials.times import format_time
from protocols.dids.document import DidDocument
from protocols.errors import EnvelopeError, MalformedCredential, MalformedMessage
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, parse_object
from protocols.jose.jws import CompactJws, parse_compact, sign_compact
from protocols.jose.keys import Signer

MAX_TOKEN_BYTES = 400 * 1024
"""A presentation of 288 KiB in base64, with its header and signature."""
_KEYS_OF_ITS_OWN = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"})
"""Headers by which a token would bring its own key; whose key it is only the controller's document says."""
_SIGNING = ("EdDSA", "ES256", "ES384")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One kind of token.

    Args:
        typ: its media type without `application/`.
        cty: the media type of what is in it, likewise.
        owner: the property of the document that says who had to sign it.
        claim: the JWT claim of the 1.1 form, which must not stand here.
    """

    typ: str
    cty: str
    owner: str
    claim: str


CREDENTIAL = Form(typ="vc+jwt", cty="vc", owner="issuer", claim="vc")
PRESENTATION = Form(typ="vp+jwt", cty="vp", owner="holder", claim="vp")


def sign_jwt(document: JsonObject, signer: Signer, form: Form = CREDENTIAL) -> str:
    """`document` as a compact JWS of this form.

    Raises:
        MalformedCredential: a document with a proof in it, which is another way to secure one.
    """
    if "proof" in document:
        raise MalformedCredential("a document that has a proof already", expected="one without, for a token")
    return sign_compact(document, signer, typ=form.typ, header={"cty": form.cty})


def parse_jwt(token: str, form: Form) -> tuple[CompactJws, JsonObject]:
    """The token and the document in it, unverified.

    Raises:
        TooLarge: over 400 KiB.
        MalformedMessage: not such a token, or one that brings its own key.
    """
    jws = parse_compact(token, max_bytes=MAX_TOKEN_BYTES)
    _check_header(jws.header, form)
    document = parse_object(jws.payload, max_bytes=MAX_TOKEN_BYTES)
    if form.claim in document:
        raise MalformedMessage(f"a {form.claim} claim", expected="the document itself as the payload")
    return jws, document


def owner_in(document: JsonObject, form: Form) -> str | None:
    """Who had to sign: the issuer, or the holder, who need not be named."""
    try:
        return owner_of(document, form.owner)
    except MalformedCredential:
        return None


def check_jwt(
    jws: CompactJws,
    document: JsonObject,
    form: Form,
    documents: Mapping[str, DidDocument],
    expected: Expected,
    *,
    challenge: str | None = None,
    domain: frozenset[str] | None = None,
) -> datetime | None:
    """When the token says that it was signed, once everything about it holds; raises Answer.

    Args:
        challenge: what `nonce` must be, None where nothing was asked; `domain` likewise for `aud`.
    """
    signed_at = _time(document, "iat")
    method = authorised_method(key_id(jws, document, form), expected, documents, signed_at)
    _check_claims(document, expected.now, form)
    if challenge is not None and document.get("nonce") != challenge:
        raise Answer(Outcome.NO, "The proof answers another challenge than the one that was set.")
    if domain is not None and frozenset(map(str, many(document.get("aud")))) != domain:
        raise Answer(Outcome.NO, "The proof was made for another domain.")
    check_key_dates(method, signed_at, expected.now)
    if method.key.crv == "X25519" or method.key.alg not in _SIGNING:
        raise Answer(Outcome.NO, f"The key is of curve {method.key.crv}, which is not used here.")
    try:
        jws.verify(method.key)
    except EnvelopeError as error:
        raise Answer(Outcome.NO, "The signature does not fit: the token was changed after signing.") from error
    return signed_at


def key_id(jws: CompactJws, document: JsonObject, form: Form) -> str | None:
    """The DID URL of the key; a relative one is the owner's."""
    kid = jws.header.get("kid")
    if not isinstance(kid, str):
        return None
    return f"{owner_in(document, form) or ''}{kid}" if kid.startswith("#") else kid


def _check_header(header: Mapping[str, Any], form: Form) -> None:
    typ, cty = header.get("typ"), header.get("cty")
    if typ not in (None, form.typ, f"application/{form.typ}"):
        raise MalformedMessage("a token of another type", found=str(typ)[:40], expected=form.typ)
    if cty not in (None, form.cty, f"application/{form.cty}"):
        raise MalformedMessage("a token with other content", found=str(cty)[:40], expected=form.cty)
    own = sorted(_KEYS_OF_ITS_OWN & header.keys())
    if own:
        raise MalformedMessage("a token that brings its own key", found=own[0], expected="kid, and nothing else")


def _check_claims(document: JsonObject, now: datetime, form: Form) -> None:
    """The registered claims that stand beside the document's own members must say the same (section 3.1.3)."""
    subjects = [as_object(item) or {} for item in many(document.get("credentialSubject"))]
    said: dict[str, Any] = {
        "iss": owner_in(document, form),
        "jti": document.get("id"),
        "sub": subjects[0].get("id") if len(subjects) == 1 else None,
    }
    for name, value in said.items():
        if name in document and document[name] != value:
            raise Answer(Outcome.NO, f"The claim {name} contradicts the document.")
    begins, ends, signed = (_time(document, name) for name in ("nbf", "exp", "iat"))
    if signed is not None and signed > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, "The proof is dated in the future.")
    if begins is not None and begins > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, f"The token is not valid before {format_time(begins)}.")
    if ends is not None and ends <= now:
        raise Answer(Outcome.NO, f"The proof expired at {format_time(ends)}.")


def _time(document: JsonObject, name: str) -> datetime | None:
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**33:
        raise Answer(Outcome.NO, f"The claim {name} is not a time.")
    return datetime.fromtimestamp(value, UTC)
