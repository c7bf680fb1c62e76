"""Token Status List: where a token says its status stands, and the bytes that say it. Least significant bit first.

Spec: https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/ (sections 4, 6 and 7)
"""

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from protocols.credentials.shape import as_object, is_url
from protocols.errors import MalformedMessage, UnsupportedMessage
from protocols.jose.encoding import MAX_SAFE_INTEGER, JsonObject, b64url_decode, b64url_encode
from protocols.status.bitstring import MAX_BYTES
from protocols.status.entry import Form, StatusEntry
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusRangeError

CLAIM, MECHANISM = "status", "status_list"
SIZES = (1, 2, 4, 8)
VALID, INVALID, SUSPENDED = 0, 1, 2
_PURPOSES = {INVALID: "revocation", SUSPENDED: "suspension"}
"""What a Bitstring Status List would have been set for (section 7.1)."""
_ZLIB = 15


def parse_reference(status: Any) -> StatusEntry:
    """The entry in the `status` claim of a token (section 6.2).

    Raises:
        UnsupportedMessage: a claim that names other mechanisms only.
        MalformedValueError: a reference that breaks its rules.
        StatusRangeError: an index that no list can have.
    """
    claim = as_object(status)
    if claim is None:
        raise MalformedValueError("status", expected="an object")
    if MECHANISM not in claim:
        raise UnsupportedMessage("an unknown status mechanism", found=", ".join(claim)[:80], expected=MECHANISM)
    reference = as_object(claim[MECHANISM])
    if reference is None:
        raise MalformedValueError("status_list", expected="an object with idx and uri")
    index, uri = reference.get("idx"), reference.get("uri")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise MalformedValueError("idx", found=str(index)[:32], expected="an integer that is not negative")
    if not isinstance(uri, str) or not is_url(uri):
        raise MalformedValueError("uri", found=str(uri)[:80], expected="an absolute URI")
    if index > MAX_SAFE_INTEGER:
        raise StatusRangeError("the index is past the end of every list", found=f"{len(str(index))} digits")
    return StatusEntry(list_url=uri, index=index, purpose=MECHANISM, form=Form.JWT)


def status_reference(*, uri: str, index: int) -> JsonObject:
    """The `status` claim for a token whose status is entry `index` of the list at `uri`."""
    return {MECHANISM: {"idx": index, "uri": uri}}


def purpose_of(value: int) -> str:
    """What a value that is not 0 says: revocation, suspension, or its number where it is the application's own."""
    return _PURPOSES.get(value, f"status type 0x{value:02x}")


def get_status(data: bytes, index: int, size: int) -> int:
    """The `size`-bit value of entry `index`; raises StatusRangeError past the end."""
    if index < 0 or (index + 1) * size > len(data) * 8:
        raise StatusRangeError("the index is past the end of the list", found=str(index))
    start = index * size
    return data[start >> 3] >> (start & 7) & ((1 << size) - 1)


def pack(statuses: Mapping[int, int], *, entries: int, size: int) -> bytes:
    """The bytes of a list of `entries` values, those in `statuses` by index and 0 for all others."""
    data = bytearray((entries * size + 7) // 8)
    for index, value in statuses.items():
        start = index * size
        data[start >> 3] |= value << (start & 7)
    return bytes(data)


def from_bitstring(bits: bytes, value: int) -> tuple[bytes, int]:
    """A list of one-bit entries, left-most bit first, as the bytes of a token's list in which a set one is `value`.

    Returns:
        The bytes and the size of an entry: 1 bit for INVALID, 2 for SUSPENDED.
    """
    mirrored = bits.translate(_mirrored())
    if value == INVALID:
        return mirrored, 1
    low, high = _doubled()
    doubled = bytearray(2 * len(mirrored))
    doubled[::2], doubled[1::2] = mirrored.translate(low), mirrored.translate(high)
    return bytes(doubled), 2


def encode_list(data: bytes) -> str:
    """`data` as `lst`: base64url of ZLIB."""
    return b64url_encode(zlib.compress(data, level=9))


def decode_list(text: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of `lst`, never more than `max_bytes` of them in memory.

    Raises:
        StatusListLengthError: over `max_bytes`.
        MalformedValueError: not base64url of one whole ZLIB stream, or something after it.
    """
    decompressor = zlib.decompressobj(_ZLIB)
    try:
        data = decompressor.decompress(b64url_decode(text), max_bytes + 1)
    except MalformedMessage as error:
        raise MalformedValueError("lst is not base64url", expected="base64url without padding") from error
    except zlib.error as error:
        raise MalformedValueError("lst is not ZLIB") from error
    if len(data) > max_bytes:
        raise StatusListLengthError("the list is too long", expected=f"at most {max_bytes} bytes")
    if not decompressor.eof or decompressor.unused_data:
        raise MalformedValueError("the list is cut off or has something after it", expected="one ZLIB stream")
    return data


def count_taken_back(before: bytes, after: bytes, size: int) -> int:
    """How many entries that were INVALID in `before` are something else in `after`."""
    length = max(len(before), len(after))
    was, is_ = (
        int.from_bytes(part.ljust(length, b"\0").translate(_invalid(size)), "little") for part in (before, after)
    )
    return (was & ~is_).bit_count()


@cache
def _mirrored() -> bytes:
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@cache
def _doubled() -> tuple[bytes, bytes]:
    """For each byte of eight one-bit entries, the two bytes in which a set one is SUSPENDED."""
    wide = [sum(SUSPENDED << 2 * place for place in range(8) if byte >> place & 1) for byte in range(256)]
    return bytes(each & 0xFF for each in wide), bytes(each >> 8 for each in wide)


@cache
def _invalid(size: int) -> bytes:
    """For each byte, the lowest bit of every entry in it that is INVALID."""
    mask = (1 << size) - 1
    places = range(0, 8, size)
    return bytes(sum(1 << place for place in places if byte >> place & mask == INVALID) for byte in range(256))
