"""The statements of a document, by the short way where it goes and by the long one elsewhere.

Spec: https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm
"""

from typing import Any

from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.compiled import (
    IDENTIFIERS,
    Compiled,
    NotCovered,
    Property,
    Scope,
    compiled,
    local_contexts,
)
from protocols.credentials.rdf.expand import MAX_OBJECTS, expand
from protocols.credentials.rdf.quads import TYPE, Writer, escape_literal, literal, to_quads
from protocols.credentials.rdf.rdfc import Statements
from protocols.credentials.shape import many
from protocols.jose.encoding import JsonObject

MAX_DEPTH = 12
"""Objects within objects that are walked: with the lists between them fewer levels than a document may have."""


def statements(document: JsonObject, contexts: Contexts, *, max_quads: int) -> Statements:
    """The statements of `document`, repeated ones included once or more.

    Raises:
        ContextUnknown: a context that is not in force.
        MalformedCredential: anything that would be dropped, and so go unsigned.
        TooLarge: too deep, too many objects, or more than `max_quads` statements.
    """
    try:
        return _Walk(document, max_quads).through(compiled(contexts))
    except NotCovered:
        return Statements(to_quads(expand(document, contexts), max_quads=max_quads))


class _Walk(Writer):
    """Writes a document's statements as it goes through it.

    What `expand.check_form` refuses is not covered: it is told by the long way, which begins with that check.
    """

    def __init__(self, document: JsonObject, max_quads: int) -> None:
        super().__init__()
        self.document = document
        self.own_id = document.get("id")
        self.max_quads = max_quads
        self.made = Statements()
        self.count = 0
        self.objects = 0
        self.depth = 0

    def through(self, contexts: Compiled) -> Statements:
        self.node(self.document, contexts.root(), "")
        return self.made

    @property
    def written(self) -> int:
        return self.count

    def add(self, subject: str, predicate: str, object: str, graph: str) -> None:
        self.count += 1
        self.made.add(subject, predicate, object, graph)

    def node(self, node: JsonObject, scope: Scope, graph: str) -> str:
        """Writes an object, read in `scope` before its own contexts and types; its term."""
        self.objects += 1
        self.depth += 1
        if self.objects > MAX_OBJECTS or self.depth > MAX_DEPTH:
            raise NotCovered
        inner = outer = scope if "@context" not in node else scope.with_local(local_contexts(node))
        terms: tuple[str, ...] = ()
        if (types := _types(node, outer)) is not None:
            typed = outer.typed(types)
            inner, terms = typed.scope, typed.terms
        subject = _subject(node, inner)
        if subject is not None and subject == self.own_id and node is not self.document and len(node) > 1:
            raise NotCovered
        term = self.new_blank() if subject is None else inner.term(subject, vocab=False)
        for type_ in terms:
            self.add(term, TYPE, type_, graph)
        rests, known, texts = self.made.of(term), inner.known, 0
        for name, value in node.items():
            if name == "@context":
                continue
            meaning = known.get(name) or inner.property(name)
            if type(value) is str and meaning.is_simple:
                if graph or not meaning.opening:
                    self.add(term, meaning.predicate, self._text(meaning, value), graph)
                else:
                    texts += 1
                    rests.append(f"{meaning.opening}{escape_literal(value)}{meaning.closing}")
            elif meaning.keyword is None:
                self.values(term, meaning, value, graph)
        self.count += texts
        if self.count > self.max_quads:
            raise NotCovered
        self.depth -= 1
        return term

    def values(self, subject: str, meaning: Property, value: Any, graph: str) -> None:
        """Writes one property with all its values."""
        if meaning.coercion == "@json":
            if meaning.is_list or meaning.is_graph or isinstance(value, dict | list):
                raise NotCovered
            self.add(subject, meaning.predicate, literal({"@value": value, "@type": "@json"}), graph)
            return
        if value is None:
            return
        items = many(value)
        if meaning.is_map and any(isinstance(item, dict) for item in items):
            raise NotCovered
        if meaning.is_list:
            self.add(subject, meaning.predicate, self._list(meaning, items, graph), graph)
            return
        for item in items:
            if item is not None:
                self.add(subject, meaning.predicate, self._value(meaning, item, graph), graph)

    def _list(self, meaning: Property, items: list[Any], graph: str) -> str:
        return self.cells(
            [item for item in items if item is not None], lambda item: self._value(meaning, item, graph), graph
        )

    def _value(self, meaning: Property, item: Any, graph: str) -> str:
        if isinstance(item, dict):
            return self._object(meaning, item, graph)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(item, list) or meaning.is_graph:
            raise NotCovered
        if isinstance(item, str):
            return self._text(meaning, item)
        if meaning.coercion is None or meaning.coercion in IDENTIFIERS:
            return literal({"@value": item})
        return literal({"@value": item, "@type": meaning.coercion})

    def _text(self, meaning: Property, text: str) -> str:
        if meaning.coercion in IDENTIFIERS:
            return meaning.scalars.term(text, vocab=meaning.coercion == "@vocab")
        return f'"{escape_literal(text)}"{meaning.suffix}'

    def _object(self, meaning: Property, item: JsonObject, graph: str) -> str:
        if "@value" in item:
            if item.keys() != {"@value"} or not isinstance(item["@value"], str | int | float) or meaning.is_graph:
                raise NotCovered
            return literal({"@value": item["@value"]})
        if "@language" in item:
            raise NotCovered
        is_reference = len(item) == 1 and not meaning.scalars.ids.isdisjoint(item)
        scope = meaning.references if is_reference else meaning.objects
        if not meaning.is_graph:
            return self.node(item, scope, graph)
        term = self.new_blank()
        return self.within(term, lambda: self.node(item, scope, term))


def _types(node: JsonObject, scope: Scope) -> tuple[Any, ...] | None:
    """The types of an object, before what they bring is in force; None where it has none."""
    name = _one_of(scope.types, node)
    if name is None:
        return None
    found = node[name]
    if found is None:
        raise NotCovered
    return tuple(many(found))


def _subject(node: JsonObject, scope: Scope) -> str | None:
    """The id of an object, None where it has none."""
    name = _one_of(scope.ids, node)
    if name is None:
        return None
    subject = node[name]
    if not isinstance(subject, str):
        raise NotCovered
    return subject


def _one_of(names: frozenset[str], node: JsonObject) -> str | None:
    """The one of `names` that stands in an object."""
    found = None
    for name in names:
        if name in node:
            if found is not None:
                raise NotCovered
            found = name
    return found
