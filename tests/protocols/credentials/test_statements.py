"""The short way from JSON-LD to statements says the same as the long one, whatever the document."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocols.credentials.canonical import LIMITS, Reading, canonical_rdf
from protocols.credentials.rdf.compiled import MAX_SCOPES, Compiled
from protocols.credentials.rdf.expand import expand
from protocols.credentials.rdf.quads import to_quads
from protocols.credentials.rdf.rdfc import canonicalize
from protocols.errors import MalformedCredential, ProtocolError
from tests.support.badges import EXAMPLES
from tests.support.citizenship import CITIZENSHIP
from tests.support.mutations import CONTEXTS, documents_in, mutated, seeds

SHARDS = 16
MUTATIONS_OF_EACH_SHARD = 640
"""More than ten thousand in all; in shards, so that they can run beside one another."""


def the_long_way(document: dict[str, Any], reading: Reading) -> bytes:
    """Expansion by PyLD, which the short way has to agree with."""
    quads = to_quads(expand(document, reading.contexts), max_quads=LIMITS.quads)
    if not quads:
        raise MalformedCredential("a document that states nothing")
    return canonicalize(quads, limits=LIMITS).nquads


def said(way: Any, document: dict[str, Any], reading: Reading) -> bytes | None:
    """The canonical statements, None for a refusal."""
    try:
        return way(document, reading)
    except ProtocolError:
        return None


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_document_with_mistakes_is_read_alike_or_refused_by_both(shard: int) -> None:
    differ: list[dict[str, Any]] = []
    for number in range(shard, SHARDS * MUTATIONS_OF_EACH_SHARD, SHARDS):
        document = mutated(seeds()[number % len(seeds())], CONTEXTS, number)
        if said(canonical_rdf, document, EXAMPLES) != said(the_long_way, document, EXAMPLES):
            differ.append(document)
    assert differ == []


def test_every_document_of_the_shared_material_is_read_alike(shared_dir: Path) -> None:
    read = 0
    for path in sorted(shared_dir.rglob("*.json")):
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError:
            continue
        for document in documents_in(found):
            for reading in (EXAMPLES, CITIZENSHIP):
                short = said(canonical_rdf, document, reading)
                assert short == said(the_long_way, document, reading), path
                read += short is not None
    assert read >= 40


def test_a_stranger_who_asks_for_ever_new_contexts_fills_no_memory() -> None:
    kept = Compiled(EXAMPLES.contexts)
    for number in range(3 * MAX_SCOPES):
        root = kept.root()
        kept.scope(root._children, number, lambda active=root.active: active)
    assert len(kept.root()._children) <= MAX_SCOPES + 1
