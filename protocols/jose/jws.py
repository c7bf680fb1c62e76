"""JWS in compact form (RFC 7515): federation statements, consent records, presentation requests, from_prior.

The algorithm is never taken from the token: it is the one the looked-up key has, and the header must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protocols.errors import EnvelopeError, MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json, parse_object
from protocols.jose.keys import PublicKey, Signer

MAX_JWS_BYTES = 256 * 1024
_ALIASES = {"EdDSA": {"EdDSA", "Ed25519"}}


@dataclass(frozen=True, slots=True)
class CompactJws:
    """A parsed token. Nothing in it is to be believed before `verify`."""

    token: str
    header: Mapping[str, Any]
    payload: bytes
    signature: bytes

    @property
    def kid(self) -> str:
        """The key id of the header; raises MalformedMessage when it is absent or empty."""
        kid = self.header.get("kid")
        if not isinstance(kid, str) or not kid:
            raise MalformedMessage("a JWS without kid", expected="a non-empty kid in the protected header")
        return kid

    @property
    def claims(self) -> JsonObject:
        """The payload as a JSON object, unverified until `verify` was called."""
        return parse_object(self.payload, max_bytes=MAX_JWS_BYTES)

    def verify(self, key: PublicKey) -> None:
        """Raises EnvelopeError unless `key` signed this token under the algorithm that `key` has."""
        if self.header.get("alg") not in _ALIASES.get(key.alg, {key.alg}):
            raise EnvelopeError("the signature does not hold")
        if not key.verify(self.token.rpartition(".")[0].encode("ascii"), self.signature):
            raise EnvelopeError("the signature does not hold")


def sign_compact(
    claims: JsonObject | bytes, signer: Signer, *, typ: str | None, header: Mapping[str, Any] | None = None
) -> str:
    """A compact JWS over `claims` (written in RFC 8785 form where an object), with `signer`'s kid.

    Args:
        typ: of the token; None only where its specification forbids one.
    """
    typed = {} if typ is None else {"typ": typ}
    protected = {**(header or {}), "alg": signer.public.alg, "kid": signer.kid, **typed}
    payload = claims if isinstance(claims, bytes) else canonical_json(claims)
    signing_input = f"{b64url_encode(canonical_json(protected))}.{b64url_encode(payload)}"
    return f"{signing_input}.{b64url_encode(signer.sign(signing_input.encode('ascii')))}"


def parse_compact(token: str, *, typ: str | None = None, max_bytes: int = MAX_JWS_BYTES) -> CompactJws:
    """The parts of a compact JWS, unverified.

    Raises:
        TooLarge: over `max_bytes`.
        MalformedMessage: not a compact JWS, of another `typ`, with `crit`, `b64` or an embedded key we would not use.
    """
    if len(token) > max_bytes:
        raise TooLarge("a JWS too large", found=f"{len(token)} characters", expected=f"at most {max_bytes}")
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise MalformedMessage("not a compact JWS", found=f"{len(parts)} parts", expected="header.payload.signature")
    header = parse_object(b64url_decode(parts[0]), max_bytes=max_bytes)
    if "crit" in header or "b64" in header:
        raise MalformedMessage("a critical header that is not understood", found="crit or b64", expected="neither")
    if typ is not None and header.get("typ") != typ:
        raise MalformedMessage("a JWS of another type", found=str(header.get("typ"))[:64], expected=typ)
    return CompactJws(token, header, b64url_decode(parts[1]), b64url_decode(parts[2]))
