"""A credential in an SVG: an element `openbadges:credential`, with a token as an attribute or JSON as its text.

The document is read by expat once, for its form and for where the element stands; the rest of it is kept byte for byte.
A document type is refused, and with it every entity that is not XML's own: no expansion, nothing from elsewhere.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#svg
"""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from protocols.credentials.baking.text import MAX_TEXT_BYTES, Baked, as_baked, to_text
from protocols.errors import MalformedCredential, TooLarge

NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
SVG = "http://www.w3.org/2000/svg"
MAX_ELEMENTS = 50_000
MAX_DEPTH = 256
_CREDENTIAL, _ROOT = f"{NAMESPACE} credential", f"{SVG} svg"


@dataclass(slots=True)
class _Reading:
    """One reading of a document: where its first start tag is, and each credential with its place in bytes."""

    image: bytes
    parser: expat.XMLParserType
    root_at: int = -1
    found: list[tuple[int, int, str]] = field(default_factory=list[tuple[int, int, str]])
    _depth: int = 0
    _count: int = 0
    _begun_at: int = -1
    _verify: str | None = None
    _text: list[str] = field(default_factory=list[str])
    _size: int = 0

    def declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise MalformedCredential("an SVG in another encoding", found=encoding[:20], expected="UTF-8")

    def document_type(self, *_: Any) -> None:
        raise MalformedCredential("an SVG with a document type", expected="one without: entities are not read")

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if self.root_at < 0:
            if name != _ROOT:
                raise MalformedCredential("another document than an SVG", found=name[-40:], expected="svg")
            self.root_at = self.parser.CurrentByteIndex
        self._depth += 1
        self._count += 1
        if self._count > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            raise TooLarge("an SVG too large", expected=f"at most {MAX_ELEMENTS} elements and {MAX_DEPTH} levels")
        if self._begun_at >= 0:
            raise MalformedCredential("an element within a baked credential", expected="text or a verify attribute")
        if name == _CREDENTIAL:
            self._begun_at, self._verify = self.parser.CurrentByteIndex, attributes.get("verify")
            self._text, self._size = [], 0

    def text(self, text: str) -> None:
        if self._begun_at < 0:
            return
        self._size += len(text)
        if self._size > MAX_TEXT_BYTES:
            raise TooLarge("a baked credential too large", expected=f"at most {MAX_TEXT_BYTES} characters")
        self._text.append(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        if name != _CREDENTIAL:
            return
        body, at = "".join(self._text).strip(), self.parser.CurrentByteIndex
        if self._verify is not None and body:
            raise MalformedCredential("a baked credential that is given twice", expected="verify or text")
        begun_at, self._begun_at = self._begun_at, -1
        is_empty_tag = at == _tag_end(self.image, begun_at)  # expat stands behind such a tag, else before the end tag
        ended_at = at if is_empty_tag and self.image[at - 2 : at] == b"/>" else _tag_end(self.image, at)
        self.found.append((begun_at, ended_at, body if self._verify is None else self._verify))


def bake_svg(image: bytes, credential: Baked) -> bytes:
    """`image` with `credential` right after its first start tag, in place of any other; UTF-8 in and out.

    Raises:
        MalformedCredential: not an SVG in UTF-8, one with a document type, or one that is not well-formed.
        TooLarge: the credential, or more than 50,000 elements or 256 levels.
    """
    text = to_text(credential)
    read = _read(image)
    for begun_at, ended_at, _ in reversed(read.found):
        image = image[:begun_at] + image[ended_at:]
    root_end = _tag_end(image, read.root_at)
    head = f'<openbadges:credential xmlns:openbadges="{NAMESPACE}"'
    if isinstance(credential, str):
        element = f"{head} verify={quoteattr(text)}></openbadges:credential>"
    else:
        element = f"{head}><![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]></openbadges:credential>"
    if image[root_end - 2 : root_end] == b"/>":
        name = re.split(rb"[\s/>]", image[read.root_at + 1 : root_end], maxsplit=1)[0]
        made = image[: root_end - 2] + b">" + element.encode() + b"</" + name + b">" + image[root_end:]
    else:
        made = image[:root_end] + element.encode() + image[root_end:]
    _read(made)
    return made


def unbake_svg(image: bytes) -> Baked:
    """The credential in the picture; raises as `bake_svg`, and MalformedCredential where there is not exactly one."""
    found = _read(image).found
    if len(found) != 1:
        raise MalformedCredential(
            "a picture without exactly one badge", found=f"{len(found)} elements", expected="one openbadges:credential"
        )
    return as_baked(found[0][2])


def _read(image: bytes) -> _Reading:
    """Reads the document once; whatever is not allowed in it is an error."""
    if b"\0" in image or image.startswith((b"\xfe\xff", b"\xff\xfe")):
        raise MalformedCredential("an SVG in another encoding", expected="UTF-8")
    parser = expat.ParserCreate(namespace_separator=" ")
    reading = _Reading(image, parser)
    parser.XmlDeclHandler = reading.declared
    parser.StartDoctypeDeclHandler = reading.document_type
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    try:
        parser.Parse(image, True)
    except expat.ExpatError as error:
        raise MalformedCredential("an SVG that is not well-formed", found=str(error)[:80], expected="XML") from error
    return reading


def _tag_end(image: bytes, at: int) -> int:
    """Where the tag that begins at `at` ends: at the first `>` outside of a quoted value."""
    found = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>").match(image, at)
    if found is None:
        raise MalformedCredential("an SVG that is not well-formed", expected="XML")
    return found.end()
