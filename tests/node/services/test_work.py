"""Durable work: gathered outside a transaction, its outcome and the row's end in one."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from node.clock import SystemClock
from node.errors import Unreachable
from node.log import create_log
from node.services.work import Outcome, WorkList, WorkRunner
from node.storage.repos import known_dids
from node.storage.repos import work as rows
from node.storage.unit import Session, Storage
from protocols.errors import MalformedMessage
from tests.support.storage import storage_in

CLOCK = SystemClock()


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = storage_in(tmp_path)
    await storage.start()
    yield storage
    await storage.close()


async def _noted(payload) -> Outcome:
    """Work whose outcome can be seen: it learns a DID."""

    def body(session: Session) -> None:
        known_dids.learn(session, payload["did"], long_form="long", now=CLOCK.now())

    return body


async def _malformed(payload) -> Outcome:
    raise MalformedMessage("nothing to be done with this")


async def _later(payload) -> Outcome:
    raise Unreachable("nobody there")


async def _breaks(payload) -> Outcome:
    raise KeyError("a fault of ours")


PERFORMERS = {"noted": _noted, "malformed": _malformed, "later": _later, "breaks": _breaks}


async def _run(storage: Storage, *items: tuple[str, dict], until) -> str:
    log = io.StringIO()
    runner = WorkRunner(storage, PERFORMERS, CLOCK, create_log("info", "json", log))

    def body(session: Session) -> None:
        for kind, payload in items:
            WorkList().add(session, kind, payload, now=CLOCK.now(), key=payload.get("key"))

    task = asyncio.create_task(runner.run())
    await storage.run("test.add", body)
    async with asyncio.timeout(10):
        while not await storage.read(until):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return log.getvalue()


def _states(session: Session) -> dict[str, tuple[str, int]]:
    """What is left on the list: kind -> (state, attempts)."""
    left = [*rows.dead_items(session, limit=50), *session.exec(rows.select(rows.WorkItem)).all()]
    return {row.kind: (row.state, row.attempts) for row in left}


async def test_work_that_is_done_leaves_its_outcome_and_no_row(storage: Storage) -> None:
    await _run(
        storage,
        ("noted", {"did": "did:peer:4a"}),
        until=lambda session: known_dids.find(session, "did:peer:4a") is not None and not _states(session),
    )


async def test_an_item_that_breaks_holds_up_no_other_and_is_tried_again(storage: Storage) -> None:
    log = await _run(
        storage,
        ("breaks", {}),
        ("malformed", {}),
        ("later", {}),
        ("noted", {"did": "did:peer:4b"}),
        until=lambda session: (
            known_dids.find(session, "did:peer:4b") is not None
            and _states(session) == {"breaks": ("waiting", 1), "malformed": ("dead", 1), "later": ("waiting", 1)}
        ),
    )
    assert "work broke" in log
    assert "a fault of ours" not in log


async def test_work_of_one_key_is_the_same_work(storage: Storage) -> None:
    def body(session: Session) -> int:
        for _ in range(3):
            WorkList().add(session, "noted", {"did": "did:peer:4c"}, now=CLOCK.now(), key="once")
        return len(session.exec(rows.select(rows.WorkItem)).all())

    assert await storage.run("test.add", body) == 1
