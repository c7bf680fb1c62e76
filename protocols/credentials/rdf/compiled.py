"""From JSON-LD to statements in one walk, over contexts that were processed once.

What a name means in a place depends on the contexts in force there, and those are few: the pinned ones, scoped by
terms and types. So each combination is processed once, by PyLD, into a `Scope`; a scope turns each name into a
`Property` once; and a document is then walked with nothing but look-ups. What this walk does not do raises
`NotCovered`, and the caller takes the long way through expansion, which stays the reference: tests hold both to the
same bytes.

Spec: https://www.w3.org/TR/json-ld11-api/#expansion-algorithm
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyld import jsonld

from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.expand import refuse_undefined
from protocols.credentials.rdf.processor import Processor, context_value
from protocols.credentials.rdf.quads import ABSOLUTE, RELATIVE_SCHEME, literal, predicate, resource
from protocols.credentials.shape import many
from protocols.jose.encoding import JsonObject

MAX_SCOPES = 1_024
"""Scopes that are kept of one set of contexts; a stranger who asks for more makes all of them be made again."""
IDENTIFIERS = ("@id", "@vocab")
"""Coercions of strings that stand for something else."""
_COVERED = frozenset({"@set", "@list", "@graph"})
_MAPS = frozenset({"@language", "@index", "@id", "@type"})


class NotCovered(Exception):
    """Something that only the long way does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """What one name means in one scope.

    Args:
        keyword: "@id" or "@type" for their aliases, else None.
        predicate: the term it stands for otherwise.
        coercion: of its values: "@id", "@vocab", "@json", a datatype, or None.
        opening, closing: what stands in a line before and behind a string of it; empty where strings are no literals.
        suffix: what stands behind the quotes of its strings: a datatype, a language, or nothing.
        is_map: an object under it is a map of values, which is not covered.
        is_simple: a string under it is one value and nothing else.
        scalars: the scope in which its strings are read.
        objects: the scope of objects under it; `references`: of those that have an id and nothing else.
    """

    keyword: str | None = None
    predicate: str = ""
    coercion: str | None = None
    suffix: str = ""
    opening: str = ""
    closing: str = ""
    is_list: bool = False
    is_graph: bool = False
    is_map: bool = False
    is_simple: bool = False
    scalars: "Scope"
    objects: "Scope"
    references: "Scope"


@dataclass(frozen=True, slots=True)
class Typed:
    """An object with some types: the scope of its properties, and the terms of the types."""

    scope: "Scope"
    terms: tuple[str, ...]


