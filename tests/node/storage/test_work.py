"""Work rows and job leases, on both databases."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest

from node.errors import Conflict
from node.storage.repos import jobs, work
from node.storage.tables.identity import Setting
from node.storage.unit import Session, Storage, WorkItem

LEASE = timedelta(seconds=90)


async def add(storage: Storage, id: str, now: datetime, key: str | None = None) -> bool:
    body = partial(work.enqueue, id=id, kind="verify", key=key, payload={"id": id}, next_at=now, now=now)
    return await storage.run("add", body)


async def claim(storage: Storage, now: datetime, limit: int = 10) -> list[WorkItem]:
    return await storage.run("claim", partial(work.claim, now=now, lease=LEASE, limit=limit))


async def test_the_same_key_is_the_same_work_until_it_is_done(storage: Storage, now: datetime) -> None:
    added = [await add(storage, "1", now, "k"), await add(storage, "2", now, "k"), await add(storage, "3", now)]
    assert added == [True, False, True]
    await storage.run("done", partial(work.done, id="1"))
    assert await add(storage, "4", now, "k")


async def test_every_item_is_claimed_by_one_worker(storage: Storage, now: datetime) -> None:
    for number in range(40):
        await add(storage, f"{number:02}", now)
    claims = await asyncio.gather(*(claim(storage, now, limit=7) for _ in range(8)))
    assert sorted(item.id for items in claims for item in items) == [f"{number:02}" for number in range(40)]


async def test_a_lease_that_ran_out_gives_the_item_back_with_one_attempt_more(storage: Storage, now: datetime) -> None:
    await add(storage, "1", now)
    first = await claim(storage, now)
    assert await claim(storage, now + LEASE / 2) == []
    second = await claim(storage, now + LEASE)
    assert [(item.id, item.attempts, item.payload) for item in (*first, *second)] == [
        ("1", 0, {"id": "1"}),
        ("1", 1, {"id": "1"}),
    ]


async def test_an_outcome_is_kept_once_though_two_workers_had_the_item(storage: Storage, now: datetime) -> None:
    await add(storage, "1", now)

    def outcome(worker: str, session: Session) -> None:
        session.add(Setting(name=worker))
        work.done(session, "1")

    await storage.run("first", partial(outcome, "first"))
    with pytest.raises(Conflict):
        await storage.run("second", partial(outcome, "second"))
    assert await storage.read(lambda session: session.get(Setting, "second")) is None


async def test_failed_work_waits_longer_each_time_and_is_given_up_after_a_week(storage: Storage, now: datetime) -> None:
    await add(storage, "1", now)
    at, waits = now, []
    for _ in range(40):
        if not await claim(storage, at):
            break
        body = partial(work.failed, id="1", now=at, jitter=0.5, error="peer is away", permanent=False)
        await storage.run("failed", body)
        item = await storage.read(lambda session: session.get_one(WorkItem, "1"))
        waits.append((item.next_at - at).total_seconds())
        at = item.next_at
    assert waits[:7] == [5, 30, 120, 600, 3600, 21600, 21600]
    dead = await storage.read(lambda session: work.dead_items(session, limit=5))
    assert [(item.id, item.state, item.last_error) for item in dead] == [("1", "dead", "peer is away")]
    assert at >= now + timedelta(days=7)

    assert await storage.run("retry", partial(work.retry, id="1", now=at))
    assert [item.id for item in await claim(storage, at)] == ["1"]


async def test_a_permanent_failure_is_not_tried_again(storage: Storage, now: datetime) -> None:
    await add(storage, "1", now)
    await claim(storage, now)
    await storage.run("failed", partial(work.failed, id="1", now=now, jitter=0, error="malformed", permanent=True))
    assert await claim(storage, now + timedelta(days=30)) == []


async def test_a_job_is_leased_to_one_replica_and_its_fence_rises(storage: Storage, now: datetime) -> None:
    def take(owner: str, at: datetime):
        return storage.run("take", partial(jobs.take, name="sync", owner=owner, now=at, lease=LEASE))

    fences = await asyncio.gather(*(take(owner, now) for owner in "abc"))
    assert sorted(fences, key=str) == [1, None, None]
    assert not await storage.read(partial(jobs.is_due, name="sync", now=now))
    assert await take("b", now + LEASE) == 2


async def test_a_replica_that_slept_through_its_lease_cannot_end_another_ones(storage: Storage, now: datetime) -> None:
    late = await storage.run("take", partial(jobs.take, name="sync", owner="a", now=now, lease=LEASE))
    fence = await storage.run("take", partial(jobs.take, name="sync", owner="b", now=now + LEASE, lease=LEASE))
    assert late is not None
    assert fence is not None
    assert not await storage.run("back", partial(jobs.give_back, name="sync", fence=late, now=now, next_at=now))
    next_at = now + timedelta(hours=1)
    assert await storage.run("back", partial(jobs.give_back, name="sync", fence=fence, now=now, next_at=next_at))
    due = [await storage.read(partial(jobs.is_due, name="sync", now=t)) for t in (now, next_at)]
    assert due == [False, True]


async def test_jobs_of_replicas_that_are_gone_are_forgotten(storage: Storage, now: datetime) -> None:
    for name, at in (("gone", now - timedelta(days=3)), ("here", now)):
        await storage.run("take", partial(jobs.take, name=name, owner=name, now=at, lease=LEASE))
    assert await storage.run("forget", partial(jobs.forget_unused, before=now - timedelta(days=1))) == 1
    assert await storage.read(partial(jobs.is_due, name="here", now=now)) is False
