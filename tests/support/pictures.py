"""Small pictures, and the parts of a PNG to make strange ones from."""

import struct
import zlib

from protocols.credentials.baking.png import KEYWORD, SIGNATURE


def chunk(type: bytes, data: bytes, checksum: int | None = None) -> bytes:
    found = zlib.crc32(type + data) if checksum is None else checksum
    return struct.pack(">I4s", len(data), type) + data + struct.pack(">I", found)


def itxt(text: bytes, *, flags: bytes = b"\0\0", keyword: bytes = KEYWORD) -> bytes:
    return chunk(b"iTXt", keyword + b"\0" + flags + b"en\0translated\0" + text)


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
REST = chunk(b"tEXt", b"Title\0A badge") + chunk(b"IDAT", zlib.compress(b"\0\0")) + itxt(b"x", keyword=b"Comment")
END = chunk(b"IEND", b"")
PNG = SIGNATURE + HEADER + REST + END
SVG = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- a > picture --><svg:svg xmlns:svg="http://www.w3.org/2000/svg" data-x="a>b" width="1"><svg:g/> text </svg:svg>
"""
