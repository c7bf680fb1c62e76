"""The outbox rows, on both databases: one in flight a destination, leases, back-off, dead letters."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from node.storage.repos import outbox
from node.storage.tables.messages import OutboxDestination
from node.storage.unit import OutboxMessage, Session, Storage

LEASE = timedelta(seconds=60)
DAY = timedelta(days=1)


async def enqueue(storage: Storage, id: str, destination: str, now: datetime, **options) -> None:
    values = {"message_id": f"m-{id}", "sealed": b"sealed", "now": now, "expires_at": now + 7 * DAY, **options}
    await storage.run("enqueue", partial(outbox.enqueue, id=id, destination=destination, **values))


async def claim(storage: Storage, now: datetime, limit: int = 10) -> list[str]:
    rows = await storage.run("claim", partial(outbox.claim, now=now, lease=LEASE, limit=limit))
    return [row.id for row in rows]


async def delivered(storage: Storage, id: str) -> None:
    await storage.run("delivered", partial(outbox.delivered, id=id))


async def failed(storage: Storage, id: str, now: datetime, *, permanent: bool = False, jitter: float = 0.5) -> None:
    body = partial(outbox.failed, id=id, now=now, jitter=jitter, error="peer is away", permanent=permanent)
    await storage.run("failed", body)


async def row(storage: Storage, id: str) -> OutboxMessage | None:
    return await storage.read(lambda session: session.get(OutboxMessage, id))


async def test_one_message_a_destination_is_in_flight_in_the_order_they_came(storage: Storage, now: datetime) -> None:
    for id, destination in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "a")):
        await enqueue(storage, id, destination, now)
    assert await claim(storage, now) == ["1", "3"]
    assert await claim(storage, now) == []
    await delivered(storage, "1")
    assert await claim(storage, now) == ["2"]
    await delivered(storage, "2")
    await delivered(storage, "3")
    assert await claim(storage, now) == ["4"]


async def test_workers_that_claim_at_the_same_time_get_different_messages(storage: Storage, now: datetime) -> None:
    for number in range(30):
        await enqueue(storage, f"{number:02}", f"did:{number % 12}", now)
    claims = await asyncio.gather(*(claim(storage, now, limit=5) for _ in range(6)))
    assert sorted(id for ids in claims for id in ids) == [f"{number:02}" for number in range(12)]


async def test_a_lease_that_ran_out_gives_the_message_back(storage: Storage, now: datetime) -> None:
    await enqueue(storage, "1", "a", now)
    assert await claim(storage, now) == ["1"]
    assert await claim(storage, now + LEASE - timedelta(seconds=1)) == []
    assert await claim(storage, now + LEASE) == ["1"]


async def test_a_worker_that_was_too_slow_does_not_free_the_lease_of_another(storage: Storage, now: datetime) -> None:
    for id in ("1", "2", "3"):
        await enqueue(storage, id, "a", now)
    assert await claim(storage, now) == ["1"]  # by a worker that hangs
    later = now + LEASE
    assert await claim(storage, later) == ["1"]
    await failed(storage, "1", later)
    at = later + timedelta(seconds=5)
    assert await claim(storage, at) == ["2"]
    await delivered(storage, "1")  # the first worker, at last
    assert await claim(storage, at) == []


async def test_what_was_delivered_leaves_no_trace_of_whom_it_went_to(storage: Storage, now: datetime) -> None:
    await enqueue(storage, "1", "a", now)
    await claim(storage, now)
    await delivered(storage, "1")
    await delivered(storage, "1")
    assert await row(storage, "1") is None
    assert await storage.read(lambda session: session.get(OutboxDestination, "a")) is None


async def test_a_failure_backs_off_the_whole_destination_further_each_time(storage: Storage, now: datetime) -> None:
    for id in ("1", "2", "3"):
        await enqueue(storage, id, "a", now)
    waits, at = [], now
    for _ in range(8):
        (id,) = await claim(storage, at)
        await failed(storage, id, at)
        assert await claim(storage, at) == []
        place = await storage.read(lambda session: session.get_one(OutboxDestination, "a"))
        waits.append((place.next_at - at).total_seconds())
        at = place.next_at
    assert waits == [5, 30, 120, 600, 3600, 21600, 21600, 21600]


async def test_a_peer_that_was_away_for_a_day_was_tried_at_most_12_times(storage: Storage, now: datetime) -> None:
    for id in ("1", "2", "3"):
        await enqueue(storage, id, "a", now)
    tries, at = 0, now
    while at < now + DAY:
        ids = await claim(storage, at)
        tries += len(ids)
        for id in ids:
            await failed(storage, id, at, jitter=0.0)
        at += timedelta(seconds=5) if at < now + timedelta(minutes=15) else timedelta(minutes=15)
    assert 6 <= tries <= 12
    await claim(storage, at + timedelta(hours=6))


async def test_one_message_that_is_always_refused_does_not_hold_up_the_others(storage: Storage, now: datetime) -> None:
    for id in ("1", "2", "3"):
        await enqueue(storage, id, "a", now)
    assert await claim(storage, now) == ["1"]
    await failed(storage, "1", now)
    at = now + timedelta(seconds=5)
    assert await claim(storage, at) == ["2"]
    await delivered(storage, "2")
    assert await claim(storage, at) == ["3"]
    await delivered(storage, "3")
    assert await claim(storage, at) == ["1"]


async def test_a_permanent_failure_is_a_dead_letter_and_frees_the_destination(storage: Storage, now: datetime) -> None:
    await enqueue(storage, "1", "a", now)
    await enqueue(storage, "2", "a", now)
    await claim(storage, now)
    await failed(storage, "1", now, permanent=True)
    assert await claim(storage, now) == ["2"]
    dead = await storage.read(lambda session: outbox.dead_letters(session, limit=10))
    assert [(letter.id, letter.state, letter.attempts, letter.last_error) for letter in dead] == [
        ("1", "dead", 1, "peer is away")
    ]


async def test_what_cannot_be_tried_again_in_time_is_a_dead_letter_and_can_be_sent_anew(
    storage: Storage, now: datetime
) -> None:
    await enqueue(storage, "1", "a", now, expires_at=now + timedelta(seconds=5))
    await enqueue(storage, "2", "b", now, expires_at=now + timedelta(seconds=3), not_before=now + DAY)
    await claim(storage, now)
    await failed(storage, "1", now)
    assert await claim(storage, now + timedelta(seconds=4)) == []
    dead = await storage.read(lambda session: outbox.dead_letters(session, limit=10))
    assert [(letter.id, letter.last_error) for letter in dead] == [
        ("2", "expired before it could be delivered"),
        ("1", "peer is away"),
    ]

    assert await storage.run("resend", partial(outbox.resend, id="1", now=now, expires_at=now + DAY))
    assert await claim(storage, now) == ["1"]
    assert not await storage.run("resend", partial(outbox.resend, id="1", now=now, expires_at=now + DAY))


async def test_a_message_can_be_held_back_until_a_time(storage: Storage, now: datetime) -> None:
    await enqueue(storage, "1", "a", now, not_before=now + timedelta(seconds=1))
    assert await claim(storage, now) == []
    assert await claim(storage, now + timedelta(seconds=1)) == ["1"]


async def test_old_dead_letters_go_with_the_destinations_that_nothing_waits_for(
    storage: Storage, now: datetime
) -> None:
    await enqueue(storage, "1", "a", now)
    await enqueue(storage, "2", "b", now)
    await failed(storage, "1", now, permanent=True)
    removed = [
        await storage.run("remove", lambda s, t=t: outbox.remove_dead(s, before=t)) for t in (now, now + 8 * DAY)
    ]

    def left(session: Session) -> tuple[bool, bool]:
        return session.get(OutboxDestination, "a") is None, session.get(OutboxDestination, "b") is None

    assert (removed, await storage.read(left)) == ([0, 1], (True, False))


async def test_the_worker_is_woken_by_a_message_and_by_the_place_it_leaves(storage: Storage, now: datetime) -> None:
    ear = storage.listen("outbox")
    await enqueue(storage, "1", "a", now)
    await enqueue(storage, "2", "a", now)
    assert await ear.wait(2)
    await claim(storage, now)
    assert not await ear.wait(0.05)
    await delivered(storage, "1")
    assert await ear.wait(2)
