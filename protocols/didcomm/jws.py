"""Signed DIDComm messages: JWS in JSON form, general or flattened.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#message-signing
"""

import json
from dataclasses import dataclass
from typing import Any

from protocols.didcomm.refusal import refused
from protocols.dids.shapes import as_list, as_object
from protocols.errors import IllegalMove, MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, parse_object
from protocols.jose.keys import PublicKey, Signer

MAX_SIGNATURES = 4
MAX_HEADER_BYTES = 16 * 1024
MEDIA_TYPE = "application/didcomm-signed+json"
_TYPES = (MEDIA_TYPE, MEDIA_TYPE.removeprefix("application/"), "JWM")
_ALG_OF_KEY = {"EdDSA": ("EdDSA", "Ed25519"), "ES256": ("ES256",), "ES256K": ("ES256K",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature, not yet verified: who is said to have made it, and over what."""

    kid: str
    alg: str
    signing_input: bytes
    signature: bytes

    def verify(self, key: PublicKey) -> None:
        """Raises EnvelopeError unless `key` made it, under the one algorithm that `key` has."""
        if self.alg not in _ALG_OF_KEY.get(key.alg, ()) or not key.verify(self.signing_input, self.signature):
            raise refused()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A parsed JWS. Nothing in it is to be believed before each signature was verified."""

    payload: bytes
    signatures: tuple[Signature, ...]


def sign(payload: bytes, signer: Signer) -> bytes:
    """A JWS in general JSON form with one signature, the key id in the unprotected header as peers expect it.

    Raises:
        IllegalMove: a key of a curve that DIDComm does not sign with.
    """
    alg = signer.public.alg
    if alg not in _ALG_OF_KEY:
        raise IllegalMove("a key that cannot sign DIDComm messages", found=alg, expected=", ".join(_ALG_OF_KEY))
    protected, encoded = b64url_encode(_json({"typ": MEDIA_TYPE, "alg": alg})), b64url_encode(payload)
    signature = b64url_encode(signer.sign(f"{protected}.{encoded}".encode("ascii")))
    return _json(
        {
            "payload": encoded,
            "signatures": [{"protected": protected, "signature": signature, "header": {"kid": signer.kid}}],
        }
    )


def parse_jws(value: JsonObject) -> SignedMessage:
    """The JWS in a JSON object.

    Raises:
        MalformedMessage: a member missing or of the wrong form.
        TooLarge: more than 4 signatures.
        EnvelopeError: an algorithm or critical header that is not allowed.
    """
    encoded = _text(value, "payload")
    items = [value] if "signatures" not in value else as_list(value["signatures"])
    if not items or ("signatures" in value and "signature" in value):
        raise MalformedMessage("a JWS without signatures", expected="one general or flattened JWS")
    if len(items) > MAX_SIGNATURES:
        raise TooLarge("too many signatures", found=str(len(items)), expected=f"at most {MAX_SIGNATURES}")
    signatures = tuple(_signature(item, encoded) for item in items)
    return SignedMessage(payload=b64url_decode(encoded), signatures=signatures)


def _signature(item: Any, payload: str) -> Signature:
    fields = as_object(item)
    if fields is None:
        raise MalformedMessage("a signature that is not an object", expected="protected, header and signature")
    protected = _text(fields, "protected")
    header = parse_object(b64url_decode(protected), max_bytes=MAX_HEADER_BYTES)
    unprotected = as_object(fields.get("header", {}))
    if unprotected is None:
        raise MalformedMessage("a header that is not an object", expected="a JSON object")
    alg = header.get("alg")
    if {"crit", "b64", "jwk"} & (header.keys() | unprotected.keys()) or "alg" in unprotected:
        raise refused()
    if not any(alg in names for names in _ALG_OF_KEY.values()):
        raise refused()
    if header.get("typ", MEDIA_TYPE) not in _TYPES:
        raise MalformedMessage("not a signed DIDComm message", found=str(header["typ"])[:64], expected=MEDIA_TYPE)
    kid = header.get("kid", unprotected.get("kid"))
    if not isinstance(kid, str) or "#" not in kid or unprotected.get("kid", kid) != kid:
        raise MalformedMessage("a signature without one kid", expected="kid, a DID URL, in one of its headers")
    return Signature(
        kid=kid,
        alg=str(alg),
        signing_input=f"{protected}.{payload}".encode("ascii"),
        signature=b64url_decode(_text(fields, "signature")),
    )


def _text(fields: JsonObject, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or not value.isascii():
        raise MalformedMessage(f"a JWS without {name}", expected=f"{name}, a string of base64url")
    return value


def _json(value: JsonObject) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
