"""Anybody may write to a node. Strangers hold up nobody else, make no lasting work, and are told nothing.

`door` is one node that cannot yet say who is a member and who is not; `network` can.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from node.storage.repos import learners
from node.storage.repos.outbox import MOST_FOR_STRANGERS
from node.storage.unit import Session
from protocols.consent.relay import CONSENTED_RELAY
from protocols.didcomm.message import Attachment, Message
from protocols.dids.document import DidDocument
from protocols.dids.peer import create_peer2
from protocols.jose.encoding import JsonObject, parse_object
from tests.support.attackers import (
    enrolled,
    events,
    ping,
    signed_and_sealed,
    stranger,
    waiting_messages,
    work,
)
from tests.support.door import HANGS, HOLD_MS, TAKES, Door, door_in
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Network
from tests.support.nodes import Node, wait_until
from tests.support.strangers import Stranger, anonymous, document_of, knock

pytestmark = SHARED_LOOP


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with door_in(tmp_path_factory.mktemp("door")) as made:
        yield made


# --- their answers wait apart, few, and not for long


def befriend(session: Session, *, did: str, node: Node) -> None:
    now = node.clock.now()
    learners.add(session, did[-20:], "Ada", did[-20:], now=now)
    learners.bind(session, did[-20:], did, "one-time-code")


async def test_forty_strangers_whose_hosts_hang_hold_up_nobody_we_know(door: Door) -> None:
    for _ in range(40):
        await door.asks_back(stranger(HANGS))
    friend = stranger(TAKES)
    await door.node.write(partial(befriend, did=friend.did, node=door.node))
    before, at = len(door.takes.got), time.monotonic()
    await door.asks_back(friend)

    async def came() -> bool:
        return len(door.takes.got) > before

    await wait_until("the friend's answer", came)
    assert time.monotonic() - at < 8, "a host that hangs is given ten seconds: nobody waited for one"
    assert (await door.node.get("/queues"))["outbox_waiting"] == 40, "theirs still wait"


async def ten_minutes_later(door: Door) -> None:
    """Returns when nothing waits in the outbox, and nothing was kept as given up."""
    node = door.node
    node.clock.moved = timedelta(minutes=12)

    async def all_gone() -> bool:
        queues = await node.get("/queues")
        return (queues["outbox_waiting"], queues["outbox_dead"]) == (0, 0)

    try:
        await wait_until("nothing to wait for strangers", all_gone)
    finally:
        node.clock.moved = timedelta()
        door.hangs.let_go()


async def test_what_waits_for_strangers_is_gone_ten_minutes_later_without_a_trace(door: Door) -> None:
    who = stranger(HANGS)
    await door.asks_back(who)
    (row,) = await waiting_messages(door.node, who)
    assert row.expires_at <= door.node.clock.now() + timedelta(minutes=10)
    await ten_minutes_later(door)


async def test_no_more_than_five_hundred_answers_wait_for_strangers(door: Door) -> None:
    outbox, now = door.node.services.parts.flows.outbox, door.node.clock.now()

    def crowd(session: Session) -> None:
        for number in range(MOST_FOR_STRANGERS):
            answer = Message(id=f"a-{number}", type="https://example.org/a/1.0/a", to=(f"did:example:{number}",))
            outbox.enqueue(session, answer, now=now + timedelta(minutes=1), is_stranger=True)

    await door.node.write(crowd)
    who = stranger(HANGS)
    await door.asks_back(who)
    assert (MOST_FOR_STRANGERS, await waiting_messages(door.node, who)) == (500, [])
    await ten_minutes_later(door)


# --- what they send is not made larger


def behind_mediators(count: int, host: Stranger) -> str:
    """A did:peer:2 whose mail goes through `count` mediators of the stranger's making, each behind the next."""
    uri = TAKES
    for _ in range(count):
        service: JsonObject = {"type": "DIDCommMessaging", "serviceEndpoint": {"uri": uri}}
        uri = create_peer2([("keyAgreement", host.agreeing.public)], [service])
    return uri


@pytest.mark.parametrize(("routing_keys", "mediators"), [(16, 0), (4, 0), (0, 4), (2, 2)])
async def test_more_than_three_wraps_are_made_for_nobody(door: Door, routing_keys: int, mediators: int) -> None:
    who = stranger(behind_mediators(mediators, Stranger()), ["#key-2"] * routing_keys)
    before = len(door.takes.got)
    await door.asks_back(who)

    async def tried() -> str | None:
        return next((row.last_error for row in await waiting_messages(door.node, who)), None)

    assert await wait_until("the answer to be tried", tried) == "too many mediators on the way"
    assert len(door.takes.got) == before


@pytest.mark.parametrize(("routing_keys", "mediators"), [(3, 0), (0, 3)])
async def test_three_wraps_are_made_for_anybody(door: Door, routing_keys: int, mediators: int) -> None:
    who = stranger(behind_mediators(mediators, Stranger()), ["#key-2"] * routing_keys)
    before = len(door.takes.got)
    await door.asks_back(who)

    async def came() -> bool:
        return len(door.takes.got) > before

    await wait_until("the answer", came)


