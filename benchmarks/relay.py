"""A routing/2.0 forward taken in for a learner's mailbox: opened, deduplicated, on disk, answered 202."""

import asyncio
import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain, cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.load import post_for
from benchmarks.measure import Benchmark, Measured, race
from benchmarks.processes import free_port, init_node, running_module, serving
from node.cli.offline import opened_storage
from node.settings import load_settings
from node.storage.repos import mailbox
from protocols.didcomm.envelope import pack_anoncrypt
from protocols.didcomm.forward import wrap_forward
from protocols.dids.document import VerificationMethod
from protocols.dids.parse import parse_document
from protocols.jose.keys import PrivateKey
from tests.support.parties import lunch, party

AT_ONCE = 32
SLICE_S = 1.0
RUNS = 5
MAILBOXES = 64
PAYLOAD_BYTES = 1_000
FLOOR = "did:web:floor.example"
NOTE = (
    f"anoncrypted forwards of a 1 kB message to {MAILBOXES} mailboxes, {AT_ONCE} at once over loopback, each fsynced "
    "before its 202; a `ler-node serve` process on SQLite, the client on the same machine; floor: an aiohttp handler "
    "that opens the outer envelope and keeps one row in a shared commit (tmp on the same disk)"
)


def durable_forward() -> Measured:
    """Ours as a process of its own, the floor likewise."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="ler-bench-")))
        ours, floor = free_port(), free_port()
        recipients = [f"did:example:mailbox-{number}" for number in range(MAILBOXES)]
        init_node(home / "node", ours)
        asyncio.run(_grant(home / "node", recipients))
        stack.enter_context(serving(home / "node", ours))
        key = PrivateKey.generate("X25519", os.urandom, f"{FLOOR}#agree-1")
        job = {"port": floor, "database": str(home / "floor.sqlite3"), "key": {**key.to_jwk(), "kid": key.kid}}
        stack.enter_context(running_module("benchmarks.floors.relay_server", job, floor))
        to_us = _forwards(_agreement_key(ours), recipients)
        to_floor = _repeated(_forwards(_method(key), recipients))
        return race(
            lambda: post_for(ours, _ready(to_us), seconds=SLICE_S, at_once=AT_ONCE),
            lambda: post_for(floor, to_floor, seconds=SLICE_S, at_once=AT_ONCE),
            {},
            unit="messages/s",
            note=NOTE,
            runs=RUNS,
        )


async def _grant(data: Path, recipients: list[str]) -> None:
    """Mailboxes of their own, as mediation grants them."""

    def body(session: mailbox.Session) -> None:
        for recipient in recipients:
            mailbox.grant(session, recipient=recipient, owner=recipient, now=datetime.now(UTC))

    async with opened_storage(load_settings(data)) as storage:
        await storage.run("bench.grant", body)


def _forwards(key: VerificationMethod, recipients: list[str]) -> Iterator[bytes]:
    """Envelopes for the mediator, no two alike."""
    alice, bob = party("alice"), party("bob")
    inner = pack_anoncrypt(
        lunch(alice, bob, body={"text": "x" * PAYLOAD_BYTES}), recipients=bob.recipients()[:1], entropy=os.urandom
    )
    for number, recipient in enumerate(cycle(recipients)):
        yield wrap_forward(inner, next=recipient, keys=[key], id=f"forward-{number}", entropy=os.urandom)


def _ready(envelopes: Iterator[bytes], count: int = 1_500) -> Iterator[bytes]:
    """`count` of `envelopes`, packed before the clock runs; further ones as they are needed."""
    packed = list(islice(envelopes, count))
    return chain(packed, envelopes)


def _repeated(envelopes: Iterator[bytes], count: int = 500) -> Iterator[bytes]:
    """The floor has no memory of what it saw."""
    return cycle(list(islice(envelopes, count)))


def _agreement_key(port: int) -> VerificationMethod:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/.well-known/did.json", timeout=5) as answer:
        raw = json.load(answer)
    return parse_document(raw, raw["id"]).keys_for("keyAgreement", "X25519")[0]


def _method(key: PrivateKey) -> VerificationMethod:
    return VerificationMethod(id=key.kid, controller=FLOOR, type="Multikey", key=key.public)


BENCHMARKS = (Benchmark(name="relay.durable_forward", measure=durable_forward),)
