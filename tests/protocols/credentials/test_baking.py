"""Badges in pictures: they come out as they went in, pictures stay what they were, and strange ones are refused."""

import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.credentials.baking import bake, unbake
from protocols.credentials.baking.png import KEYWORD, SIGNATURE
from protocols.credentials.baking.svg import MAX_DEPTH, NAMESPACE
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from tests.support.badges import signed
from tests.support.envelopes import vc_jwt
from tests.support.pictures import END, HEADER, PNG, REST, SVG, chunk, itxt
from tests.support.whole_badge import whole_badge

BADGE = signed(whole_badge(description=']]> & <b> "ünïcode" \''))
TOKEN = vc_jwt()


PICTURES = {
    "png": PNG,
    "svg": SVG,
    "svg without content": b"<svg xmlns='http://www.w3.org/2000/svg'\n/>",
    "svg with a mark": b"\xef\xbb\xbf" + SVG,
}


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("credential", [BADGE, TOKEN], ids=["json", "jwt"])
def test_what_is_baked_comes_out_as_it_went_in_and_baking_again_replaces_it(picture: str, credential: Any) -> None:
    baked = bake(PICTURES[picture], credential)
    assert unbake(baked) == credential
    again = bake(baked, {"another": "one"})
    assert unbake(again) == {"another": "one"}
    assert bake(again, credential) == baked


def test_a_png_keeps_every_other_chunk_in_its_order() -> None:
    baked = bake(PNG, BADGE)
    assert baked.startswith(SIGNATURE + HEADER)
    assert baked.endswith(REST + END)
    assert len(baked) - len(PNG) == len(itxt(json.dumps(BADGE, ensure_ascii=False).encode())) - len(b"entranslated")


def test_an_svg_keeps_every_other_byte() -> None:
    baked = bake(SVG, TOKEN)
    begin, end = baked.index(b"<openbadges:"), baked.index(b"</openbadges:credential>") + 24
    assert baked[:begin] + baked[end:] == SVG
    assert f'<openbadges:credential xmlns:openbadges="{NAMESPACE}" verify="{TOKEN}">'.encode() in baked


def test_deflated_text_is_read() -> None:
    text = zlib.compress(json.dumps(BADGE).encode())
    assert unbake(SIGNATURE + HEADER + itxt(text, flags=b"\1\0") + END) == BADGE


@pytest.mark.parametrize(
    "element",
    [
        f'<ob:credential xmlns:ob="{NAMESPACE}" verify="{TOKEN}"/>',
        f"<credential xmlns='{NAMESPACE}' verify='{TOKEN}' ></credential >",
        f'<g><x:credential xmlns:x="{NAMESPACE}">\n {TOKEN}\n</x:credential></g>',
    ],
)
def test_a_credential_is_found_by_its_namespace_wherever_it_stands(element: str) -> None:
    image = f'<svg xmlns="http://www.w3.org/2000/svg"><title>t</title>{element}<g/></svg>'.encode()
    assert unbake(image) == TOKEN
    assert unbake(bake(image, BADGE)) == BADGE
    assert bake(image, BADGE).count(b"credential") == bake(image.replace(element.encode(), b""), BADGE).count(
        b"credential"
    )


def svg(inside: str, before: str = "") -> bytes:
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="{NAMESPACE}">{inside}</svg>'.encode()


