"""RDFC-1.0: the same set of statements, however its blank nodes were named, gives the same N-Quads.

The algorithm is exponential for graphs made to be hard. A stranger's graph is therefore measured before any hashing
of paths (blank nodes, and how many of them look alike at first sight), and the paths themselves have a budget.

Spec: https://www.w3.org/TR/rdf-canon/
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import permutations
from typing import NamedTuple

from protocols.errors import TooLarge


class Quad(NamedTuple):
    """One statement; each term is written as in canonical N-Quads, `graph` is empty for the default graph."""

    subject: str
    predicate: str
    object: str
    graph: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is refused before (blank_nodes, alike, quads) and during (work: links hashed and
    paths tried) canonicalization.

    `alike`: how many blank nodes may share a first-degree hash.
    """

    blank_nodes: int = 256
    alike: int = 6
    quads: int = 10_000
    work: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """The canonical N-Quads lines, sorted, and the identifier each blank node got (both without `_:`)."""

    lines: tuple[str, ...]
    issued: dict[str, str]

    @property
    def nquads(self) -> bytes:
        return "".join(self.lines).encode("utf-8")


@dataclass(slots=True)
class _Issuer:
    """Section 4.5: hands out identifiers in order, and remembers for whom."""

    prefix: str
    issued: dict[str, str] = field(default_factory=dict[str, str])

    def issue(self, node: str) -> str:
        return self.issued.setdefault(node, f"_:{self.prefix}{len(self.issued)}")

    def copy(self) -> "_Issuer":
        return _Issuer(self.prefix, dict(self.issued))


def canonicalize(quads: Iterable[Quad], *, algorithm: str = "sha256", limits: Limits | None = None) -> Canonical:
    """The canonical form of a dataset (section 4.4).

    Raises:
        TooLarge: over one of the limits.
    """
    return _Run(tuple(dict.fromkeys(quads)), algorithm, limits or Limits()).canonical()


class _Run:
    def __init__(self, quads: tuple[Quad, ...], algorithm: str, limits: Limits) -> None:
        _limit("statements", len(quads), limits.quads)
        self.quads = quads
        self.algorithm = algorithm
        self.limits = limits
        self.work = 0
        self.issuer = _Issuer("c14n")
        self.mentions: dict[str, list[Quad]] = {}
        for quad in quads:
            for node in _blank_nodes(quad):
                self.mentions.setdefault(node, []).append(quad)
        _limit("blank nodes", len(self.mentions), limits.blank_nodes)
        self.links: dict[str, list[tuple[str, Quad, str]]] = {}
        self.first_degree = {node: self.hash_first_degree(node) for node in self.mentions}

    def canonical(self) -> Canonical:
        alike: dict[str, list[str]] = {}
        for node, first in self.first_degree.items():
            alike.setdefault(first, []).append(node)
        _limit("blank nodes alike at first sight", max(map(len, alike.values()), default=0), self.limits.alike)
        for first in sorted(alike):
            if len(alike[first]) == 1:
                self.issuer.issue(alike[first][0])
        for first in sorted(alike):
            self.issue_alike(alike[first])
        issued = self.issuer.issued
        return Canonical(
            lines=tuple(sorted(_line(quad, issued.__getitem__) for quad in self.quads)),
            issued={node[2:]: name[2:] for node, name in issued.items()},
        )

    def issue_alike(self, nodes: list[str]) -> None:
        """Section 4.4.3 step 5: order nodes that look alike by the paths around them."""
        results: list[tuple[str, _Issuer]] = []
        for node in nodes:
            if node not in self.issuer.issued:
                temporary = _Issuer("b")
                temporary.issue(node)
                results.append(self.hash_n_degree(node, temporary))
        for _, temporary in sorted(results, key=lambda result: result[0]):
            for node in temporary.issued:
                self.issuer.issue(node)

    def spend(self, work: int) -> None:
        self.work += work
        _limit("paths between blank nodes", self.work, self.limits.work)

    def hash(self, text: str) -> str:
        return hashlib.new(self.algorithm, text.encode("utf-8")).hexdigest()

    def hash_first_degree(self, node: str) -> str:
        """Section 4.6."""

        def seen(term: str) -> str:
            return "_:a" if term == node else "_:z"

        return self.hash("".join(sorted(_line(quad, seen) for quad in self.mentions[node])))

    def hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Section 4.7."""
        name = self.issuer.issued.get(related) or issuer.issued.get(related) or self.first_degree[related]
        return self.hash(f"{position}{name}" if position == "g" else f"{position}{quad.predicate}{name}")

    def hash_n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8."""
        groups: dict[str, list[str]] = {}
        if node not in self.links:
            self.links[node] = _links(node, self.mentions[node])
        self.spend(len(self.links[node]))
        for term, quad, position in self.links[node]:
            groups.setdefault(self.hash_related(term, quad, issuer, position), []).append(term)
        data: list[str] = []
        for related_hash in sorted(groups):
            path, issuer = self.shortest_path(groups[related_hash], issuer)
            data += (related_hash, path)
        return self.hash("".join(data)), issuer

    def shortest_path(self, related: list[str], issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8.3 step 5.4: of all orders of `related`, the path that comes first, and its issuer."""
        chosen: tuple[str, _Issuer] | None = None
        for order in permutations(related):
            self.spend(1)
            found = self.path(order, issuer.copy(), chosen[0] if chosen else "")
            if found is not None and (chosen is None or found[0] < chosen[0]):
                chosen = found
        return chosen or ("", issuer)

    def path(self, order: tuple[str, ...], issuer: _Issuer, best: str) -> tuple[str, _Issuer] | None:
        """One order's path, or None as soon as it cannot come before `best`."""
        path = ""
        deeper: list[str] = []
        for node in order:
            if node in self.issuer.issued:
                path += self.issuer.issued[node]
            else:
                if node not in issuer.issued:
                    deeper.append(node)
                path += issuer.issue(node)
            if _is_worse(path, best):
                return None
        for node in deeper:
            hashed, after = self.hash_n_degree(node, issuer)
            path += f"{issuer.issue(node)}<{hashed}>"
            issuer = after
            if _is_worse(path, best):
                return None
        return path, issuer


def _links(node: str, mentions: list[Quad]) -> list[tuple[str, Quad, str]]:
    """The other blank nodes that stand in a statement with `node`, and in which position."""
    return [
        (term, quad, position)
        for quad in mentions
        for term, position in ((quad.subject, "s"), (quad.object, "o"), (quad.graph, "g"))
        if term.startswith("_:") and term != node
    ]


def _is_worse(path: str, best: str) -> bool:
    return bool(best) and len(path) >= len(best) and path > best


def _blank_nodes(quad: Quad) -> set[str]:
    return {term for term in (quad.subject, quad.object, quad.graph) if term[:1] == "_"}


def _line(quad: Quad, name: Callable[[str], str]) -> str:
    """The statement in canonical form, its blank nodes called as `name` says."""
    subject, predicate, object_, graph = quad
    if subject[0] == "_":
        subject = name(subject)
    if object_[0] == "_":
        object_ = name(object_)
    if not graph:
        return f"{subject} {predicate} {object_} .\n"
    return f"{subject} {predicate} {object_} {name(graph) if graph[0] == '_' else graph} .\n"


def _limit(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooLarge(f"too many {what}", found=str(found), expected=f"at most {most}")
