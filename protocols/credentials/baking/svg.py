"""SVG: the credential is an element of the namespace of Open Badges, a child of `svg`.

A document type is refused: entities can grow without bound, and can name files. All but the badge keeps its bytes.

Spec: https://www.imsglobal.org/spec/ob/v3p0#svg
"""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from protocols.credentials.baking.contents import Baked, read, text_of
from protocols.errors import MalformedCredential

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
_SVG = "http://www.w3.org/2000/svg"
_CREDENTIAL = f"{NAMESPACE} credential"
_BEGINS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|svg|!--|[A-Za-z_][\w.\-]*:svg)", re.DOTALL)
MAX_DEPTH = 256


@dataclass(slots=True)
class _Found:
    """What parsing came by: where the content of the root begins, and each badge with its bytes' place."""

    root_ends_at: int = -1
    root_is_empty: bool = False
    badges: list["_Badge"] = field(default_factory=list["_Badge"])


@dataclass(slots=True)
class _Badge:
    begins_at: int
    ends_at: int = -1
    verify: str | None = None
    text: list[str] = field(default_factory=list[str])


def is_svg(data: bytes) -> bool:
    return bool(_BEGINS.match(data[:512])) and b"<svg" in data[:4096].replace(b":svg", b"<svg")


class Svg:
    """Baking and unbaking; see `baked`."""

    @staticmethod
    def bake(picture: bytes, credential: Baked) -> bytes:
        for badge in reversed(_parsed(picture).badges):
            picture = picture[: badge.begins_at] + picture[badge.ends_at :]
        found = _parsed(picture)
        if found.root_is_empty:
            raise MalformedCredential("an SVG picture without content", expected="something to be seen")
        made = _element(text_of(credential), is_token=isinstance(credential, str))
        return picture[: found.root_ends_at] + made + picture[found.root_ends_at :]

    @staticmethod
    def unbake(picture: bytes) -> Baked:
        badges = _parsed(picture).badges
        if len(badges) != 1:
            expected = "one credential element of Open Badges 3.0"
            raise MalformedCredential("not one badge in the picture", found=str(len(badges)), expected=expected)
        text = "".join(badges[0].text)
        return read(text if text.strip() else badges[0].verify or "")


def _element(text: str, *, is_token: bool) -> bytes:
    name = f'openbadges:credential xmlns:openbadges="{NAMESPACE}"'
    if is_token:
        return f"<{name} verify={quoteattr(text)}/>".encode()
    inside = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{inside}]]></openbadges:credential>".encode()


def _parsed(picture: bytes) -> _Found:
    """Raises MalformedCredential for XML that is broken, has a document type, or whose root is not `svg`."""
    found, path = _Found(), list[str]()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.buffer_text = True

    def begins(name: str, attributes: dict[str, str]) -> None:
        path.append(name)
        if len(path) > MAX_DEPTH:
            raise MalformedCredential("an SVG picture nested too deeply", expected=f"at most {MAX_DEPTH} elements")
        if len(path) == 1:
            if name != f"{_SVG} svg":
                raise MalformedCredential(
                    "not an SVG picture", found=name[-40:], expected="svg as the outermost element"
                )
            found.root_ends_at = _after_tag(picture, parser.CurrentByteIndex)
            found.root_is_empty = picture[found.root_ends_at - 2 : found.root_ends_at] == b"/>"
        elif name == _CREDENTIAL:
            found.badges.append(_Badge(parser.CurrentByteIndex, verify=attributes.get("verify")))

    def ends(name: str) -> None:
        path.pop()
        if name == _CREDENTIAL:
            begun = _after_tag(picture, found.badges[-1].begins_at)
            is_empty = picture[begun - 2 : begun] == b"/>"
            found.badges[-1].ends_at = begun if is_empty else _after_tag(picture, parser.CurrentByteIndex)

    def text(data: str) -> None:
        if path[-1] == _CREDENTIAL:
            found.badges[-1].text.append(data)

    def refuse(*_: Any) -> None:
        raise MalformedCredential("an SVG picture with a document type", expected="one without")

    parser.StartElementHandler, parser.EndElementHandler = begins, ends
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(picture, True)
    except expat.ExpatError as error:
        raise MalformedCredential("a broken SVG picture", found=str(error)[:80], expected="XML in UTF-8") from error
    return found


def _after_tag(picture: bytes, at: int) -> int:
    """The place after the tag that begins at `at`: `>` may stand in its attributes."""
    quote = b""
    for place in range(at, len(picture)):
        character = picture[place : place + 1]
        if quote:
            quote = b"" if character == quote else quote
        elif character in (b'"', b"'"):
            quote = character
        elif character == b">":
            return place + 1
    raise MalformedCredential("a broken SVG picture", found="a tag without its end", expected="XML in UTF-8")