JSON = "<o:credential>{}</o:credential>"
BOMB = zlib.compress(b"{" + b" " * 50_000_000)
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing baked in a png": (PNG, "exactly one badge"),
    "nothing baked in an svg": (SVG, "exactly one badge"),
    "two in a png": (SIGNATURE + HEADER + itxt(b"{}") * 2 + END, "exactly one badge"),
    "two in an svg": (svg(JSON * 2), "exactly one badge"),
    "a broken checksum": (SIGNATURE + HEADER + chunk(b"iTXt", KEYWORD + b"\0\0\0\0\0{}", 7) + END, "checksum"),
    "a broken checksum elsewhere": (SIGNATURE + HEADER + itxt(b"{}") + chunk(b"IDAT", b"x", 7) + END, "checksum"),
    "bytes after the end": (PNG + b"PK", "after the end"),
    "a chunk after the end": (PNG + itxt(b"{}"), "after the end"),
    "a length past the end": (SIGNATURE + HEADER + struct.pack(">I4s", 2**32 - 1, b"iTXt") + b"{}", "ends early"),
    "no end": (SIGNATURE + HEADER + itxt(b"{}"), "without beginning or end"),
    "no header": (SIGNATURE + itxt(b"{}") + END, "without beginning or end"),
    "a signature alone": (SIGNATURE, "without beginning or end"),
    "a compression that there is not": (SIGNATURE + HEADER + itxt(b"{}", flags=b"\1\1") + END, "another form"),
    "no language": (SIGNATURE + HEADER + chunk(b"iTXt", KEYWORD + b"\0\0\0{}") + END, "another form"),
    "not utf-8": (SIGNATURE + HEADER + itxt(b"{\xff}") + END, "UTF-8"),
    "a deflated text that is cut": (SIGNATURE + HEADER + itxt(BOMB[:9], flags=b"\1\0") + END, "not whole"),
    "two deflated texts": (SIGNATURE + HEADER + itxt(zlib.compress(b"{}") * 2, flags=b"\1\0") + END, "not whole"),
    "not deflated": (SIGNATURE + HEADER + itxt(b"{}", flags=b"\1\0") + END, "broken"),
    "no json and no token": (SIGNATURE + HEADER + itxt(b"hello") + END, "no credential in the picture"),
    "a list": (svg("<o:credential>[]</o:credential>"), "no credential in the picture"),
    "names twice": (svg('<o:credential>{"a":1,"a":2}</o:credential>'), "no credential in the picture"),
    "a document type": (svg(JSON, "<!DOCTYPE svg>"), "document type"),
    "entities": (svg("<o:credential>&x;</o:credential>", '<!DOCTYPE svg [<!ENTITY x "{}">]>'), "document type"),
    "a file from elsewhere": (svg(JSON, '<!DOCTYPE svg SYSTEM "file:///etc/passwd">'), "document type"),
    "an entity without a document type": (svg("<o:credential>&x;</o:credential>"), "not well-formed"),
    "another document": (b"<html/>", "another document"),
    "svg without its namespace": (b"<svg/>", "another document"),
    "utf-16": ("\ufeff<svg/>".encode("utf-16-le"), "not a picture"),
    "another encoding": (svg(JSON, '<?xml version="1.0" encoding="latin-1"?>'), "another encoding"),
    "not closed": (b'<svg xmlns="http://www.w3.org/2000/svg">', "not well-formed"),
    "an element inside": (svg("<o:credential>{<g/>}</o:credential>"), "an element within"),
    "given twice": (svg('<o:credential verify="a.b.c">{}</o:credential>'), "given twice"),
    "no picture": (b"GIF89a", "not a picture"),
    "nothing": (b"", "not a picture"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_strange_picture_is_refused_with_a_reason(case: str) -> None:
    image, reason = REFUSED[case]
    with pytest.raises(MalformedCredential) as refused:
        unbake(image)
    assert reason in str(refused.value)


TOO_LARGE = {
    "a deflated bomb": SIGNATURE + HEADER + itxt(BOMB, flags=b"\1\0") + END,
    "too many chunks": SIGNATURE + HEADER + chunk(b"tEXt", b"a\0") * 10_001 + END,
    "levels": svg("<g>" * MAX_DEPTH + "</g>" * MAX_DEPTH),
    "elements": svg("<g/>" * 50_001),
    "a long text": svg(f"<o:credential>{' ' * 500_000}</o:credential>"),
    "a long token": svg(f'<o:credential verify="{"a" * 500_000}.b.c"/>'),
    "a large document": svg(f'<o:credential>{{"a":"{"a" * 270_000}"}}</o:credential>'),
    "a large file": SIGNATURE + b"\0" * (4 * 1024 * 1024),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_too_much_is_refused_before_it_is_read(case: str) -> None:
    with pytest.raises(TooLarge):
        unbake(TOO_LARGE[case])


def test_too_large_a_credential_is_not_baked() -> None:
    with pytest.raises(TooLarge):
        bake(PNG, {"a": "a" * 300_000})


@settings(max_examples=300, deadline=None, derandomize=True)
@given(picture=st.sampled_from(sorted(PICTURES)), at=st.integers(0, 5000), value=st.binary(min_size=0, max_size=4))
def test_no_changed_picture_breaks_the_reading(picture: str, at: int, value: bytes) -> None:
    image = bake(PICTURES[picture], BADGE)
    changed = image[: at % len(image)] + value + image[at % len(image) + 1 :]
    for act in (unbake, lambda made: bake(made, TOKEN)):
        try:
            act(changed)
        except ProtocolError:
            continue
