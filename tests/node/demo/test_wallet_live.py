"""Fetching what waits, and, on an open line, what comes."""

import asyncio
import time

import pytest

from node.clock import SystemClock
from node.demo.wallet import Wallet
from node.demo.wallet.errors import Unreachable
from tests.support.wallet_world import BUDGETS, CODE, WRITING, World

SOON_S = 5.0


async def until(look) -> None:
    """Returns when `look` is true; fails after five seconds."""
    ends_at = time.monotonic() + SOON_S
    while not look():
        assert time.monotonic() < ends_at, "it did not come in time"
        await asyncio.sleep(0.01)


async def test_more_mail_than_fits_one_delivery_is_fetched_and_acknowledged(world: World, wallet: Wallet):
    threads = [world.offer(BUDGETS) for _ in range(25)]
    assert (await wallet.sync())["fetched"] == 25
    assert (world.mail, sorted(offer["id"] for offer in wallet.offers())) == ({}, sorted(threads))


async def test_nothing_is_acknowledged_before_it_is_on_disk(world: World, wallet: Wallet):
    world.offer(BUDGETS)

    class Full(OSError):
        pass

    class Points:
        def reached(self, name: str) -> None:
            if name == "pickup.kept:before":
                raise Full

    wallet.store._points = Points()
    with pytest.raises(Full):
        await wallet.sync()
    assert len(world.mail) == 1


async def test_a_wallet_without_a_line_to_its_institution_says_so(world: World, wallet: Wallet):
    world.down = True
    with pytest.raises(Unreachable):
        await wallet.sync()


async def test_what_is_pushed_is_taken_at_once_and_a_lost_line_is_opened_again(served_now: World, tmp_path):
    world = served_now
    async with Wallet.open(tmp_path / "wallet", origins=world.origins, clock=SystemClock()) as wallet:
        await wallet.enrol(world.enrol_link, CODE)
        waited = world.offer(BUDGETS)
        live = asyncio.create_task(wallet.sync(live_s=30, until=lambda: len(wallet.offers()) == 3))
        await until(lambda: world.lines)
        pushed = world.offer(WRITING)
        letter = list(world.mail)[-1]
        await world.push(letter)
        await until(lambda: len(wallet.offers()) == 2 and letter not in world.mail)
        await world.hang_up()
        missed = world.offer(BUDGETS)
        await live
        assert [offer["id"] for offer in wallet.offers()] == [waited, pushed, missed]
        assert sum(1 for kind, _ in world.requests if kind == "WebSocket") >= 2


async def test_a_live_wallet_sends_what_could_not_be_sent_before(served_now: World, tmp_path):
    world = served_now
    async with Wallet.open(tmp_path / "wallet", origins=world.origins, clock=SystemClock()) as wallet:
        await wallet.enrol(world.enrol_link, CODE)
        thread = world.offer(BUDGETS)
        await wallet.sync()
        world.down = True
        await wallet.accept_offer(thread)
        assert world.holders == {}
        world.down = False
        await wallet.sync(live_s=20, until=lambda: bool(world.holders))
        assert list(world.holders) == [thread]
