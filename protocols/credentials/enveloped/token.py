"""One signed token of an envelope: its header rules, whose key it is, its times, its signature.

Specs: https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc7519,
https://www.w3.org/TR/vc-jose-cose/#jose-header-parameters-jwt-claims
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from protocols.credentials.enveloped.kinds import MAX_ENVELOPE_CHARACTERS
from protocols.credentials.proofs.authority import (
    CLOCK_SKEW,
    Answer,
    Expected,
    authorised_method,
    check_key_dates,
    short,
)
from protocols.credentials.proofs.result import ProofResult
from protocols.credentials.shape import many
from protocols.credentials.times import format_time
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import MalformedMessage, ProtocolError, TooLarge
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json, digest, parse_object
from protocols.jose.jws import CompactJws, parse_compact
from protocols.jose.keys import PublicKey, Signer

CURVES = {"EdDSA": "Ed25519", "Ed25519": "Ed25519", "ES256": "P-256", "ES384": "P-384"}
"""The algorithms read here, each with the only curve that its key may have (RFC 7518, RFC 9864)."""
MAX_HEADER_CHARACTERS = 16 * 1024
HOLDS = "The signature fits the document, and the key may sign this."
DOES_NOT_FIT = "The signature does not fit: the document or the proof was changed after signing."
_KEYS_BROUGHT_ALONG = ("jwk", "jku", "x5u")
_YEAR_10000_S = 253_402_300_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Expected):
    """What a token has to be, and what its `nonce` and `aud` have to repeat: None where nothing was asked."""

    challenge: str | None
    domain: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A parsed token; nothing in it is to be believed before `check_signature`.

    Args:
        typ: the header's typ in lower case without `application/`; empty where it has none (RFC 7515 section 4.1.9).
    """

    jws: CompactJws
    typ: str
    payload: JsonObject

    @property
    def header(self) -> Mapping[str, Any]:
        return self.jws.header

    @property
    def key_name(self) -> str:
        """The header's kid, empty where there is none."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else ""


def compact(header: JsonObject, payload: JsonObject, signer: Signer) -> str:
    """A compact JWS with exactly this header, to which only `alg` is added: no kid that nobody asked for."""
    if signer.public.crv not in CURVES.values():
        raise MalformedMessage("a key of another curve", found=signer.public.crv, expected="Ed25519, P-256 or P-384")
    protected = {**header, "alg": signer.public.alg}
    signing_input = ".".join(b64url_encode(canonical_json(part)) for part in (protected, payload))
    return f"{signing_input}.{b64url_encode(signer.sign(signing_input.encode('ascii')))}"


def parse_token(text: str, *, max_payload_bytes: int, max_characters: int = MAX_ENVELOPE_CHARACTERS) -> Token:
    """The token in `text`; raises MalformedMessage (TooLarge) where it is none or has a critical header."""
    if text.find(".") > MAX_HEADER_CHARACTERS:
        raise TooLarge("a header too large", expected=f"at most {MAX_HEADER_CHARACTERS} characters")
    jws = parse_compact(text, max_bytes=max_characters)
    return Token(
        jws=jws, typ=media_name(jws.header.get("typ")), payload=parse_object(jws.payload, max_bytes=max_payload_bytes)
    )


def media_name(value: object) -> str:
    """A typ or cty in lower case without `application/`, empty for anything but a string."""
    return value.lower().removeprefix("application/") if isinstance(value, str) else ""


def check_header(token: Token, *, types: tuple[str, ...], content: str | None = None) -> str:
    """The curve that the header's algorithm needs.

    Args:
        types: the values of typ that will do.
        content: the only value that cty may have where it is there.

    Raises:
        Answer: another typ or cty, a key brought along, an algorithm that is not read here or is none at all.
    """
    header = token.header
    if token.typ not in types:
        named = [type_ or "none" for type_ in types]
        raise Answer(Outcome.NO, f"The token is of type {short(token.typ) or 'none'}, expected {' or '.join(named)}.")
    if content is not None and "cty" in header and media_name(header["cty"]) != content:
        raise Answer(Outcome.NO, f"The token says that it holds something else than {content}.")
    if brought := [name for name in _KEYS_BROUGHT_ALONG if name in header]:
        raise Answer(Outcome.NO, f"The token brings its own key along in {brought[0]}.")
    curve = _curve(header.get("alg"))
    if "x5c" in header:
        raise Answer(Outcome.COULD_NOT_TELL, "The key is certified by X.509, which is not looked at here.")
    return curve


def _curve(alg: object) -> str:
    if not isinstance(alg, str) or alg.lower() == "none" or alg.upper().startswith("HS"):
        raise Answer(Outcome.NO, f"The algorithm {short(str(alg))} is no signature.")
    if alg not in CURVES:
        raise Answer(Outcome.COULD_NOT_TELL, f"The token is signed with {short(alg)}, known are {', '.join(CURVES)}.")
    return CURVES[alg]


def issuer_method(
    token: Token,
    issuer: str,
    curve: str,
    documents: Mapping[str, DidDocument],
    created: datetime | None,
    expected: Expected,
) -> VerificationMethod:
    """The key of `issuer` that the token names, or the issuer's only one for the purpose where it names none.

    Raises:
        Answer: another issuer than expected, a key of another DID, or one that may not sign this.
    """
    if not issuer:
        raise Answer(Outcome.NO, "The token names no issuer.")
    if not issuer.startswith("did:"):
        if expected.controller is not None and issuer != expected.controller:
            raise Answer(Outcome.NO, f"The token is by {short(issuer)}, but {short(expected.controller)} had to sign.")
        raise Answer(Outcome.COULD_NOT_TELL, f"Keys are found by DID here, not by {short(issuer)}.")
    own = expected if expected.controller is not None else replace(expected, controller=issuer)
    kid = token.header.get("kid")
    if kid is None:
        method = _only_method(issuer, curve, documents, own)
    else:
        named = issuer + kid if isinstance(kid, str) and kid.startswith("#") else kid
        method = authorised_method(named, own, documents, created)
    if method.controller != issuer:
        raise Answer(Outcome.NO, f"The key belongs to {short(method.controller)}, but {short(issuer)} is the issuer.")
    if method.key.crv != curve:
        raise Answer(Outcome.NO, f"The key is of curve {method.key.crv}, which {token.header['alg']} does not use.")
    return method


def _only_method(
    issuer: str, curve: str, documents: Mapping[str, DidDocument], expected: Expected
) -> VerificationMethod:
    document = documents.get(issuer)
    found = document.keys_for(expected.purpose, curve) if document is not None else ()
    if document is not None and len(found) != 1:
        raise Answer(Outcome.NO, f"The token names no key, and {short(issuer)} has {len(found)} that it could be.")
    return authorised_method(found[0].id if found else f"{issuer}#", expected, documents, None)


def check_asked(challenge: object, domain: Any, asked: Asked) -> None:
    """Raises Answer where a token answers another challenge, or was made for other domains, than were set."""
    if asked.challenge is not None and challenge != asked.challenge:
        raise Answer(Outcome.NO, "The proof answers another challenge than the one that was set.")
    if asked.domain is not None and frozenset(map(str, many(domain))) != asked.domain:
        raise Answer(Outcome.NO, "The proof was made for another domain.")


def check_claims_times(
    payload: Mapping[str, Any], method: VerificationMethod | None, created: datetime | None, now: datetime
) -> None:
    """Raises Answer unless iat, nbf and exp, and the key's own end where it has one, allow the token at `now`."""
    expires, begins = numeric_date(payload, "exp"), numeric_date(payload, "nbf")
    if expires is not None and created is not None and expires < created:
        raise Answer(Outcome.NO, "The token ends before it was made.")
    if created is not None and created > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, "The proof is dated in the future.")
    if expires is not None and expires <= now:
        raise Answer(Outcome.NO, f"The proof expired at {format_time(expires)}.")
    if method is not None:
        check_key_dates(method, created, now)
    if begins is not None and begins > now + CLOCK_SKEW:
        raise Answer(Outcome.NO, f"The token is not to be accepted before {format_time(begins)}.")


