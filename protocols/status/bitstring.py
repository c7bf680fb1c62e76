"""The list itself: bits, left-most first, compressed and in base64url.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-encoding
"""

import zlib
from collections import OrderedDict

from protocols.errors import MalformedMessage
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusRangeError

MIN_ENTRIES = 131_072
"""The fewest entries a list may have, so that one holder hides among many (section 6.1)."""
MAX_BYTES = 2 * 1024 * 1024
_GZIP = 31


def new_bits(entries: int = MIN_ENTRIES) -> bytes:
    """A list of `entries` clear one-bit entries."""
    return bytes((entries + 7) // 8)


def compress(bits: bytes) -> bytes:
    """GZIP of `bits`; equal lists give equal bytes, as the header carries no time."""
    compressor = zlib.compressobj(level=9, wbits=_GZIP)
    return compressor.compress(bits) + compressor.flush()


def inflate(data: bytes, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bits in GZIP `data`, never more than `max_bytes` of them in memory.

    Raises:
        StatusListLengthError: over `max_bytes`.
        MalformedValueError: not one whole GZIP member, or something after it.
    """
    decompressor = zlib.decompressobj(_GZIP)
    try:
        bits = decompressor.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise MalformedValueError("the list is not GZIP") from error
    if len(bits) > max_bytes:
        raise StatusListLengthError("the list is too long", expected=f"at most {max_bytes} bytes")
    if not decompressor.eof or decompressor.unused_data:
        raise MalformedValueError("the list is cut off or has something after it", expected="one GZIP member")
    return bits


class Inflated:
    """Lists that were inflated lately, so that looking something up in one costs no inflation; bounded in bytes."""

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, compressed: bytes) -> bytes:
        """As `inflate`; the same bytes are inflated once for as long as they are remembered."""
        bits = self._kept.get(compressed)
        if bits is None:
            bits = inflate(compressed)
            self._keep(compressed, bits)
        else:
            self._kept.move_to_end(compressed)
        return bits

    def _keep(self, compressed: bytes, bits: bytes) -> None:
        self._kept[compressed] = bits
        self._bytes += len(compressed) + len(bits)
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            older, gone = self._kept.popitem(last=False)
            self._bytes -= len(older) + len(gone)


def encode(bits: bytes) -> str:
    """`bits` as an encodedList: multibase `u`, base64url without padding of GZIP."""
    return "u" + b64url_encode(compress(bits))


def compressed_of(encoded: str) -> bytes:
    """The GZIP bytes of an encodedList; raises MalformedValueError for another alphabet or prefix."""
    if not encoded.startswith("u"):
        raise MalformedValueError("encodedList is not multibase base64url", found=encoded[:1], expected="prefix u")
    try:
        return b64url_decode(encoded[1:])
    except MalformedMessage as error:
        raise MalformedValueError("encodedList is not base64url", expected="base64url without padding") from error


def decode(encoded: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bits of an encodedList; errors as `inflate` and `compressed_of`."""
    return inflate(compressed_of(encoded), max_bytes=max_bytes)


def get_value(bits: bytes, index: int, size: int = 1) -> int:
    """The `size`-bit value of entry `index`, first bit most significant; raises StatusRangeError past the end."""
    if size == 1 and 0 <= index < len(bits) * 8:
        return bits[index >> 3] >> (7 - (index & 7)) & 1
    start = index * size
    if index < 0 or start + size > len(bits) * 8:
        raise StatusRangeError("the index is past the end of the list", found=str(index))
    value = 0
    for position in range(start, start + size):
        value = value << 1 | bits[position // 8] >> (7 - position % 8) & 1
    return value


def get_bit(bits: bytes, index: int) -> bool:
    """Bit `index`, 0 being the left-most; raises StatusRangeError past the end."""
    return get_value(bits, index) == 1


def set_bit(bits: bytes, index: int, value: bool = True) -> bytes:
    """`bits` with bit `index` set or cleared; raises StatusRangeError past the end."""
    get_value(bits, index)
    changed = bytearray(bits)
    mask = 0x80 >> index % 8
    changed[index // 8] = changed[index // 8] | mask if value else changed[index // 8] & ~mask
    return bytes(changed)


def set_value(bits: bytes, index: int, value: int, size: int) -> bytes:
    """`bits` with `value` as entry `index` of `size` bits; StatusRangeError past the end or for too large a value."""
    if not 0 <= value < 1 << size:
        raise StatusRangeError("a value that the entry is too small for", found=str(value), expected=f"{size} bits")
    get_value(bits, index, size)
    changed = bytearray(bits)
    for place in range(size):
        position = index * size + place
        mask = 0x80 >> position % 8
        is_set = value >> (size - 1 - place) & 1
        changed[position // 8] = changed[position // 8] | mask if is_set else changed[position // 8] & ~mask
    return bytes(changed)
