"""Which statements of a document follow from which parts of its JSON, blank nodes named alike in all of them.

So that a statement of a part can be found among those of the whole, every node object without an id gets one that no
document has, before anything is selected; in the statements those are blank nodes again.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#canonicalizeandgroup
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols.credentials.canonical import LIMITS, Reading, check_size
from protocols.credentials.contexts import Contexts
from protocols.credentials.rdf.expand import expand
from protocols.credentials.rdf.quads import to_quads
from protocols.credentials.rdf.rdfc import Quad, canonicalize
from protocols.credentials.rdf.select import select
from protocols.credentials.shape import as_object
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

_SKOLEM = "urn:bnid:"

LabelMap = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Given blank nodes' canonical labels by their labels in the input, the labels that they are to have instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The statements that a selection makes, by their place among those of the whole document.

    Args:
        matching: index → N-Quads line, ascending.
        quads: the same before they were relabelled.
    """

    matching: Mapping[int, str]
    quads: Sequence[Quad]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A whole document's lines, relabelled and sorted; the labels by those of the input; and its groups by name."""

    lines: Sequence[str]
    labels: Mapping[str, str]
    groups: Mapping[str, Group]


def canonicalize_and_group(
    document: JsonObject, groups: Mapping[str, Sequence[str]], label_map: LabelMap, reading: Reading
) -> Grouped:
    """The statements of `document`, and of each of its selections.

    Raises:
        MalformedCredential, TooLarge: as `canonical_rdf`; a pointer that leads nowhere.
    """
    check_size(document, reading.max_bytes)
    named = _with_ids(document, reading.contexts)
    lines, labels = relabelled(_quads(named, reading.contexts), label_map)
    places = {line: index for index, line in enumerate(lines)}
    found: dict[str, Group] = {}
    for name, pointers in groups.items():
        selection = select(named, pointers)
        quads = _quads(selection, reading.contexts) if selection is not None else []
        selected = [_line(quad, labels) for quad in dict.fromkeys(quads)]
        if not places.keys() >= set(selected):
            raise MalformedCredential("a part of the document states what the whole does not")
        matching = {places[line]: line for line in selected}
        found[name] = Group(matching=dict(sorted(matching.items())), quads=quads)
    return Grouped(lines=lines, labels=labels, groups=found)


def relabelled(quads: Iterable[Quad], label_map: LabelMap) -> tuple[list[str], Mapping[str, str]]:
    """The lines of a dataset in canonical form under other labels, sorted; and those labels by the input's."""
    given = list(quads)
    labels = label_map(canonicalize(given, limits=LIMITS).issued)
    return sorted(_line(quad, labels) for quad in dict.fromkeys(given)), labels


def document_quads(document: JsonObject, reading: Reading) -> list[Quad]:
    """The statements of a document as it stands."""
    check_size(document, reading.max_bytes)
    return to_quads(expand(document, reading.contexts), max_quads=LIMITS.quads)


def _quads(document: JsonObject, contexts: Contexts) -> list[Quad]:
    """The statements of a document in which nodes were given ids, with blank nodes in their place."""
    quads = to_quads(expand(document, contexts), max_quads=LIMITS.quads)
    return [(_blank_again(s), p, _blank_again(o), _blank_again(g)) for s, p, o, g in quads]


def _blank_again(term: str) -> str:
    return f"_:{term[len(_SKOLEM) + 1 : -1]}" if term.startswith(f"<{_SKOLEM}") else term


def _line(quad: Quad, labels: Mapping[str, str]) -> str:
    subject, predicate, object_, graph = (f"_:{labels[term[2:]]}" if term.startswith("_:") else term for term in quad)
    return f"{subject} {predicate} {object_}{f' {graph}' if graph else ''} .\n"


def _with_ids(document: JsonObject, contexts: Contexts) -> JsonObject:
    """`document` with an id on every object that is a node; which are, the statements of a first try tell."""
    if _SKOLEM in str(document):
        raise MalformedCredential("an identifier that is reserved here", found=_SKOLEM)
    tried = _tagged(document, None)
    nodes = {item for item in _ids(expand(tried, contexts)) if item.startswith(_SKOLEM)}
    return _tagged(document, nodes)


def _tagged(document: JsonObject, nodes: set[str] | None) -> JsonObject:
    count = 0

    def tag(value: Any) -> Any:
        nonlocal count
        if isinstance(value, list):
            return [tag(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        found = as_object(value)
        if found is None or "@value" in found:
            return value
        made = {name: item if name == "@context" else tag(item) for name, item in found.items()}
        if "id" in found:
            return made
        count += 1
        id_ = f"{_SKOLEM}n{count}"
        return made if nodes is not None and id_ not in nodes else {"id": id_, **made}

    return tag(document)


def _ids(expanded: Any) -> Iterable[str]:
    if isinstance(expanded, list):
        for item in expanded:  # pyright: ignore[reportUnknownVariableType]
            yield from _ids(item)
    found = as_object(expanded)
    if found is not None and "@value" not in found:
        if isinstance(found.get("@id"), str):
            yield found["@id"]
        for name, item in found.items():
            if name not in ("@id", "@type"):
                yield from _ids(item)
