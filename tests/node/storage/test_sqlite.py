"""What holds on SQLite only: durability settings, a full disk, another process with the write lock, kill -9."""

import asyncio
import os
import signal
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from node.errors import Contended, Full
from node.storage import sqlite
from node.storage.engine import DEFAULT_URL, upgrade
from node.storage.tables.identity import Setting
from node.storage.unit import Session
from tests.support.storage import FILE, storage_in


def pragma(session: Session, text: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {text}").scalar()


def put(name: str, size: int = 0):
    def body(session: Session) -> None:
        session.add(Setting(name=name, value="x" * size))

    return body


def names(session: Session) -> set[str]:
    return set(session.exec(select(Setting.name)).all())


async def test_a_commit_is_synced_and_foreign_keys_hold(tmp_path: Path) -> None:
    storage = storage_in(tmp_path)
    await storage.start()
    found = await storage.run("look", lambda s: [pragma(s, n) for n in ("journal_mode", "synchronous", "foreign_keys")])
    await storage.close()
    assert found == ["wal", 2, 1]


async def test_the_database_is_readable_by_its_user_only(tmp_path: Path) -> None:
    await upgrade(DEFAULT_URL, data_dir=tmp_path / "own")
    files = list((tmp_path / "own").iterdir())
    assert FILE in {file.name for file in files}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_a_full_disk_refuses_what_does_not_fit_and_nothing_else(tmp_path: Path) -> None:
    storage = storage_in(tmp_path)
    await storage.start()
    await storage.run("put", put("before"))

    def limit(session: Session) -> None:
        pragma(session, f"max_page_count = {int(str(pragma(session, 'page_count'))) + 20}")

    await storage.run("limit", limit)
    runs = [storage.run("put", put(f"small {number}")) for number in range(8)]
    runs.insert(4, storage.run("put", put("big", 1_000_000)))
    outcomes = await asyncio.gather(*runs, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Full]
    assert await storage.read(names) == {"before", *(f"small {number}" for number in range(8))}

    await storage.run("remove", lambda session: session.delete(session.get_one(Setting, "before")))
    await storage.run("more room", lambda session: pragma(session, "max_page_count = 1000000"))
    await storage.run("put", put("big", 1_000_000))
    assert "big" in await storage.read(names)
    await storage.close()


async def test_another_process_that_keeps_the_write_lock_is_contention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "WRITER_PRAGMAS", (*sqlite.WRITER_PRAGMAS, "busy_timeout = 50"))
    storage = storage_in(tmp_path)
    await storage.start()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Contended) as refused:
        await storage.run("put", put("held up"))
    assert (refused.value.retryable, refused.value.status) == (True, 503)
    assert await storage.read(names) == set()

    other.execute("ROLLBACK")
    other.close()
    await storage.run("put", put("held up"))
    assert await storage.read(names) == {"held up"}
    await storage.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from node.storage.engine import DEFAULT_URL, open_storage
from node.storage.tables.identity import Setting

async def main():
    storage = open_storage(DEFAULT_URL, data_dir=Path(sys.argv[1]))
    await storage.start()

    async def write(lane):
        for number in range(100_000):
            name = f"{lane}-{number}"
            await storage.run("put", lambda session: session.add(Setting(name=name)))
            print(name, flush=True)

    await asyncio.gather(*(write(lane) for lane in range(8)))

asyncio.run(main())
"""


async def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    storage_in(tmp_path)
    acknowledged: set[str] = set()
    for life in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WRITER.replace("{lane}-", f"{life}-{{lane}}-"),
            str(tmp_path),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        for _ in range(150 + 37 * life):
            acknowledged.add((await process.stdout.readline()).decode().strip())
        os.kill(process.pid, signal.SIGKILL)
        rest = (await process.stdout.read()).decode()
        acknowledged.update(line.strip() for line in rest.splitlines(keepends=True) if line.endswith("\n"))
        assert await process.wait() == -signal.SIGKILL

    storage = storage_in(tmp_path)
    await storage.start()
    kept = await storage.read(names)
    sound = await storage.read(lambda session: pragma(session, "integrity_check"))
    await storage.close()
    assert len(acknowledged) > 600
    assert (acknowledged - kept, sound) == (set(), "ok")