# --- who they are, and for whom it is


async def test_a_message_signed_for_somebody_else_and_sealed_again_for_us_does_not_open(door: Door) -> None:
    author = stranger()
    envelope = signed_and_sealed(author, ping(author, "did:web:somebody.example"), door.document)
    status, _, raw = await knock(door.node, envelope)
    nonsense = await knock(door.node, envelope[:-20] + b'AAAAAAAAAAAAAAAAAA"}')
    assert (status, parse_object(raw)["type"].rpartition("/")[2]) == (400, "envelope")
    assert nonsense[0] == 400


async def test_a_message_signed_for_us_opens(door: Door) -> None:
    author = stranger()
    envelope = signed_and_sealed(author, ping(author, door.node.did), door.document)
    status, _, raw = await knock(door.node, envelope)
    assert status == 200
    assert author.opened(raw, door.document).type.endswith("/ping-response")


@pytest.mark.parametrize("type", [None, "https://example.org/unheard-of/1.0/x"])
async def test_who_signs_and_has_no_key_to_be_written_to_gets_no_answer_and_breaks_nothing(
    door: Door, type: str | None
) -> None:
    author, before = stranger(can_be_written_to=False), errors(door.node)
    message = ping(author, door.node.did) if type is None else author.message(door.node.did, type)
    status, _, raw = await knock(door.node, signed_and_sealed(author, message, door.document))
    assert (status, raw) == (202, b"")
    assert errors(door.node) == before


def errors(node: Node) -> list[dict[str, Any]]:
    return [line for line in node.lines() if line["level"] == "error"]


# --- no durable work for them


def sealed_part(document: DidDocument) -> Attachment:
    middle = Message(id="m", type=f"{CONSENTED_RELAY}/middle", to=(document.id,))
    return Attachment(id="sealed", json=parse_object(anonymous(middle, document)))


def carried(who: Stranger, node: Node, document: DidDocument, name: str) -> Message:
    """A `forward` or a `deliver` that has all a right one has."""
    expires = int(node.clock.now().timestamp()) + 3600
    body = {"expires": expires} if name == "forward" else {"kind": "contact"}
    return who.message(node.did, f"{CONSENTED_RELAY}/{name}", body, attachments=(sealed_part(document),))


async def queued_work(node: Node) -> dict[str, int]:
    return {name: count for name, count in (await node.get("/queues")).items() if name.startswith("work")}


@pytest.mark.parametrize("name", ["forward", "deliver"])
async def test_who_is_no_member_makes_no_work_at_exit_or_asker(network: Network, name: str) -> None:
    employer = network.employer
    kind = "relay.check" if name == "forward" else "exchange.delivery"
    who, document = stranger(), await document_of(employer)
    before, failed = await queued_work(employer), events(employer, "work failed", kind=kind)
    message = carried(who, employer, document, name)
    status, _, raw = await knock(employer, who.sealed(message, document))
    report = who.opened(raw, document)
    assert (status, report.body["code"]) == (200, "e.p.trust")
    assert "only a relay of the network may send this" in report.body["args"]
    assert await queued_work(employer) == before
    assert events(employer, "work failed", kind=kind) == failed


async def test_an_enrolled_learner_is_no_relay_either(network: Network) -> None:
    learner = await enrolled(network, network.institution)
    wallet, node = learner.wallet, network.institution
    document = await document_of(node)
    message = replace(carried(Stranger(), node, document, "forward"), sender=learner.mediation_did)
    before = await queued_work(node)
    with wallet.store.step("test.forward") as db:
        envelope = wallet.sharing.packing.to_institution(db, message, document)
    status, _, _ = await knock(node, envelope)
    assert status == 200
    assert events(node, "message refused", id=message.id, code="e.p.trust")
    assert await queued_work(node) == before


async def test_forwards_that_are_held_hold_up_no_other_work(door: Door) -> None:
    who = stranger()
    for _ in range(40):
        status, _ = await door.writes(who, carried(who, door.node, door.document, "forward"))
        assert status == 202
    at, now = time.monotonic(), door.node.clock.now()
    held = [row for row in await work(door.node, "relay.check") if row.state == "waiting" and row.next_at > now]
    assert len(held) > 8, "more than are worked on at once"
    assert all(row.next_at - row.created_at <= timedelta(milliseconds=HOLD_MS) for row in held)
    assert {row.leased_until for row in held} == {None}, "held in the database, not by a worker"
    await door.writes(who, carried(who, door.node, door.document, "deliver"))

    async def done() -> bool:
        return bool(events(door.node, "work failed", kind="exchange.delivery"))

    await wait_until("other work to be done", done)
    assert time.monotonic() - at < 5
