"""Several replicas on one PostgreSQL: nothing is lost, nothing is done twice, wakes cross over."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel import select

from node.errors import BadInput, StorageError
from node.storage.engine import open_storage, upgrade
from node.storage.repos import inbox, jobs, outbox, work
from node.storage.tables.identity import Setting
from node.storage.unit import Session, Storage, wake
from tests.support.postgres import postgres_server

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_server().database() as database:
        yield database


@pytest_asyncio.fixture
async def replicas(url: str, tmp_path: Path) -> AsyncIterator[list[Storage]]:
    opened = [open_storage(url, data_dir=tmp_path) for _ in range(3)]
    for storage in opened:
        await storage.start()
    yield opened
    for storage in opened:
        await storage.close()


def names(session: Session) -> set[str]:
    return set(session.exec(select(Setting.name)).all())


async def test_increments_of_three_replicas_are_not_lost(replicas: list[Storage]) -> None:
    await replicas[0].run("put", lambda session: session.add(Setting(name="count", value=0)))

    def increment(session: Session) -> None:
        setting = session.get_one(Setting, "count")
        setting.value = setting.value + 1

    await asyncio.gather(*(replicas[number % 3].run("increment", increment) for number in range(200)))
    assert await replicas[0].read(lambda session: session.get_one(Setting, "count").value) == 200


async def test_what_two_replicas_check_and_then_write_happens_once(replicas: list[Storage]) -> None:
    """Write skew: neither changes a row that the other reads."""

    def once(who: str, session: Session) -> bool:
        if names(session):
            return False
        session.add(Setting(name=who))
        return True

    done = await asyncio.gather(*(storage.run("once", partial(once, str(n))) for n, storage in enumerate(replicas)))
    assert sorted(done) == [False, False, True]


async def test_50_concurrent_replays_on_three_replicas_are_accepted_once(replicas: list[Storage]) -> None:
    body = partial(inbox.remember, digest="digest", now=NOW, expires_at=NOW + MINUTE)
    accepted = await asyncio.gather(*(replicas[number % 3].run("inbox", body) for number in range(50)))
    assert accepted.count(True) == 1


async def test_replicas_share_work_and_destinations_without_overlap(replicas: list[Storage]) -> None:
    def fill(session: Session) -> None:
        for number in range(60):
            id = f"{number:02}"
            work.enqueue(session, id=id, kind="x", key=None, payload={}, next_at=NOW, now=NOW)
            outbox.enqueue(
                session,
                id=id,
                destination=f"d{number % 20}",
                message_id=id,
                sealed=b"",
                now=NOW,
                expires_at=NOW + MINUTE,
            )

    await replicas[0].run("fill", fill)
    for claim, expected in ((work.claim, 60), (outbox.claim, 20)):
        body = partial(claim, now=NOW, lease=MINUTE, limit=6)
        claims = await asyncio.gather(*(replicas[number % 3].run("claim", body) for number in range(15)))
        claimed = [row.id for rows in claims for row in rows]
        assert len(claimed) == len(set(claimed)) == expected


async def test_one_replica_gets_the_lease_of_a_job(replicas: list[Storage]) -> None:
    fences = await asyncio.gather(
        *(
            r.run("take", partial(jobs.take, name="j", owner=str(n), now=NOW, lease=MINUTE))
            for n, r in enumerate(replicas)
        )
    )
    assert [fence for fence in fences if fence is not None] == [1]


async def test_a_wake_reaches_listeners_on_other_replicas(replicas: list[Storage]) -> None:
    ears = [storage.listen("mailbox:did:peer:4x") for storage in replicas]
    deaf = replicas[1].listen("mailbox:did:peer:4y")
    await replicas[0].run("deposit", lambda session: wake(session, "mailbox:did:peer:4x"))
    assert [await ear.wait(2) for ear in ears] == [True, True, True]
    assert not await deaf.wait(0.05)


async def test_more_wakes_than_a_notification_holds_wake_everybody(replicas: list[Storage]) -> None:
    ear = replicas[1].listen("channel-7")

    def many(session: Session) -> None:
        for number in range(1000):
            wake(session, f"channel-{number}")

    await replicas[0].run("many", many)
    assert await ear.wait(2)


async def test_a_lost_connection_fails_what_was_on_it_and_nothing_later(replicas: list[Storage]) -> None:
    ear = replicas[0].listen("outbox")
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    await replicas[1].run("cut", lambda session: session.connection().execute(others).all())
    await replicas[0].run("put", lambda session: session.add(Setting(name="after")))
    assert await replicas[2].read(names) == {"after"}

    async def heard() -> bool:
        await replicas[1].run("wake", lambda session: wake(session, "outbox"))
        return await ear.wait(0.2)

    for _ in range(40):
        if await heard():
            break
    else:
        pytest.fail("the listener did not come back")


async def test_a_value_that_cannot_be_stored_is_bad_input(replicas: list[Storage]) -> None:
    with pytest.raises(BadInput):
        await replicas[0].run("put", lambda session: session.add(Setting(name="nul \0")))


async def test_a_database_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    url = f"postgresql+asyncpg://nobody@/nothing?host={tmp_path}"
    with pytest.raises(StorageError):
        await open_storage(url, data_dir=tmp_path).start()
    with pytest.raises(StorageError):
        await upgrade(url, data_dir=tmp_path)


def test_replicas_that_start_together_upgrade_once(tmp_path: Path) -> None:
    async def together(url: str) -> None:
        await asyncio.gather(*(upgrade(url, data_dir=tmp_path) for _ in range(3)))
        storage = open_storage(url, data_dir=tmp_path)
        await storage.start()
        await storage.close()

    with postgres_server().database(empty=True) as url:
        asyncio.run(together(url))


WRITER = """
import asyncio, sys
from pathlib import Path
from node.storage.engine import open_storage
from node.storage.tables.identity import Setting

async def main():
    storage = open_storage(sys.argv[1], data_dir=Path("."))
    await storage.start()

    async def write(lane):
        for number in range(100_000):
            name = f"{lane}-{number}"
            await storage.run("put", lambda session: session.add(Setting(name=name)))
            print(name, flush=True)

    await asyncio.gather(*(write(lane) for lane in range(8)))

asyncio.run(main())
"""


async def test_kill_9_of_a_replica_loses_nothing_that_was_acknowledged(url: str, replicas: list[Storage]) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, url, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    acknowledged = {(await process.stdout.readline()).decode().strip() for _ in range(200)}
    os.kill(process.pid, signal.SIGKILL)
    rest = (await process.stdout.read()).decode()
    acknowledged |= {line.strip() for line in rest.splitlines(keepends=True) if line.endswith("\n")}
    assert await process.wait() == -signal.SIGKILL
    assert len(acknowledged) >= 200
    assert acknowledged - await replicas[0].read(names) == set()