def digest_of(token: Token) -> str:
    """What an issuance log commits to: SHA-256 of what is signed and the signature, base64url."""
    return digest(token.jws.token.rpartition(".")[0].encode("ascii") + token.jws.signature)


def check_signature(token: Token, key: PublicKey) -> None:
    """Raises Answer unless `key` signed the token; its algorithm was compared with the key's curve before."""
    if not key.verify(token.jws.token.rpartition(".")[0].encode("ascii"), token.jws.signature):
        raise Answer(Outcome.NO, DOES_NOT_FIT)


def numeric_date(payload: Mapping[str, Any], name: str) -> datetime | None:
    """The time in a claim (RFC 7519 section 2); raises MalformedMessage where it is no number of seconds."""
    value = payload.get(name)
    if value is None and name not in payload:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _YEAR_10000_S:
        raise MalformedMessage(f"{name} is not a time", expected="seconds since 1970")
    return datetime.fromtimestamp(value, UTC)


def seconds(at: datetime) -> int:
    """`at`, aware, as a NumericDate in whole seconds."""
    return int(at.timestamp())


def token_result(
    token: Token | None, suite: str, purpose: str, outcome: Outcome, reason: str, *, created: datetime | None = None
) -> ProofResult:
    """The result for one token, from what its header says of its key."""
    return ProofResult(
        suite=suite,
        verification_method=token.key_name[:2048] if token else "",
        purpose=purpose,
        created=created,
        outcome=outcome,
        reason=reason,
    )


def unreadable(error: ProtocolError) -> str:
    """The sentence for a document that could not be read as signed."""
    found = f": {error.found}" if error.found else ""
    return f"The document cannot be read as signed: {error.detail}{found}."
