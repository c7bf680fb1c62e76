"""Expanded JSON-LD as RDF statements, refusing whatever would not be stated.

The specification lets a processor drop what has no place in RDF (relative identifiers, blank predicates, malformed
language tags). A dropped statement is an unsigned one, so here each is an error.

Spec: https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from protocols.credentials.rdf.rdfc import Quad
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import JsonObject, canonical_json

RELATIVE_SCHEME = "relative:"
RELATIVE_BASE = f"{RELATIVE_SCHEME}//identifier/"
"""Base for expansion: whatever was relative afterwards starts with its scheme, which no document may use."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE, _FIRST, _REST, _NIL = (f"<{_RDF}{name}>" for name in ("type", "first", "rest", "nil"))
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*\Z")
_BLANK = re.compile(r"_:[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\\ufffe\uffff]")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def to_quads(expanded: list[Any], *, max_quads: int) -> list[Quad]:
    """The statements of an expanded document, repeated ones included once or more.

    Raises:
        MalformedCredential: something that cannot be stated.
        TooLarge: more than `max_quads` statements.
    """
    writer = _Expanded(max_quads)
    for node in expanded:
        writer.node(node, "")
    return writer.quads


class Writer(ABC):
    """Writes statements, and names the blank nodes among them. `written` counts whatever was written so far."""

    def __init__(self) -> None:
        self.unnamed = 0

    @property
    @abstractmethod
    def written(self) -> int: ...

    @abstractmethod
    def add(self, subject: str, predicate: str, object: str, graph: str) -> None: ...

    def new_blank(self) -> str:
        self.unnamed += 1
        return f"_:n{self.unnamed}"

    def within(self, graph: str, write: Callable[[], str]) -> str:
        """Writes a node into a graph of its own, by `write`; the term of the graph.

        Raises:
            MalformedCredential: nothing was stated there, so that nobody would sign that it was there.
        """
        before = self.written
        write()
        if self.written == before:
            raise MalformedCredential("an embedded document that states nothing", expected="at least one statement")
        return graph

    def cells(self, items: Sequence[Any], write: Callable[[Any], str], graph: str) -> str:
        """Writes a list, each item by `write`; the term of its first cell."""
        cells = [self.new_blank() for _ in items]
        for cell, item, rest in zip(cells, items, [*cells[1:], _NIL], strict=False):
            self.add(cell, _FIRST, write(item), graph)
            self.add(cell, _REST, rest, graph)
        return cells[0] if cells else _NIL


class _Expanded(Writer):
    """Writes the statements of an expanded document."""

    def __init__(self, max_quads: int) -> None:
        super().__init__()
        self.quads: list[Quad] = []
        self.max_quads = max_quads

    @property
    def written(self) -> int:
        return len(self.quads)

    def add(self, subject: str, predicate: str, object: str, graph: str) -> None:
        if len(self.quads) >= self.max_quads:
            raise TooLarge("too many statements", expected=f"at most {self.max_quads}")
        self.quads.append((subject, predicate, object, graph))

    def node(self, node: JsonObject, graph: str) -> str:
        """Writes a node object and returns its term."""
        subject = resource(node["@id"]) if "@id" in node else self.new_blank()
        for name, items in node.items():
            if name == "@type":
                for type_ in items:
                    self.add(subject, TYPE, resource(type_), graph)
            elif name == "@graph":
                for inner in items:
                    self.within(subject, lambda inner=inner: self.node(inner, subject))
            elif name.startswith("@"):
                if name != "@id":
                    raise MalformedCredential("a JSON-LD keyword that is not read here", found=name)
            else:
                for item in items:
                    self.add(subject, predicate(name), self.object(item, graph), graph)
        return subject

    def object(self, item: JsonObject, graph: str) -> str:
        if "@value" in item:
            return literal(item)
        if "@list" in item:
            return self.cells(item["@list"], lambda inner: self.object(inner, graph), graph)
        return self.node(item, graph)


def resource(identifier: str | None) -> str:
    """The term of an IRI or a blank node; raises MalformedCredential for anything else.

    Args:
        identifier: expanded; None is what looked like a keyword and is none.
    """
    if identifier is None:
        raise MalformedCredential("a value that looks like a keyword", expected="an identifier")
    if identifier.startswith("_:"):
        if not _BLANK.match(identifier):
            raise MalformedCredential("not a blank node identifier", found=identifier[:80])
        return f"_:u{identifier[2:]}"
    return _iri(identifier)


def predicate(name: str) -> str:
    """The term of a property; raises MalformedCredential for one without an identifier."""
    if name.startswith("_:"):
        raise MalformedCredential("a property without an identifier", found=name[:80], expected="an absolute IRI")
    return _iri(name)


def _iri(identifier: str) -> str:
    if identifier.startswith(RELATIVE_SCHEME):
        raise MalformedCredential(
            "an undefined type or a relative identifier",
            found=identifier.removeprefix(RELATIVE_BASE)[:80],
            expected="a term of the pinned contexts or an absolute URL",
        )
    if not ABSOLUTE.match(identifier):
        raise MalformedCredential("not an absolute URL", found=identifier[:80], expected="an absolute URL")
    return f"<{identifier}>"


def literal(item: JsonObject) -> str:
    """The term of an expanded value object; raises MalformedCredential for one that cannot be stated whole."""
    if item.keys() - {"@value", "@type", "@language"}:
        raise MalformedCredential(
            "a value with a part that would go unsigned",
            found=", ".join(sorted(item.keys() - {"@value", "@type", "@language"})),
            expected="@value, @type and @language only",
        )
    value, datatype = item["@value"], item.get("@type")
    if datatype == "@json":
        return f'"{escape_literal(canonical_json(value).decode())}"^^<{_RDF}JSON>'
    if "@language" in item:
        if not _LANGUAGE.match(item["@language"]):
            raise MalformedCredential("not a language tag", found=item["@language"][:40], expected="a BCP 47 tag")
        return f'"{escape_literal(value)}"@{item["@language"]}'
    text, native = _lexical(value, datatype)
    if (datatype or native) == f"{_XSD}string":
        return f'"{escape_literal(text)}"'
    return f'"{escape_literal(text)}"^^{_iri(datatype or native)}'


def _lexical(value: Any, datatype: str | None) -> tuple[str, str]:
    """The text of a JSON scalar and the datatype it has by itself (section 8.2.2)."""
    if isinstance(value, bool):
        return str(value).lower(), f"{_XSD}boolean"
    if isinstance(value, int | float):
        if not abs(value) < 1e300:  # NaN too; far past what a credential counts, and past what a double holds
            raise MalformedCredential("a number out of range", expected="an IEEE 754 double")
        if value != int(value) and "." not in repr(value):
            # 1e-7 has a fraction and shows none: processors that look at its digits state 0 instead
            raise MalformedCredential(
                "a number that others read otherwise", found=repr(value), expected="a decimal text"
            )
        if datatype == f"{_XSD}double" or value != int(value) or abs(value) >= 1e21:
            return _double(float(value)), f"{_XSD}double"
        return str(int(value)), f"{_XSD}integer"
    return str(value), f"{_XSD}string"


def _double(value: float) -> str:
    """Canonical xsd:double, 15 digits after the point at most: 5.3 is `5.3E0`."""
    mantissa, exponent = f"{value:.15E}".split("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"


def escape_literal(text: str) -> str:
    """`text` as it stands between the quotes of a canonical literal (RDFC-1.0 section 5)."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: _SHORT.get(match[0]) or f"\\u{ord(match[0]):04X}", text)
