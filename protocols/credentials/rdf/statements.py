"""The statements of a document, by the short way where it goes and by the long one elsewhere.

Spec: https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm
"""

from collections.abc import Sequence
from typing import Any

from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.compiled import NotCovered, Property, Scope, compiled, local_contexts
from protocols.credentials.rdf.expand import check_form, expand
from protocols.credentials.rdf.quads import TYPE, QuadWriter, escape_literal, literal, to_quads
from protocols.credentials.rdf.rdfc import Quad
from protocols.credentials.shape import many
from protocols.jose.encoding import JsonObject

_IDENTIFIERS = ("@id", "@vocab")


def statements(document: JsonObject, contexts: Contexts, *, max_quads: int) -> list[Quad]:
    """The statements of `document`, repeated ones included once or more.

    Raises:
        ContextUnknown: a context that is not in force.
        MalformedCredential: anything that would be dropped, and so go unsigned.
        TooLarge: too deep, too many objects, or more than `max_quads` statements.
    """
    stated = check_form(document, contexts)
    try:
        walk = _Walk(max_quads)
        walk.node(stated, compiled(contexts).root(), "")
        return walk.quads
    except NotCovered:
        return to_quads(expand(document, contexts), max_quads=max_quads)


class _Walk(QuadWriter):
    """Writes a document's statements as it goes through it."""

    def node(self, node: JsonObject, scope: Scope, graph: str) -> str:
        """Writes an object, read in `scope` before its own contexts and types; its term."""
        local = local_contexts(node)
        outer = scope if local is None else scope.with_local(local)
        types = _types(node, outer)
        inner = outer.with_types(types) if types else outer
        subject, others = _parts(node, inner)
        if len(types) > 0 and inner.types != outer.types:
            raise NotCovered  # what was read as a type would be something else in what the types bring
        term = self.new_blank() if subject is None else inner.term(subject, vocab=False)
        for name in types:
            self.add(term, TYPE, outer.term(name, vocab=True), graph)
        for value, meaning in others:
            self.values(term, meaning, value, graph)
        return term

    def values(self, subject: str, meaning: Property, value: Any, graph: str) -> None:
        """Writes one property with all its values."""
        if value is None and meaning.coercion != "@json":
            return
        if meaning.coercion == "@json":
            if meaning.is_list or meaning.is_graph:
                raise NotCovered
            self.add(subject, meaning.predicate, literal({"@value": value, "@type": "@json"}), graph)
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
            if meaning.coercion in _IDENTIFIERS:
                return meaning.scalars.term(item, vocab=meaning.coercion == "@vocab")
            return f'"{escape_literal(item)}"{meaning.suffix}'
        if meaning.coercion is None or meaning.coercion in _IDENTIFIERS:
            return literal({"@value": item})
        return literal({"@value": item, "@type": meaning.coercion})

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
        self.node(item, scope, term)
        return term


def _types(node: JsonObject, scope: Scope) -> Sequence[str]:
    """The types of an object, before what they bring is in force."""
    names = [name for name in node if name in scope.types]
    if not names:
        return ()
    types = many(node[names[0]])
    if len(names) > 1 or node[names[0]] is None or not all(isinstance(name, str) for name in types):
        raise NotCovered
    return types


def _parts(node: JsonObject, scope: Scope) -> tuple[str | None, list[tuple[Any, Property]]]:
    """The id of an object, and everything else but its types, with what its name means in `scope`."""
    subject: str | None = None
    others: list[tuple[Any, Property]] = []
    for name, value in node.items():
        if name == "@context":
            continue
        meaning = scope.property(name)
        if meaning.keyword is None:
            others.append((value, meaning))
        elif meaning.keyword == "@id":
            if subject is not None or not isinstance(value, str):
                raise NotCovered
            subject = value
    return subject, others
