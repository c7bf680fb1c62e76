"""Every document that is read here is read alike by npm jsonld in safe mode, and none that it refuses is read here.

The documents are those of the shared vectors and more than ten thousand with mistakes in them. Refusing more than safe
mode does is no fault: how much more, and for which reasons, is printed.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocols.credentials.canonical import canonical_rdf
from protocols.credentials.contexts import PINNED
from protocols.errors import ProtocolError
from tests.interop.counterparts import Counterpart
from tests.support.badges import EXAMPLES
from tests.support.mutations import CONTEXTS, documents_in, mutated, seeds

MUTATIONS = 10_240
BOTH = "both"
Result = tuple[str, str, str]
"""Direction, name of the check, and what went wrong: empty when nothing did."""


def exchange(counterpart: Counterpart) -> Iterator[Result]:
    """One result for the vectors and one for the mutations, each naming the first document that is read otherwise."""
    shared = Path(os.environ["SHARED_DIR"])
    for name, documents in (("vectors", list(vectors(shared))), ("mutations", list(mutations()))):
        job = [{"contexts": {url: EXAMPLES.contexts.document(url) for url in contexts()}}, *documents]
        answers = counterpart.stream(job)
        totals: Counter[str] = Counter()
        faults = [fault for pair in zip(documents, answers, strict=True) if (fault := compared(*pair, totals))]
        told = ", ".join(f"{count:,} {what}" for what, count in sorted(totals.items()))
        yield BOTH, f"{name}: {told}", f"{len(faults)} differ, the first: {faults[0]}" if faults else ""


def vectors(shared: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((shared / "vectors").rglob("*.json")):
        try:
            yield from documents_in(json.loads(path.read_text("utf-8")))
        except ValueError:
            continue


def mutations() -> Iterator[dict[str, Any]]:
    for number in range(MUTATIONS):
        yield mutated(seeds()[number % len(seeds())], CONTEXTS, number)


def contexts() -> list[str]:
    return [*PINNED, *(url for url, _ in EXAMPLES.contexts.added)]


def compared(document: dict[str, Any], theirs: dict[str, Any], totals: Counter[str]) -> str:
    """What is wrong, empty for nothing; counts into `totals` what became of the document."""
    try:
        ours: str | None = canonical_rdf(document, EXAMPLES).decode()
    except ProtocolError:
        ours = None
    match ours, theirs.get("nquads"):
        case None, None:
            totals["refused by both"] += 1
        case None, _:
            totals["refused here alone"] += 1
        case _, None:
            return f"refused there ({theirs['error']}): {json.dumps(document)[:400]}"
        case here, there if here == there:
            totals["alike"] += 1
        case _:
            return f"other statements: {json.dumps(document)[:400]}"
    return ""
