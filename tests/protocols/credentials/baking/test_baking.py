"""A badge comes out of its picture as it went in, the picture stays what it was, and broken ones are refused."""

import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.credentials.baking import bake, is_picture, unbake
from protocols.credentials.baking.contents import MAX_PICTURE_BYTES
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from tests.support.badges import badge, signed

BADGE = signed(badge(name="Größe ]]> <b>&amp;</b> \" ' \u2028"))
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJ2YyI6e319.c2lnbmF0dXJl"
SVG = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a > b --><svg xmlns="http://www.w3.org/2000/svg" '
    b'width="10" height="10" aria-label="a > b"><title>A &gt; B</title><circle r="5"/></svg>\n'
)
CREDENTIAL = "{https://purl.imsglobal.org/ob/v3p0}credential"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*more: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\x7f"))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + pixels + chunk(b"IEND", b"")


PICTURES = {"png": png(), "svg": SVG}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("credential", [BADGE, TOKEN], ids=["json", "token"])
def test_what_was_baked_comes_out_again(kind: str, credential: Any) -> None:
    baked = bake(PICTURES[kind], credential)
    assert is_picture(baked)
    assert unbake(baked) == credential


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_that_holds_a_badge_gets_the_new_one_instead_and_grows_no_further(kind: str) -> None:
    other = bake(bake(PICTURES[kind], BADGE), TOKEN)
    assert unbake(other) == TOKEN
    assert other == bake(PICTURES[kind], TOKEN)


def test_the_rest_of_a_png_keeps_its_bytes_and_the_badge_follows_the_header() -> None:
    note = chunk(b"tEXt", b"Comment\0kept")
    baked = bake(png(note), TOKEN)
    text = chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + TOKEN.encode())
    assert baked == png(text, note)


def test_the_rest_of_an_svg_keeps_its_bytes_and_the_badge_is_the_first_child() -> None:
    baked = bake(SVG, TOKEN)
    added = f'<openbadges:credential xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" verify="{TOKEN}"/>'.encode()
    assert baked.replace(added, b"") == SVG
    root = ElementTree.fromstring(bake(SVG, BADGE))
    assert (root[0].tag, len(root)) == (CREDENTIAL, 3)
    assert root[0].attrib == {}, "JSON stands inside, a token in verify"


@pytest.mark.parametrize("form", ["compressed", "with language"])
def test_a_png_of_another_baker_is_read(form: str) -> None:
    text = TOKEN.encode()
    parts = {
        "compressed": b"openbadgecredential\0\x01\0\0\0" + zlib.compress(text),
        "with language": b"openbadgecredential\0\0\0en\0Abzeichen\0" + text,
    }
    assert unbake(png(chunk(b"iTXt", parts[form]))) == TOKEN


OB, SVG_2000 = "https://purl.imsglobal.org/ob/v3p0", "http://www.w3.org/2000/svg"


@pytest.mark.parametrize(
    "svg",
    [
        f'<svg xmlns="{SVG_2000}" xmlns:o="{OB}"><o:credential>{TOKEN}</o:credential></svg>',
        f"<s:svg xmlns:s='{SVG_2000}'><g xmlns='{OB}'><credential verify='{TOKEN}' /></g></s:svg>",
        f'\ufeff  <svg xmlns="{SVG_2000}"><credential xmlns="{OB}" verify="{TOKEN}"></credential></svg>',
    ],
)
def test_an_svg_of_another_baker_is_read_and_gets_another_badge(svg: str) -> None:
    assert unbake(svg.encode()) == TOKEN
    assert unbake(bake(svg.encode(), BADGE)) == BADGE


def in_text(data: bytes) -> bytes:
    return png(chunk(b"iTXt", b"openbadgecredential" + data))


def with_type(declared: bytes) -> bytes:
    return b'<?xml version="1.0"?><!DOCTYPE ' + declared + b">" + SVG[SVG.index(b"<svg") :]


BROKEN: dict[str, bytes | Callable[[], bytes]] = {
    "nothing": b"",
    "a JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
    "a PNG without a badge": png(),
    "a PNG with two": png(*[chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0" + TOKEN.encode())] * 2),
    "a PNG that is cut off": png()[:-6],
    "a PNG whose chunk is longer than it": png()[:8] + b"\xff\xff\xff\xff" + png()[12:],
    "a PNG with a wrong checksum": bake(png(), TOKEN).replace(b"eyJ2YyI6e319", b"eyJ2YyI6e318"),
    "a PNG with something after its end": bake(png(), TOKEN) + b"x",
    "a PNG that does not begin with its header": png()[:8] + chunk(b"tEXt", b"a\0b") + png()[8:],
    "a PNG with two headers": png(chunk(b"IHDR", bytes(13))),
    "an unknown compression": in_text(b"\0\x02\0\0\0" + TOKEN.encode()),
    "an unknown method of compression": in_text(b"\0\x01\x05\0\0" + zlib.compress(TOKEN.encode())),
    "a text without its fields": in_text(b"\0\0\0abc"),
    "a text that does not inflate": in_text(b"\0\x01\0\0\0abcdef"),
    "a text that is cut off": in_text(b"\0\x01\0\0\0" + zlib.compress(TOKEN.encode())[:-3]),
    "a text with something after it": in_text(b"\0\x01\0\0\0" + zlib.compress(TOKEN.encode()) + b"x"),
    "a text that is not UTF-8": in_text(b"\0\0\0\0\0\xff\xfe"),
    "a text that is no credential": in_text(b"\0\0\0\0\0hello"),
    "a URL in place of a credential": in_text(b"\0\0\0\0\0https://badges.example.org/1"),
    "an SVG without a badge": SVG,
    "an SVG with two": bake(SVG, TOKEN).replace(b"<circle", bake(SVG, TOKEN).split(b">")[3] + b"><circle"),
    "an SVG with a document type": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>' + SVG[SVG.index(b"<svg") :],
    "an SVG that laughs": b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    + SVG[SVG.index(b"<svg") :],
    "an SVG that names a file": b'<?xml version="1.0"?><!DOCTYPE svg SYSTEM "file:///etc/passwd">'
    + SVG[SVG.index(b"<svg") :],
    "an SVG with an entity that is not there": SVG.replace(b"A &gt; B", b"&evil;"),
    "an SVG that does not close": SVG.replace(b"</svg>", b""),
    "another document that holds one": b"<svgx/>",
    "an SVG nested too deeply": b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 300 + b"</g>" * 300 + b"</svg>",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_is_broken_is_refused(fault: str) -> None:
    with pytest.raises(MalformedCredential):
        unbake(BROKEN[fault])  # pyright: ignore[reportArgumentType]


def test_a_picture_or_a_text_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        unbake(png() + bytes(MAX_PICTURE_BYTES))
    with pytest.raises(TooLarge):
        unbake(in_text(b"\0\x01\0\0\0" + zlib.compress(bytes(64 * 1024 * 1024), 9)))
    with pytest.raises(TooLarge):
        bake(png(), {"name": "x" * 300_000})


@settings(max_examples=400, deadline=None, derandomize=True)
@given(data=st.data(), kind=st.sampled_from(sorted(PICTURES)))
def test_no_change_of_a_byte_gives_another_badge_or_another_error(data: st.DataObject, kind: str) -> None:
    baked = bytearray(bake(PICTURES[kind], TOKEN))
    place = data.draw(st.integers(0, len(baked) - 1))
    baked[place] ^= data.draw(st.integers(1, 255))
    try:
        found = unbake(bytes(baked))
    except ProtocolError:
        return
    assert found == TOKEN or kind == "svg", "PNG has checksums; in an SVG the signature is what shows it"
