"""A credential in a PNG: one iTXt chunk with the keyword `openbadgecredential`.

Specs: https://www.imsglobal.org/spec/ob/v3p0/#png, https://www.w3.org/TR/png-3/#11iTXt
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.credentials.baking.text import MAX_TEXT_BYTES, Baked, as_baked, to_text
from protocols.errors import MalformedCredential, TooLarge

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
MAX_CHUNKS = 10_000
_ITXT, _IHDR, _IEND = b"iTXt", b"IHDR", b"IEND"


@dataclass(frozen=True, slots=True)
class _Chunk:
    """One chunk: its type, what is in it, and all its bytes as they stand."""

    type: bytes
    data: bytes
    whole: bytes


def bake_png(image: bytes, credential: Baked) -> bytes:
    """`image` with `credential` in a chunk right after its header; every other chunk stays as it is, in its order.

    Raises:
        MalformedCredential: not a PNG, one that ends early, or a chunk whose checksum does not fit.
        TooLarge: the credential, or more than 10,000 chunks.
    """
    text = to_text(credential).encode()
    header, *others = _chunks(image)
    ours = _chunk(_ITXT, KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + text)
    kept = [chunk.whole for chunk in others if not _is_ours(chunk)]
    return b"".join((SIGNATURE, header.whole, ours, *kept))


def unbake_png(image: bytes) -> Baked:
    """The credential in the picture.

    Raises:
        MalformedCredential: as `bake_png`; no credential, more than one, or one that cannot be read.
        TooLarge: inflated it would be larger than a credential may be.
    """
    found = [chunk for chunk in _chunks(image) if _is_ours(chunk)]
    if len(found) != 1:
        raise MalformedCredential(
            "a picture without exactly one badge", found=f"{len(found)} chunks", expected="one openbadgecredential"
        )
    return as_baked(_text(found[0].data))


def _is_ours(chunk: _Chunk) -> bool:
    return chunk.type == _ITXT and chunk.data.partition(b"\0")[0] == KEYWORD


def _chunks(image: bytes) -> list[_Chunk]:
    found = [chunk for chunk, _ in zip(_walk(image), range(MAX_CHUNKS + 1), strict=False)]
    if len(found) > MAX_CHUNKS:
        raise TooLarge("a PNG of too many chunks", expected=f"at most {MAX_CHUNKS}")
    if not found or found[0].type != _IHDR or found[-1].type != _IEND:
        raise MalformedCredential("a PNG without beginning or end", expected="IHDR first and IEND last")
    return found


def _walk(image: bytes) -> Iterator[_Chunk]:
    """Chunk by chunk up to IEND; what comes after it belongs to no picture and is refused."""
    at, type = len(SIGNATURE), b""
    while at < len(image):
        head = image[at : at + 8]
        if type == _IEND or len(head) < 8:
            raise MalformedCredential("bytes after the end of a PNG", expected="nothing after IEND")
        length, type = struct.unpack(">I4s", head)
        end = at + 12 + length
        data, checksum = image[at + 8 : end - 4], image[end - 4 : end]
        if end > len(image):
            raise MalformedCredential("a PNG that ends early", expected=f"{end} bytes")
        if checksum != struct.pack(">I", zlib.crc32(data, zlib.crc32(type))):
            raise MalformedCredential("a chunk whose checksum does not fit", expected="an undamaged PNG")
        yield _Chunk(type, data, image[at:end])
        at = end


def _chunk(type: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), type) + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(type)))


def _text(data: bytes) -> str:
    """The text of an iTXt chunk: keyword, flag and method of compression, language, translated keyword, text."""
    rest = data.partition(b"\0")[2]
    flags, rest = rest[:2], rest[2:]
    _, language_end, rest = rest.partition(b"\0")
    _, keyword_end, text = rest.partition(b"\0")
    if len(flags) < 2 or not language_end or not keyword_end or flags not in (b"\0\0", b"\1\0"):
        raise MalformedCredential("an iTXt chunk of another form", expected="text, or text that is deflated")
    if flags == b"\1\0":
        text = _inflated(text)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise MalformedCredential("text in a picture that is not UTF-8", expected="UTF-8") from error


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    try:
        text = inflating.decompress(data, MAX_TEXT_BYTES + 1)
    except zlib.error as error:
        raise MalformedCredential("a deflated text that is broken", expected="a zlib stream") from error
    if len(text) > MAX_TEXT_BYTES:
        raise TooLarge("a baked credential too large", expected=f"at most {MAX_TEXT_BYTES} bytes inflated")
    if not inflating.eof or inflating.unused_data:
        raise MalformedCredential("a deflated text that is not whole", expected="one zlib stream and nothing more")
    return text
