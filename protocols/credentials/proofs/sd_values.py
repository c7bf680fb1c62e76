"""The proof values of ecdsa-sd-2023: what the issuer gives the holder, and what the holder gives a verifier.

Both are CBOR behind three bytes that tell which, in base64url with the multibase prefix `u`. A stranger's is bounded
in size before it is read, and in shape after.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#selective-disclosure-functions
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from protocols.credentials.rdf.select import MAX_POINTERS
from protocols.dids.multiformats import multibase_decode
from protocols.errors import DidError, MalformedCredential, MalformedMessage, UnsupportedMessage
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode
from protocols.jose.keys import PublicKey

MAX_PROOF_VALUE_CHARACTERS = 256 * 1024
MAX_STATEMENTS = 2_048
"""Statements with a signature of their own."""
_BASE, _DERIVED = b"\xd9\x5d\x00", b"\xd9\x5d\x01"
_P256 = b"\x80\x24"
"""Multicodec of a P-256 key, as an unsigned varint."""
_SIGNATURE_BYTES = 64
_LABEL_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseValue:
    """Of a base proof. `public_key` is of the key that signed each statement, and lived for this proof alone.

    Args:
        signatures: one for each statement that may be hidden, 64 bytes each, in the order of the relabelled lines.
        hmac_key: 32 bytes by which blank nodes were named.
    """

    base_signature: bytes
    public_key: PublicKey
    hmac_key: bytes
    signatures: tuple[bytes, ...]
    mandatory_pointers: tuple[str, ...]

    def encode(self) -> str:
        parts = [
            self.base_signature,
            key_bytes(self.public_key),
            self.hmac_key,
            list(self.signatures),
            list(self.mandatory_pointers),
        ]
        return "u" + b64url_encode(_BASE + cbor2.dumps(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedValue:
    """Of a derived proof.

    Args:
        signatures: of the statements that are shown and need not be.
        labels: the label each blank node has in the signed statements, by its canonical label in what is shown.
        mandatory_indexes: which of the shown statements the issuer's own signature covers.
    """

    base_signature: bytes
    public_key: PublicKey
    signatures: tuple[bytes, ...]
    labels: Mapping[str, str]
    mandatory_indexes: tuple[int, ...]

    def encode(self) -> str:
        labels = {int(name.removeprefix("c14n")): b64url_decode(label[1:]) for name, label in self.labels.items()}
        parts = [
            self.base_signature,
            key_bytes(self.public_key),
            list(self.signatures),
            labels,
            list(self.mandatory_indexes),
        ]
        return "u" + b64url_encode(_DERIVED + cbor2.dumps(parts))


def parse_base(proof: JsonObject) -> BaseValue:
    """The value of a base proof; raises MalformedCredential."""
    signature, key, hmac_key, signatures, pointers = _parts(proof, _BASE, "base")
    if not _is_bytes(hmac_key, 32) or not _is_list_of(pointers, _is_text, MAX_POINTERS):
        raise _malformed()
    return BaseValue(
        base_signature=_signature(signature),
        public_key=_key(key),
        hmac_key=hmac_key,
        signatures=_signatures(signatures),
        mandatory_pointers=tuple(pointers),
    )


def parse_derived(proof: JsonObject) -> DerivedValue:
    """The value of a derived proof; raises MalformedCredential."""
    signature, key, signatures, labels, indexes = _parts(proof, _DERIVED, "derived")
    given: dict[Any, Any] = labels if isinstance(labels, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(labels, dict) or len(given) > MAX_STATEMENTS:
        raise _malformed()
    named: dict[str, str] = {}
    for number, label in given.items():
        if not _is_index(number) or not _is_bytes(label, _LABEL_BYTES):
            raise _malformed()
        named[f"c14n{number}"] = "u" + b64url_encode(label)
    if len(set(named.values())) != len(named) or not _is_list_of(indexes, _is_index, 2 * MAX_STATEMENTS):
        raise _malformed()
    return DerivedValue(
        base_signature=_signature(signature),
        public_key=_key(key),
        signatures=_signatures(signatures),
        labels=named,
        mandatory_indexes=tuple(indexes),
    )


def key_bytes(key: PublicKey) -> bytes:
    """A P-256 key as a Multikey without its multibase: 35 bytes."""
    return _P256 + key.raw


def _parts(proof: JsonObject, header: bytes, kind: str) -> list[Any]:
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("u") or len(value) > MAX_PROOF_VALUE_CHARACTERS:
        raise _malformed()
    try:
        data = multibase_decode(value)
    except DidError as error:
        raise _malformed() from error
    if data[:3] in (_BASE, _DERIVED) and data[:3] != header:
        raise MalformedCredential(f"not a {kind} proof", expected=f"one whose value begins as {kind} proofs' do")
    stream = io.BytesIO(data[3:])
    try:
        parts: Any = cbor2.load(stream) if data[:3] == header else None
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise _malformed() from error
    if not isinstance(parts, list) or len(parts) != 5 or stream.read(1):  # pyright: ignore[reportUnknownArgumentType]
        raise _malformed()
    return parts  # pyright: ignore[reportUnknownVariableType]


def _signature(value: Any) -> bytes:
    if not _is_bytes(value, _SIGNATURE_BYTES):
        raise _malformed()
    return value


def _signatures(value: Any) -> tuple[bytes, ...]:
    if not _is_list_of(value, _is_signature, MAX_STATEMENTS):
        raise _malformed()
    return tuple(value)


def _key(value: Any) -> PublicKey:
    if not isinstance(value, bytes) or not value.startswith(_P256):
        raise _malformed()
    try:
        return PublicKey.from_raw("P-256", value[len(_P256) :])
    except (MalformedMessage, UnsupportedMessage) as error:
        raise _malformed() from error


def _is_bytes(value: Any, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _is_signature(value: Any) -> bool:
    return _is_bytes(value, _SIGNATURE_BYTES)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 2048


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 4 * MAX_STATEMENTS


def _is_list_of(value: Any, is_one: Callable[[Any], bool], most: int) -> bool:
    items: list[Any] = value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]
    return isinstance(value, list) and len(items) <= most and all(is_one(item) for item in items)


def _malformed() -> MalformedCredential:
    return MalformedCredential("proofValue is not one of this suite", expected="u, base64url of its header and CBOR")
