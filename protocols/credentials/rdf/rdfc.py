"""RDFC-1.0: the same set of statements, however its blank nodes were named, gives the same N-Quads.

The algorithm is exponential for graphs made to be hard. A stranger's graph is therefore measured before any hashing
of paths (blank nodes, and how many of them look alike at first sight), and the paths themselves have a budget.

Spec: https://www.w3.org/TR/rdf-canon/
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import permutations

from protocols.errors import TooLarge

Quad = tuple[str, str, str, str]
"""One statement: subject, predicate, object and graph, each as in canonical N-Quads; the default graph is empty."""


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


class Statements:
    """Statements as they come, repeated ones too, kept as canonicalization needs them.

    Most have no blank node but perhaps as subject: of those only the rest of the line is kept, from the space after the
    subject to the line's end, by subject. The others are `linking`.
    """

    __slots__ = ("linking", "rests")

    def __init__(self, quads: Iterable[Quad] = ()) -> None:
        self.rests: dict[str, list[str]] = {}
        self.linking: list[Quad] = []
        for quad in quads:
            self.add(*quad)

    def __len__(self) -> int:
        return len(self.linking) + sum(map(len, self.rests.values()))

    def add(self, subject: str, predicate: str, object: str, graph: str) -> None:
        if graph or object[0] == "_":
            self.linking.append((subject, predicate, object, graph))
        else:
            self.of(subject).append(f" {predicate} {object} .\n")

    def of(self, subject: str) -> list[str]:
        """Where the rests of lines about `subject` are put."""
        found = self.rests.get(subject)
        if found is None:
            found = self.rests[subject] = []
        return found

    def without_repeated(self) -> "Statements":
        made = Statements(dict.fromkeys(self.linking))
        made.rests = {subject: list(dict.fromkeys(rests)) for subject, rests in self.rests.items()}
        return made


def canonicalize(
    quads: Iterable[Quad] | Statements, *, algorithm: str = "sha256", limits: Limits | None = None
) -> Canonical:
    """The canonical form of a dataset (section 4.4).

    Raises:
        TooLarge: over one of the limits.
    """
    given = quads if isinstance(quads, Statements) else Statements(quads)
    made = _Run(given, algorithm, limits or Limits()).canonical()
    if len(set(made.lines)) == len(made.lines):
        return made
    return _Run(given.without_repeated(), algorithm, limits or Limits()).canonical()  # a set states nothing twice


class _Run:
    """One canonicalization."""

    def __init__(self, given: Statements, algorithm: str, limits: Limits) -> None:
        _limit("statements", len(given), limits.quads)
        self.hasher = getattr(hashlib, algorithm)
        self.limits = limits
        self.work = 0
        self.issuer = _Issuer("c14n")
        self.rests, self.linking = given.rests, given.linking
        self.mentions: dict[str, list[Quad]] = {}
        for quad in self.linking:
            for node in {term for term in (quad[0], quad[2], quad[3]) if term[:1] == "_"}:
                self.mentions.setdefault(node, []).append(quad)
        blank = [node for node, rests in self.rests.items() if node[0] == "_" and rests]
        nodes = dict.fromkeys((*blank, *self.mentions))
        _limit("blank nodes", len(nodes), limits.blank_nodes)
        self.links: dict[str, list[tuple[str, Quad, str]]] = {}
        self.first_degree = {node: self.hash_first_degree(node) for node in nodes} if len(nodes) > 1 else {}
        if len(nodes) == 1:
            self.issuer.issue(*nodes)  # alone it comes first, whatever its hash

    def canonical(self) -> Canonical:
        alike: dict[str, list[str]] = {}
        for node, first in self.first_degree.items():
            alike.setdefault(first, []).append(node)
        _limit("blank nodes alike at first sight", max(map(len, alike.values()), default=0), self.limits.alike)
        ordered = sorted(alike)
        for first in ordered:
            if len(alike[first]) == 1:
                self.issuer.issue(alike[first][0])
        for first in ordered:
            if len(alike[first]) > 1:
                self.issue_alike(alike[first])
        issued = self.issuer.issued
        lines = [_line(quad, issued) for quad in self.linking]
        for subject, rests in self.rests.items():
            name = issued.get(subject, subject)
            lines += [name + rest for rest in rests]
        lines.sort()
        return Canonical(lines=tuple(lines), issued={node[2:]: name[2:] for node, name in issued.items()})

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
        return self.hasher(text.encode("utf-8")).hexdigest()

    def hash_first_degree(self, node: str) -> str:
        """Section 4.6."""
        lines = ["_:a" + rest for rest in self.rests.get(node, ())]
        lines += [_first_degree_line(quad, node) for quad in self.mentions.get(node, ())]
        lines.sort()
        return self.hash("".join(lines))

    def hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Section 4.7."""
        name = self.issuer.issued.get(related) or issuer.issued.get(related) or self.first_degree[related]
        return self.hash(f"{position}{name}" if position == "g" else f"{position}{quad[1]}{name}")

    def hash_n_degree(self, node: str, issuer: _Issuer) -> tuple[str, _Issuer]:
        """Section 4.8."""
        groups: dict[str, list[str]] = {}
        if node not in self.links:
            self.links[node] = _links(node, self.mentions.get(node, []))
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
        for term, position in ((quad[0], "s"), (quad[2], "o"), (quad[3], "g"))
        if term.startswith("_:") and term != node
    ]


def _is_worse(path: str, best: str) -> bool:
    return bool(best) and len(path) >= len(best) and path > best


def _line(quad: Quad, issued: Mapping[str, str]) -> str:
    """The statement in canonical form, its blank nodes called as they were issued."""
    subject, predicate, object_, graph = quad
    if subject[0] == "_":
        subject = issued[subject]
    if object_[0] == "_":
        object_ = issued[object_]
    if not graph:
        return f"{subject} {predicate} {object_} .\n"
    return f"{subject} {predicate} {object_} {issued[graph] if graph[0] == '_' else graph} .\n"


def _first_degree_line(quad: Quad, node: str) -> str:
    """The statement as seen from one of its blank nodes: that is called a, every other z."""
    subject, predicate, object_, graph = quad
    if subject[0] == "_":
        subject = "_:a" if subject == node else "_:z"
    if object_[0] == "_":
        object_ = "_:a" if object_ == node else "_:z"
    if not graph:
        return f"{subject} {predicate} {object_} .\n"
    if graph[0] == "_":
        graph = "_:a" if graph == node else "_:z"
    return f"{subject} {predicate} {object_} {graph} .\n"


def _limit(what: str, found: int, most: int) -> None:
    if found > most:
        raise TooLarge(f"too many {what}", found=str(found), expected=f"at most {most}")
