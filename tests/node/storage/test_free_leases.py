"""What a process that is gone still held, given back when the next one starts alone on the database."""

from datetime import datetime, timedelta
from functools import partial

from node.storage.repos import jobs, outbox, work
from node.storage.repos.queues import free_leases
from node.storage.unit import Storage

LEASE = timedelta(minutes=5)


async def test_everything_that_was_held_can_be_had_at_once(storage: Storage, now: datetime) -> None:
    item = partial(work.enqueue, id="w", kind="verify", key=None, payload={}, next_at=now, now=now)
    letter = partial(
        outbox.enqueue,
        id="m",
        destination="did:web:there.example",
        message_id="1",
        sealed=b"sealed",
        now=now,
        expires_at=now + timedelta(days=7),
    )
    await storage.run("work", item)
    await storage.run("outbox", letter)
    claims = (
        partial(work.claim, now=now, lease=LEASE, limit=9),
        partial(outbox.claim, now=now, lease=LEASE, limit=9),
        partial(jobs.take, name="status.sync", owner="gone", now=now, lease=LEASE),
    )
    first = [await storage.run("claim", claim) for claim in claims]
    assert [bool(claimed) for claimed in first] == [True, True, True]
    assert [bool(await storage.run("claim", claim)) for claim in claims] == [False, False, False]

    await storage.run("free", free_leases)
    items, letters, fence = [await storage.run("claim", claim) for claim in claims]
    assert [(found.id, found.attempts) for found in items] == [("w", 1)], "perhaps it took the process along"
    assert [(found.id, found.attempts) for found in letters] == [("m", 0)]
    assert fence > first[2], "whoever held it is late from now on"


async def test_what_nobody_held_stays_as_it_was(storage: Storage, now: datetime) -> None:
    await storage.run("work", partial(work.enqueue, id="w", kind="k", key=None, payload={}, next_at=now, now=now))
    await storage.run("free", free_leases)
    found = await storage.run("claim", partial(work.claim, now=now, lease=LEASE, limit=9))
    assert [(item.id, item.attempts) for item in found] == [("w", 0)]
