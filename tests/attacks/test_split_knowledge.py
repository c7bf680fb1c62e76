"""Nobody on the way knows both the learner and the asker, and neither relay can read what is carried.

Each relay is taken at its worst: its operator reads the whole database and tries every key on every envelope, those
that passed and those that somebody recorded on the wire.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pytest
import pytest_asyncio

from node.demo.wallet.rows import askers, keys
from protocols.dids.document import DidDocument
from protocols.dids.peer import resolve_peer4
from protocols.jose.encoding import JsonObject
from tests.support.fixtures import SHARED_LOOP
from tests.support.knowledge import DIRECTORY, Knower, dump, jwe_of, knower
from tests.support.learners import Learner
from tests.support.network import FORECASTING, Asked, Network
from tests.support.nodes import Node, port_of
from tests.support.strangers import document_of
from tests.support.wire import Wire

pytestmark = SHARED_LOOP


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A whole exchange, and everything that was posted for it, by its sender."""

    network: Network
    learner: Learner
    asked: Asked
    by_wallet: list[bytes]
    by_entry: list[bytes]
    by_exit: list[bytes]
    relay: Node
    """The node that was drawn as exit."""
    entry: Knower
    exit: Knower
    asker: Knower
    subject: str
    during: list[tuple[str, dict[str, list[bytes]]]]
    """Every node's database, copied again and again while it went on."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def exchange(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Exchange]:
    async with Network(tmp_path_factory.mktemp("split")) as network:
        yield await _exchange(network)


async def _exchange(network: Network) -> Exchange:
    learner = await network.learner()
    wallet_wire = Wire(learner.wallet.outbox.transport)
    learner.wallet.outbox.transport = wallet_wire
    asked = await network.ask()
    marks = [len(node.posted) for node in network.nodes]
    during: list[tuple[str, dict[str, list[bytes]]]] = []
    watching = asyncio.create_task(_watch(network.nodes, during))
    await learner.answers(asked.link)
    await asked.report("verified")
    await learner.receipt()
    await asked.complete_receipt()
    watching.cancel()
    documents = [await document_of(node) for node in network.nodes] + documents_of(learner)
    posted = {
        node.name: [envelope for _, envelope in node.posted[mark:]]
        for node, mark in zip(network.nodes, marks, strict=True)
    }
    with learner.wallet.store.read() as db:
        subject = askers.asker(db, learner.rows("SELECT subject FROM askers")[0]["subject"])
    assert subject is not None
    relay = network.node_of(subject.exit)
    assert relay not in (network.institution, network.employer)
    return Exchange(
        network=network,
        learner=learner,
        asked=asked,
        by_wallet=[envelope for _, envelope in wallet_wire.sent],
        by_entry=posted[network.institution.name],
        by_exit=posted[relay.name],
        relay=relay,
        entry=await knower(network.institution, documents),
        exit=await knower(relay, documents),
        asker=await knower(network.employer, documents),
        subject=subject.subject,
        during=during,
    )


async def _watch(nodes: Sequence[Node], during: list[tuple[str, dict[str, list[bytes]]]]) -> None:
    while True:
        for node in nodes:
            during.append((node.name, dump(node)))
        await asyncio.sleep(0.02)


def documents_of(learner: Learner) -> list[DidDocument]:
    """Of every did:peer:4 of the wallet."""
    with learner.wallet.store.read() as db:
        dids = [row["did"] for row in learner.rows("SELECT did FROM dids")]
        return [resolve_peer4(keys.long_form(db, did)) for did in dids]


def asker_words(node: Node) -> list[str]:
    return [node.did, f"localhost:{port_of(node.place)}", f"localhost%3A{port_of(node.place)}", node.name]


def learner_words(exchange: Exchange) -> list[str]:
    learner = exchange.learner
    mediation = learner.mediation_did
    long = learner.rows("SELECT long_form FROM dids WHERE did = ?", mediation)[0]["long_form"]
    person = learner.institution
    return [mediation, long, learner.holder, learner.id, FORECASTING.name, person.name, *_names(exchange)]


def _names(exchange: Exchange) -> list[str]:
    number = exchange.learner.rows("SELECT reference FROM relations")[0]["reference"]
    return [number, f"Learner {int(number.removeprefix('S-'))}"]


def layers(exchange: Exchange) -> list[tuple[JsonObject, JsonObject]]:
    """(middle, inner) of every presentation, as the exit saw them."""
    found = []
    for envelope in exchange.by_entry:
        forward = exchange.exit.opened(envelope)
        if forward is None or b"consented-relay/1.0/forward" not in forward:
            continue
        middle = jwe_of(forward)
        opened = exchange.exit.opened(middle)
        assert opened is not None, "the exit opens every middle"
        if b'"kind":"present"' in opened:
            found.append((middle, jwe_of(opened)))
    assert len(found) == 1
    return found


async def test_the_entry_opens_neither_the_presentation_nor_the_exits_part(exchange: Exchange) -> None:
    ((middle, inner),) = layers(exchange)
    relays = [exchange.entry.opened(envelope) for envelope in exchange.by_wallet]
    assert middle in [jwe_of(text) for text in relays if text and b"consented-relay/1.0/relay" in text]
    assert exchange.entry.opened(middle) is None
    assert exchange.entry.opened(inner) is None
    assert [exchange.entry.opened(envelope) for envelope in exchange.by_entry] == [None] * len(exchange.by_entry)


async def test_the_exit_opens_neither_the_presentation_nor_the_entrys_part(exchange: Exchange) -> None:
    ((_, inner),) = layers(exchange)
    assert exchange.exit.opened(inner) is None
    assert exchange.by_wallet
    assert [exchange.exit.opened(envelope) for envelope in exchange.by_wallet] == [None] * len(exchange.by_wallet)


async def test_the_asker_alone_opens_the_presentation(exchange: Exchange) -> None:
    """So the tries above were not in vain: with the right key the same way opens it."""
    ((_, inner),) = layers(exchange)
    opened = exchange.asker.opened(inner)
    assert opened is not None
    assert FORECASTING.name.encode() in opened


async def test_no_recipient_of_the_sealed_part_is_a_key_of_a_relay(exchange: Exchange) -> None:
    ((_, inner),) = layers(exchange)
    kids = {recipient["header"]["kid"] for recipient in inner["recipients"]}
    assert kids
    assert kids <= exchange.asker.kids
    assert kids & (exchange.entry.kids | exchange.exit.kids) == set()


async def test_nothing_at_the_entry_tells_which_asker(exchange: Exchange) -> None:
    words = [*asker_words(exchange.network.employer), exchange.subject, exchange.asked.id]
    assert exchange.entry.mentions(*words) == []
    assert exchange.entry.mentions(exchange.learner.mediation_did), "it knows the learner, who is enrolled there"
    assert exchange.entry.mentions(exchange.network.employer.did, but=frozenset()), "it has the directory"


async def test_nothing_at_the_exit_tells_which_learner(exchange: Exchange) -> None:
    words = [word for word in learner_words(exchange) if word != exchange.network.institution.name]
    assert exchange.exit.mentions(*words) == []
    assert exchange.exit.mentions(exchange.network.employer.did), "it knows the asker, whom it delivers to"
    assert exchange.exit.mentions(exchange.network.institution.did), "and the member that vouches"


async def test_nothing_told_it_while_the_messages_were_on_their_way(exchange: Exchange) -> None:
    """Work lists and outboxes are empty in the end; they were not in between."""
    words = {
        exchange.entry.name: [*asker_words(exchange.network.employer), exchange.subject],
        exchange.exit.name: [w for w in learner_words(exchange) if w != exchange.network.institution.name],
    }
    knowers = {exchange.entry.name: exchange.entry, exchange.exit.name: exchange.exit}
    looked_at: set[bytes] = set()
    tables: set[str] = set()
    for name, cells in exchange.during:
        if name not in knowers:
            continue
        fresh = {
            table: [cell for cell in found if cell not in looked_at]
            for table, found in cells.items()
            if table not in DIRECTORY
        }
        looked_at.update(cell for found in fresh.values() for cell in found)
        tables |= {table for table, found in fresh.items() if found}
        then = _at(knowers[name], fresh)
        assert then.mentions(*words[name]) == []
    assert tables >= {"outbox_message", "mailbox_message", "work_item"}, "it was looked at while something was there"


async def test_nothing_in_their_logs_tells_it_either(exchange: Exchange) -> None:
    entry, exit = exchange.network.institution, exchange.relay
    asker = [exchange.network.employer.name, exchange.subject, exchange.asked.id]
    lines = [line for line in entry.lines() if line["event"] not in ("member not synced", "status list synced")]
    assert lines
    assert [word for word in (*asker, exchange.network.employer.did) if word in str(lines)] == []
    learner = [word for word in learner_words(exchange) if word != exchange.network.institution.name]
    assert [word for word in learner if word in exit.log.getvalue()] == []


def _at(one: Knower, cells: dict[str, list[bytes]]) -> Knower:
    return Knower(name=one.name, kids=one.kids, keys=one.keys, sealer=one.sealer, senders=one.senders, cells=cells)