class Scope:
    """The contexts in force in one place of a document; `ids` and `types` are what @id and @type are called there.

    `known` is what names mean here, as far as that was found out; `property` finds out.
    """

    __slots__ = ("_children", "_home", "_terms", "_typed", "active", "ids", "known", "types")

    def __init__(self, home: "Compiled", active: Any) -> None:
        self._home = home
        self.active = active
        self.ids = _aliases(active, "@id")
        self.types = _aliases(active, "@type")
        self.known: dict[str, Property] = {}
        self._terms: dict[str, str] = {}
        self._children: dict[Any, Scope] = {}
        self._typed: dict[tuple[str, ...], Typed] = {}

    def property(self, name: str) -> Property:
        """What `name` means here.

        Raises:
            MalformedCredential: nothing.
            NotCovered: something that is not read here.
        """
        found = self.known.get(name)
        if found is None:
            found = self._property(name)
            if name in self.active["mappings"]:  # a vocabulary takes any name: those are not kept
                self.known[name] = found
        return found

    def with_local(self, urls: Sequence[Any]) -> "Scope":
        """The scope of an object that has contexts of its own."""
        return self._child(("local", *urls), list(urls))

    def typed(self, types: tuple[Any, ...]) -> Typed:
        """What an object with these types is read in, for as long as no other object begins.

        Raises:
            MalformedCredential: a type that is nothing absolute.
            NotCovered: one that is no string, or types that would be read otherwise in what they bring themselves.
        """
        try:
            found = self._typed.get(types)
        except TypeError as error:
            raise NotCovered from error
        if found is None:
            if not all(isinstance(name, str) for name in types):
                raise NotCovered
            scope = self._with_types(types)
            if scope.types != self.types:
                raise NotCovered
            found = Typed(scope, tuple(self.term(name, vocab=True) for name in types))
            if all(name in self.active["mappings"] for name in types):  # only terms: any other name would be kept too
                self._typed[types] = found
                self._home.count()
        return found

    def _with_types(self, types: tuple[str, ...]) -> "Scope":
        scope = self
        for name in sorted(types):
            local = context_value(self.active, name, "@context")
            if local is not None and local is not False:
                scope = scope._child(("type", name), local, propagate=False)
        return scope

    def term(self, value: str, *, vocab: bool) -> str:
        """The term of what an identifier, or with `vocab` a type, stands for.

        Raises:
            MalformedCredential: nothing absolute.
        """
        if vocab:
            known = self._terms.get(value)
            if known is None:
                known = self._expanded(value, vocab=True)
                if value in self.active["mappings"]:
                    self._terms[value] = known
            return known
        if value.partition(":")[0] not in self.active["mappings"] and ABSOLUTE.match(value):
            return f"<{value}>" if not value.startswith(RELATIVE_SCHEME) else resource(value)
        return self._expanded(value, vocab=False)

    def _expanded(self, value: str, *, vocab: bool) -> str:
        return resource(self._home.processor.expand_value(self.active, value, vocab=vocab))

    def _property(self, name: str) -> Property:
        if name.startswith("@") or ":" in name:
            raise NotCovered
        processor = self._home.processor
        expanded = processor.expand_name(self.active, name)
        if expanded in ("@id", "@type"):
            return Property(keyword=expanded, scalars=self, objects=self, references=self)
        if not isinstance(expanded, str) or not (":" in expanded or expanded.startswith("@")):
            refuse_undefined(expanded)
        mapping: Any = self.active["mappings"].get(name) or {}
        containers: set[str] = set(many(mapping.get("@container") or []))
        local = context_value(self.active, name, "@context")
        inner = self if local is None else self._child(("property", name), local, override=True)
        is_same = processor.expand_name(inner.active, name) == expanded
        if expanded.startswith("@") or mapping.get("reverse") or not is_same or containers - _COVERED - _MAPS:
            raise NotCovered
        if context_value(inner.active, name, "@direction") is not None or {"@graph", "@list"} <= containers:
            raise NotCovered
        coercion = context_value(inner.active, name, "@type")
        coercion = None if coercion == "@none" else coercion
        if (context_value(self.active, name, "@type") == "@json") is not (coercion == "@json"):
            raise NotCovered
        stated, suffix = predicate(expanded), _suffix(coercion, context_value(inner.active, name, "@language"))
        is_simple = coercion != "@json" and containers.isdisjoint({"@list", "@graph"})
        is_text = is_simple and coercion not in IDENTIFIERS
        return Property(
            predicate=stated,
            coercion=coercion,
            suffix=suffix,
            opening=f' {stated} "' if is_text else "",
            closing=f'"{suffix} .\n' if is_text else "",
            is_list="@list" in containers,
            is_graph="@graph" in containers,
            is_map=bool(containers & _MAPS),
            is_simple=is_simple,
            scalars=inner,
            objects=inner._of_object(name, reverts=True),
            references=inner._of_object(name, reverts=False),
        )

    def _of_object(self, name: str, *, reverts: bool) -> "Scope":
        """A scope that types brought ends where another object begins, unless that is a mere reference."""
        local = context_value(self.active, name, "@context")
        scope = self
        if reverts and "previousContext" in self.active:
            scope = self._home.scope(self._children, "previous", lambda: self.active["previousContext"])
        return scope if local is None else scope._child(("property", name), local, override=True)

    def _child(self, key: Any, local: Any, *, override: bool = False, propagate: bool = True) -> "Scope":
        def process() -> Any:
            return self._home.processor.process(self.active, local, override_protected=override, propagate=propagate)

        return self._home.scope(self._children, key, process)


class Compiled:
    """Every scope of one set of contexts that was met so far."""

    def __init__(self, contexts: Contexts) -> None:
        self.processor = Processor(contexts)
        self._count = 0
        self._forget()

    def root(self) -> Scope:
        """Where nothing is defined."""
        if self._count > MAX_SCOPES:
            self._forget()
        return self._root

    def scope(self, kept: dict[Any, Scope], key: Any, make: Any) -> Scope:
        """The scope kept under `key`, made once."""
        found = kept.get(key)
        if found is None:
            try:
                found = Scope(self, make())
            except jsonld.JsonLdError as error:
                raise NotCovered from error
            kept[key] = found
            self.count()
        return found

    def count(self) -> None:
        """Remembers that one more is kept."""
        self._count += 1

    def _forget(self) -> None:
        self._root = Scope(self, self.processor.initial())
        self._count = 0


@lru_cache(maxsize=8)
def compiled(contexts: Contexts) -> Compiled:
    """The scopes of the contexts in force."""
    return Compiled(contexts)


def _suffix(coercion: str | None, language: str | None) -> str:
    """Whatever makes a literal of a string: found by making one of the empty string."""
    item: JsonObject = {"@value": ""}
    if coercion is not None and not coercion.startswith("@"):
        item["@type"] = coercion
    elif coercion is None and language is not None:
        item["@language"] = language
    return literal(item)[2:]


def _aliases(active: Any, keyword: str) -> frozenset[str]:
    mappings: dict[str, Any] = active["mappings"]
    return frozenset(name for name, mapping in mappings.items() if mapping and mapping["@id"] == keyword)


def local_contexts(node: JsonObject) -> Sequence[str]:
    """The contexts that an object brings along."""
    items = many(node["@context"])
    if not all(isinstance(item, str) for item in items):
        raise NotCovered
    return items
