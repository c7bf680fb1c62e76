"""A thousand members are synced beside one another: who hangs delays nobody, and the anchor is asked at its pace."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from node.errors import OverBudget
from node.log import create_log
from node.services import federation_sync as module
from node.services.federation_sync import FederationSync
from node.services.web import side_by_side
from node.storage.repos import federation as rows
from node.storage.unit import Session, Storage
from tests.support.crowd import Crowd
from tests.support.nodes import wait_until
from tests.support.trust_network import EMPLOYER, Internet, running

MEMBERS = 1_000
HEALTHY_WITHIN_S = 60.0


@pytest_asyncio.fixture
async def sync(tmp_path: Path) -> AsyncIterator[FederationSync]:
    internet = Internet()
    async with running(internet, tmp_path, EMPLOYER) as (node,):
        yield node.federation_sync


def of(sync: FederationSync, crowd: Crowd) -> FederationSync:
    """The same node in the network of `crowd`."""
    log = create_log("error", "json", io.StringIO())
    anchor = replace(sync.anchor, web=crowd, clock=crowd.clock, log=log)
    publications = replace(sync.publications, web=crowd, clock=crowd.clock, log=log)
    return replace(sync, anchor=anchor, publications=publications, clock=crowd.clock, log=log)


async def seen(storage: Storage) -> tuple[int, int]:
    """(whose publications were believed, who failed)"""

    def body(session: Session) -> tuple[int, int]:
        peers = rows.peers(session)
        return sum(row.did_document is not None for row in peers), sum(row.failures > 0 for row in peers)

    return await storage.read(body)


async def test_of_a_thousand_members_one_in_ten_that_hangs_delays_no_other(
    sync: FederationSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PEER_S", HEALTHY_WITHIN_S + 5)
    crowd = Crowd(MEMBERS)
    crowd.hung = set(crowd.members[::10])
    sync = of(sync, crowd)
    await sync.storage.run("test.joined", crowd.joined)
    running = asyncio.create_task(sync.run())

    async def all_healthy() -> bool | None:
        assert not running.done() or running.exception() is None
        return True if (await seen(sync.storage))[0] == MEMBERS - len(crowd.hung) else None

    await wait_until("every healthy member", all_healthy, deadline_s=HEALTHY_WITHIN_S, every_s=0.5)
    assert (await seen(sync.storage))[1] == 0, "before the first that hangs was given up"
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_next_round_takes_first_who_answered_before(sync: FederationSync) -> None:
    crowd = Crowd(20)
    sync = of(sync, crowd)
    await sync.storage.run("test.joined", crowd.joined)
    asked: list[str] = []

    def late(session: Session) -> None:
        for number, row in enumerate(rows.peers(session)):
            row.failures, row.next_at = number % 2, crowd.clock.now()
            rows.keep(session, row)

    await sync.run()
    await sync.storage.run("test.late", late)
    real = crowd.get

    async def noting(url: str, **options) -> object:
        if url.endswith("did.json"):
            asked.append(url)
        return await real(url, **options)

    crowd.get = noting  # pyright: ignore[reportAttributeAccessIssue]
    failures = {row.entity_id: row.failures for row in await sync.storage.read(rows.peers)}
    await sync.run()
    turns = [failures[url.removesuffix("/.well-known/did.json")] for url in asked]
    assert len(turns) == 20
    assert turns == sorted(turns)


async def test_over_the_anchors_budget_statements_come_later_and_all_of_them(sync: FederationSync) -> None:
    crowd = Crowd(30)
    crowd.refusals = [OverBudget("too often") for _ in range(20)]
    sync = of(sync, crowd)
    await sync.storage.run("test.joined", crowd.joined)
    await sync.run()
    assert await seen(sync.storage) == (30, 0)
    assert [row.error for row in await sync.storage.read(rows.peers)] == [None] * 31


async def test_no_transaction_holds_the_writer_for_the_whole_network(
    sync: FederationSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_AT_ONCE", 7)
    crowd = Crowd(30)
    sync = of(sync, crowd)
    await sync.storage.run("test.joined", crowd.joined)
    real = FederationSync._keep_statement
    within: list[Session] = []

    def counting(self: FederationSync, session: Session, *rest) -> bool:
        within.append(session)
        return real(self, session, *rest)

    monkeypatch.setattr(FederationSync, "_keep_statement", counting)
    await sync.run()
    runs = Counter(map(id, within)).values()  # they are kept, so no id is used again
    assert (sum(runs), max(runs)) == (31, 7)


async def test_slow_ones_give_their_place_to_others_and_only_so_many_are_slow_at_once() -> None:
    under_way, most, ended = 0, 0, list[int]()
    let_go = asyncio.Event()

    async def call(number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if number < 8:
            await let_go.wait()
        under_way -= 1
        ended.append(number)

    group = asyncio.create_task(side_by_side(range(50), call, quick=2, slow=7, slow_after_s=0.01))
    await asyncio.sleep(0.5)
    assert ended == list(range(8, 50)), "seven are beside, the eighth keeps one of two places"
    let_go.set()
    await group
    assert (sorted(ended), most <= 9) == (list(range(50)), True)


async def test_a_fault_in_one_call_ends_all_and_is_raised() -> None:
    async def call(number: int) -> None:
        if number == 3:
            raise ZeroDivisionError
        await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup):
        async with asyncio.timeout(5):
            await side_by_side(range(5), call, quick=2, slow=8, slow_after_s=0.01)
