"""PNG: the credential is an iTXt chunk with the keyword `openbadgecredential`.

Specs: https://www.imsglobal.org/spec/ob/v3p0#png, https://www.w3.org/TR/png-3/#11iTXt
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from protocols.credentials.baking.contents import Baked, read, text_of
from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES
from protocols.errors import MalformedCredential, TooLarge

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
_HEADER, _TEXT, _END = b"IHDR", b"iTXt", b"IEND"


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    data: bytes

    @property
    def is_badge(self) -> bool:
        return self.kind == _TEXT and self.data.split(b"\0", 1)[0] == KEYWORD

    def to_bytes(self) -> bytes:
        body = self.kind + self.data
        return struct.pack(">I", len(self.data)) + body + struct.pack(">I", zlib.crc32(body))


def is_png(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


class Png:
    """Baking and unbaking; see `baked`."""

    @staticmethod
    def bake(picture: bytes, credential: Baked) -> bytes:
        chunks = [chunk for chunk in _chunks(picture) if not chunk.is_badge]
        # keyword, no compression (flag, method), no language, no translated keyword, text
        badge = _Chunk(_TEXT, KEYWORD + b"\0\0\0\0\0" + text_of(credential).encode())
        return SIGNATURE + b"".join(chunk.to_bytes() for chunk in (chunks[0], badge, *chunks[1:]))

    @staticmethod
    def unbake(picture: bytes) -> Baked:
        found = [chunk.data for chunk in _chunks(picture) if chunk.is_badge]
        if len(found) != 1:
            raise MalformedCredential(
                "not one badge in the picture", found=str(len(found)), expected=f"one iTXt chunk {KEYWORD.decode()}"
            )
        return read(_text(found[0]))


def _chunks(picture: bytes) -> Iterator[_Chunk]:
    """Every chunk in order; raises MalformedCredential for a picture that is broken or has something after its end."""
    at, kind = len(SIGNATURE), b""
    while kind != _END:
        head = picture[at : at + 8]
        if len(head) < 8:
            raise _broken("it ends too early")
        length, kind = struct.unpack(">I4s", head)
        data, check = picture[at + 8 : at + 8 + length], picture[at + 8 + length : at + 12 + length]
        if len(check) < 4:
            raise _broken("a chunk ends after the picture")
        if struct.pack(">I", zlib.crc32(kind + data)) != check:
            raise _broken("a chunk does not have its checksum")
        if (at == len(SIGNATURE)) != (kind == _HEADER):
            raise _broken("IHDR is not the first chunk, or not the only one of its kind")
        yield _Chunk(kind, data)
        at += 12 + length
    if at != len(picture):
        raise _broken("something stands after its end")


def _text(data: bytes) -> str:
    """The text of an iTXt chunk, inflated where it is compressed, up to what a credential may have."""
    parts = data.split(b"\0", 1)[1]
    if len(parts) < 2 or parts[0] > 1 or parts[1] != 0:
        raise _broken("its text has an unknown compression")
    rest = parts[2:].split(b"\0", 2)
    if len(rest) != 3:
        raise _broken("its text has no language or translated keyword")
    raw = rest[2]
    if parts[0] == 1:
        inflater = zlib.decompressobj()
        try:
            raw = inflater.decompress(raw, MAX_CREDENTIAL_BYTES + 1)
        except zlib.error as error:
            raise _broken("its text does not inflate") from error
        if len(raw) <= MAX_CREDENTIAL_BYTES and (not inflater.eof or inflater.unused_data):
            raise _broken("its text is cut off, or has something after it")
    if len(raw) > MAX_CREDENTIAL_BYTES:
        raise TooLarge("a credential too large", expected=f"at most {MAX_CREDENTIAL_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _broken("its text is not UTF-8") from error


def _broken(found: str) -> MalformedCredential:
    return MalformedCredential("a broken PNG picture", found=found, expected="as the PNG specification has it")
