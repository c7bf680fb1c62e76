"""Multibase, multicodec and multihash, as far as DIDs and credentials use them.

Specs: https://www.w3.org/TR/cid-1.0/#multibase-0, https://www.w3.org/TR/cid-1.0/#multikey
"""

import hashlib
import re
from functools import cache

from protocols.errors import DidError, MalformedMessage
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.jose.keys import PublicKey

MAX_BASE58_CHARACTERS = 8192
"""Base58 costs the square of its length; this bounds it to a few milliseconds."""

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58 = re.compile(f"[{_ALPHABET}]*\\Z")
_TO_DIGITS = bytes.maketrans(_ALPHABET.encode(), bytes(range(58)))

_CODES = {
    "Ed25519": 0xED,
    "X25519": 0xEC,
    "P-256": 0x1200,
    "P-384": 0x1201,
    "P-521": 0x1202,
    "secp256k1": 0xE7,
}
_CURVES = {code: crv for crv, code in _CODES.items()}
_LENGTHS = {"Ed25519": 32, "X25519": 32, "P-256": 33, "P-384": 49, "P-521": 67, "secp256k1": 33}
"""Of a key, in bytes; of points on the curves, compressed."""
JSON_CODE = 0x0200
"""Multicodec of a JSON document, before the document of a long-form did:peer:4."""
_SHA2_256 = b"\x12\x20"


def base58_encode(data: bytes) -> str:
    """`data` in base58btc, each leading zero byte as one `1`."""
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def base58_decode(text: str) -> bytes:
    """The bytes of base58btc text.

    Raises:
        DidError: a character outside the alphabet, or more than 8192 of them.
    """
    if len(text) > MAX_BASE58_CHARACTERS:
        raise DidError("base58 too long", found=f"{len(text)} characters", expected=f"at most {MAX_BASE58_CHARACTERS}")
    if not _BASE58.match(text):
        raise DidError("not base58btc", expected="characters of the Bitcoin base58 alphabet")
    number, base, lane = int.from_bytes(text.encode().translate(_TO_DIGITS), "big"), 58, 8
    bits = 8 << max(len(text) - 1, 0).bit_length()
    while lane < bits:  # a digit a byte at first; then every two neighbours become one number, all of them at once
        low = _every_second(lane, bits)
        number = (number >> lane & low) * base + (number & low)
        lane, base = 2 * lane, base * base
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


@cache
def _every_second(lane: int, bits: int) -> int:
    """A mask of `bits` over every second lane, the lowest one included."""
    return ((1 << bits) - 1) // ((1 << lane) + 1)


def multibase_encode(data: bytes, base: str = "z") -> str:
    """`data` with its multibase prefix: `z` base58btc, `u` base64url without padding."""
    return "u" + b64url_encode(data) if base == "u" else "z" + base58_encode(data)


def multibase_decode(text: str) -> bytes:
    """The bytes of a multibase string with prefix `z` or `u`; raises DidError for anything else."""
    if text.startswith("z"):
        return base58_decode(text[1:])
    if text.startswith("u"):
        try:
            return b64url_decode(text[1:])
        except MalformedMessage as error:
            raise DidError("not base64url", expected="base64url without padding") from error
    raise DidError("not multibase", found=text[:1], expected="prefix z (base58btc) or u (base64url)")


def add_code(code: int, data: bytes) -> bytes:
    """`data` after the multicodec `code` written as an unsigned varint."""
    prefix = bytearray()
    while code > 0x7F:
        prefix.append(code & 0x7F | 0x80)
        code >>= 7
    prefix.append(code)
    return bytes(prefix) + data


def split_code(data: bytes) -> tuple[int, bytes]:
    """The multicodec before `data`, and the rest; raises DidError for a varint that is too long or not the shortest."""
    code = 0
    for place, byte in enumerate(data[:4]):
        code |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if byte == 0 and place:
                break
            return code, data[place + 1 :]
    raise DidError("not a multicodec", expected="an unsigned varint of at most 4 bytes, in its shortest form")


def encode_multikey(key: PublicKey) -> str:
    """`publicKeyMultibase` of a key, as Multikey and did:key write it: multicodec, then base58btc."""
    return multibase_encode(add_code(_CODES[key.crv], key.raw))


class UnknownKeyType(DidError):
    """A well-formed key of a type that is not used here: left out of a document, where a malformed one is refused."""


class InvalidKeyLength(DidError):
    """More or fewer bytes than keys of its type have."""


class InvalidKey(DidError):
    """As many bytes as keys of its type have, and yet none."""


def decode_multikey(text: str) -> PublicKey:
    """The key in a `publicKeyMultibase` value of type Multikey.

    Raises:
        UnknownKeyType, InvalidKeyLength, InvalidKey: see there.
        DidError: not multibase.
    """
    code, raw = split_code(multibase_decode(text))
    if code not in _CURVES:
        raise UnknownKeyType("a key type that is not known", found=hex(code), expected=", ".join(_CODES))
    crv = _CURVES[code]
    if len(raw) != _LENGTHS[crv]:
        raise InvalidKeyLength("a key of another length", found=f"{len(raw)} bytes", expected=f"{_LENGTHS[crv]} bytes")
    if crv not in ("Ed25519", "X25519") and raw[:1] not in (b"\x02", b"\x03"):
        raise InvalidKey("a point that is not compressed", expected="a compressed SEC1 point")
    try:
        return PublicKey.from_raw(crv, raw)
    except MalformedMessage as error:
        raise InvalidKey("not a key of its type", found=error.found, expected=crv) from error


def sha256_multihash(data: bytes) -> str:
    """SHA-256 of `data` as a multihash in base58btc multibase: `zQm…`."""
    return "z" + sha256_base58(data)


def sha256_base58(data: bytes) -> str:
    """The same without its multibase prefix, as did:webvh writes it: `Qm…`, 46 characters."""
    return base58_encode(_SHA2_256 + hashlib.sha256(data).digest())
