"""Lines on which mail is pushed: for those whose mailbox it is, few on one line, and ended where pushing breaks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from node.storage.repos import mailbox
from node.storage.unit import Session
from protocols.didcomm.message import Message
from tests.support.attackers import signed_and_sealed, stranger
from tests.support.door import Door, door_in
from tests.support.fixtures import SHARED_LOOP
from tests.support.nodes import Node, wait_until
from tests.support.strangers import Stranger

pytestmark = SHARED_LOOP

LIVE = "https://didcomm.org/messagepickup/3.0/live-delivery-change"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with door_in(tmp_path_factory.mktemp("door")) as made:
        yield made


def pushing() -> int:
    """How many tasks push mail on lines, in this process."""
    return sum("push_new" in str(task.get_coro()) for task in asyncio.all_tasks())


def live(who: Stranger, node: Node) -> Message:
    return who.message(node.did, LIVE, {"live_delivery": True})


def opens_mailbox(session: Session, *, did: str, node: Node) -> None:
    mailbox.grant(session, recipient=did, owner=did, now=node.clock.now())


async def test_who_has_no_mailbox_gets_no_live_line_and_starts_nothing(door: Door) -> None:
    before = pushing()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{door.node.url}/didcomm/ws") as line:
        for _ in range(20):
            who = stranger()
            await line.send_bytes(who.sealed(live(who, door.node), door.document))
            answer = who.opened((await line.receive(10)).data, door.document)
            assert answer.body["code"] == "e.m.live-mode-not-supported"
        assert pushing() == before


async def test_one_line_pushes_for_four_mailboxes_and_no_more(door: Door) -> None:
    before = pushing()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{door.node.url}/didcomm/ws") as line:
        for number in range(6):
            who = stranger()
            await door.node.write(partial(opens_mailbox, did=who.did, node=door.node))
            await line.send_bytes(who.sealed(live(who, door.node), door.document))
            assert who.opened((await line.receive(10)).data, door.document).name == "status"
            assert pushing() == before + min(number + 1, 4)

    async def ended() -> bool:
        return pushing() == before

    await wait_until("pushing to end with the line", ended)


async def test_a_push_that_breaks_closes_the_line(door: Door) -> None:
    """Somebody whose mail cannot be sealed for them: they signed, and have no key to be written to."""
    who = stranger(can_be_written_to=False)
    await door.node.write(partial(opens_mailbox, did=who.did, node=door.node))
    before = pushing()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{door.node.url}/didcomm/ws") as line:
        await line.send_bytes(signed_and_sealed(who, live(who, door.node), door.document))

        async def is_live() -> bool:
            return pushing() == before + 1

        await wait_until("the line to be live", is_live)

        def mail(session: Session) -> None:
            node, now = door.node, door.node.clock.now()
            box: Any = node.services.parts.mailbox
            assert box.deposit(session, who.did, b'{"ciphertext":"x"}', now=now, expires_at=now + timedelta(hours=1))

        await door.node.write(mail)
        frame = await line.receive(10)
        assert frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
    assert pushing() == before
