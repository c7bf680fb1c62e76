"""RDFC-1.0 against the W3C's vectors, and what is refused before or during the work."""

import json
import time
from itertools import permutations
from pathlib import Path

import pytest

from protocols.credentials.rdf.rdfc import Limits, canonicalize
from protocols.errors import TooLarge
from tests.support.nquads import parse_nquads, quad

WIDE = Limits(blank_nodes=10_000, alike=10_000, quads=100_000)
"""What the vectors need; the door's limits on counts do not apply to them, the budget of work does."""


def _entries(shared_dir: Path, kind: str) -> list[tuple[Path, dict[str, str]]]:
    folder = shared_dir / "vectors" / "rdf-canon"
    entries = json.loads((folder / "manifest.jsonld").read_text("utf-8"))["entries"]
    return [(folder, entry) for entry in entries if entry["type"] == kind]


def _algorithm(entry: dict[str, str]) -> str:
    return entry.get("hashAlgorithm", "SHA256").lower()


def test_all_64_graphs_get_their_canonical_form(shared_dir: Path) -> None:
    entries = _entries(shared_dir, "rdfc:RDFC10EvalTest")
    wrong: list[str] = []
    for folder, entry in entries:
        quads = parse_nquads((folder / entry["action"]).read_text("utf-8"))
        expected = (folder / entry["result"]).read_bytes()
        if canonicalize(quads, algorithm=_algorithm(entry), limits=WIDE).nquads != expected:
            wrong.append(entry["id"])
    assert (len(entries), wrong) == (64, [])


def test_all_21_maps_of_issued_identifiers_are_right(shared_dir: Path) -> None:
    entries = _entries(shared_dir, "rdfc:RDFC10MapTest")
    wrong: list[str] = []
    for folder, entry in entries:
        quads = parse_nquads((folder / entry["action"]).read_text("utf-8"))
        expected = json.loads((folder / entry["result"]).read_text("utf-8"))
        if canonicalize(quads, algorithm=_algorithm(entry), limits=WIDE).issued != expected:
            wrong.append(entry["id"])
    assert (len(entries), wrong) == (21, [])


def test_the_poison_graph_is_refused_in_bounded_time_by_the_budget_alone(shared_dir: Path) -> None:
    [(folder, entry)] = _entries(shared_dir, "rdfc:RDFC10NegativeEvalTest")
    quads = parse_nquads((folder / entry["action"]).read_text("utf-8"))
    started = time.perf_counter()
    with pytest.raises(TooLarge, match="too many paths"):
        canonicalize(quads, limits=WIDE)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("size", [7, 8, 10])
def test_a_clique_is_refused_at_the_door_within_50_ms(size: int) -> None:
    clique = [quad(f"_:e{a}", "<urn:p>", f"_:e{b}") for a, b in permutations(range(size), 2)]
    started = time.perf_counter()
    with pytest.raises(TooLarge, match="too many blank nodes alike"):
        canonicalize(clique)
    assert time.perf_counter() - started < 0.05


def test_many_small_cliques_under_the_limit_of_likeness_run_out_of_budget() -> None:
    cliques = [
        quad(f"_:e{group}x{a}", f"<urn:p{group}>", f"_:e{group}x{b}")
        for group in range(40)
        for a, b in permutations(range(6), 2)
    ]
    with pytest.raises(TooLarge, match="too many paths"):
        canonicalize(cliques)


def test_the_counts_are_refused_before_any_hashing() -> None:
    with pytest.raises(TooLarge, match="too many blank nodes"):
        canonicalize([quad(f"_:b{n}", "<urn:p>", f'"{n}"') for n in range(257)])
    with pytest.raises(TooLarge, match="too many statements"):
        canonicalize([quad("<urn:s>", "<urn:p>", f'"{n}"') for n in range(10_001)])


def test_the_names_and_the_order_of_the_input_do_not_matter() -> None:
    quads = [quad("_:a", "<urn:p>", "_:b"), quad("_:b", "<urn:p>", '"x"'), quad("_:b", "<urn:p>", '"x"')]
    renamed = [quad("_:q", "<urn:p>", '"x"'), quad("_:c14n0", "<urn:p>", "_:q")]
    assert canonicalize(quads).nquads == canonicalize(renamed).nquads
