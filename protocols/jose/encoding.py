"""JSON as strangers send it, base64url, and the digests this network names things by.

The node is given bytes by people it does not know. `parse_json` bounds size and depth before it builds anything,
and refuses what two parsers could read differently: duplicate names, NaN, lone surrogates, huge numbers.
"""

import base64
import binascii
import hashlib
import json
import math
import re
from typing import Any, NoReturn

import orjson
import rfc8785

from protocols.errors import MalformedMessage, TooLarge

JsonObject = dict[str, Any]
"""A JSON object where it enters; turned into a frozen value as soon as its shape is known."""

MAX_JSON_BYTES = 1024 * 1024
MAX_JSON_DEPTH = 32
MAX_SAFE_INTEGER = 2**53 - 1

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|$)', re.DOTALL)
"""A whole string, so that brackets inside it are passed over."""
_ALIKE = bytes.maketrans(b"[{]}", b"(())")
_NOT_STRUCTURE = bytes(set(range(256)) - set(b'[{]}"'))
_SORTED = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
)
_BELOW_ASTRAL = bytes(range(0xF0))
"""The bytes of UTF-8 that no character above U+FFFF begins with."""
_WRITTEN_OTHERWISE = re.compile(rb"[0-9]e|-0\.0(?![0-9])|null")
_POINT_ZERO = re.compile(rb"\.0(?![0-9])")


def b64url_encode(data: bytes) -> str:
    """`data` in base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """The bytes of unpadded base64url; refuses padding, other alphabets and non-canonical last characters."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedMessage("not base64url", expected="base64url without padding") from error
    if "=" in text or b64url_encode(data) != text:
        raise MalformedMessage("not canonical base64url", expected="base64url without padding")
    return data


def parse_json(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_JSON_DEPTH) -> Any:
    """The JSON value in `data`, within limits that are checked before it is built.

    Raises:
        TooLarge: over `max_bytes` or nested deeper than `max_depth`.
        MalformedMessage: not JSON, not UTF-8, or ambiguous (RFC 8785 section 3.1: I-JSON).
    """
    if len(data) > max_bytes:
        raise TooLarge("JSON too large", found=f"{len(data)} bytes", expected=f"at most {max_bytes} bytes")
    try:
        text, raw = (data, data.encode("utf-8")) if isinstance(data, str) else (data.decode("utf-8"), data)
    except UnicodeError as error:
        raise MalformedMessage("not UTF-8 text", expected="JSON in UTF-8") from error
    _check_depth(raw, max_depth)
    try:
        value = _DECODER.decode(text)
    except RecursionError as error:
        raise TooLarge("JSON nested too deeply", expected=f"at most {max_depth} levels") from error
    except json.JSONDecodeError as error:
        raise MalformedMessage(
            "not JSON", found=f"{error.msg} at character {error.pos}", expected="one JSON value"
        ) from error
    if "\\u" in text:  # an escaped lone surrogate only shows once decoded
        _refuse_surrogates(value)
    return value


def parse_object(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES, max_depth: int = MAX_JSON_DEPTH) -> JsonObject:
    """As `parse_json`, for a document that must be a JSON object."""
    value = parse_json(data, max_bytes=max_bytes, max_depth=max_depth)
    if not isinstance(value, dict):
        raise MalformedMessage("not a JSON object", found=type(value).__name__, expected="a JSON object")
    return value  # pyright: ignore[reportUnknownVariableType]


def canonical_json(value: Any) -> bytes:
    """`value` in RFC 8785 form: equal values have equal bytes."""
    quick = _quick(value)
    if quick is not None:
        return quick
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise MalformedMessage("cannot be written in RFC 8785 form") from error


def digest(data: bytes) -> str:
    """SHA-256 of `data`, base64url without padding: 43 characters."""
    return b64url_encode(hashlib.sha256(data).digest())


def digest_json(value: Any) -> str:
    """SHA-256 over the RFC 8785 form of `value`, base64url without padding."""
    return digest(canonical_json(value))


def _check_depth(data: bytes, max_depth: int) -> None:
    """Takes the innermost pairs of brackets away, level by level; counts only where something is left."""
    if data.count(b"[") + data.count(b"{") <= max_depth:
        return
    brackets = left = _brackets(data)
    for _ in range(max_depth):
        if not left:
            return
        left = left.replace(b"()", b"")
    depth = 0
    for bracket in brackets if left else b"":
        depth += 1 if bracket == 0x28 else -1
        if depth > max_depth:
            raise TooLarge("JSON nested too deeply", expected=f"at most {max_depth} levels")


def _brackets(data: bytes) -> bytes:
    """The brackets of a JSON text outside of its strings, as `(` and `)`."""
    if b"\\" in data:
        return _STRING.sub(b"", data).translate(_ALIKE, _NOT_STRUCTURE)
    left = data.translate(_ALIKE, _NOT_STRUCTURE).replace(b'""', b"")  # strings without brackets; quotes still pair
    return _STRING.sub(b"", left) if b'"' in left else left


def _quick(value: Any) -> bytes | None:
    """The RFC 8785 form of `value` from a serializer that knows nothing of it, or None where it would differ.

    It differs in the order of names outside the Basic Multilingual Plane (ECMAScript sorts UTF-16 code units), in
    numbers with an exponent and in minus zero; and it writes `null` for what is no number at all.
    """
    try:
        text = orjson.dumps(value, option=_SORTED)
    except (orjson.JSONEncodeError, RecursionError):
        return None
    if b'\\"' in text or (not text.isascii() and text.translate(None, _BELOW_ASTRAL)):
        return None
    pieces = text.split(b'"')  # no quote inside a string: what stands outside of strings is every second piece
    outside = b'"'.join(pieces[::2])
    if _WRITTEN_OTHERWISE.search(outside):
        return None
    if b".0" in outside:
        pieces[::2] = _POINT_ZERO.sub(b"", outside).split(b'"')
        return b'"'.join(pieces)
    return text


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedMessage("a name stands twice in a JSON object", expected="unique names")
    return value


def _refuse_constant(_: str) -> NoReturn:
    raise MalformedMessage("NaN or Infinity", expected="a finite number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedMessage("a number out of range", expected="an IEEE 754 double")
    return number


def _safe_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_SAFE_INTEGER:
        raise MalformedMessage("an integer out of range", expected="at most 2^53 - 1")
    return int(text)


def _refuse_surrogates(value: Any) -> None:
    """Every string of `value`, names too, must be encodable; depth is bounded by the caller."""
    match value:
        case str():
            try:
                value.encode("utf-8")
            except UnicodeError as error:
                raise MalformedMessage("a lone surrogate in a string", expected="Unicode text") from error
        case list():
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                _refuse_surrogates(item)
        case dict():
            for name, item in value.items():  # pyright: ignore[reportUnknownVariableType]
                _refuse_surrogates(name)
                _refuse_surrogates(item)
        case _:
            pass


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_safe_integer
)
