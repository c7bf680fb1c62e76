"""What a unit of work promises, on both databases."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlmodel import select

from node.errors import Conflict, StorageError
from node.storage.engine import open_storage
from node.storage.tables.identity import Setting
from node.storage.unit import Session, Storage, wake


def put(name: str, value: object = None):
    def body(session: Session) -> None:
        session.add(Setting(name=name, value=value))

    return body


def names(session: Session) -> set[str]:
    return set(session.exec(select(Setting.name)).all())


async def test_what_run_returned_can_be_read(storage: Storage) -> None:
    await storage.run("setting.put", put("colour", {"tags": ["red", None]}))
    assert await storage.read(lambda session: session.get_one(Setting, "colour").value) == {"tags": ["red", None]}


async def test_a_failing_body_disturbs_no_other_of_its_batch(storage: Storage) -> None:
    def failing(session: Session) -> None:
        session.add(Setting(name="never"))
        session.flush()
        raise LookupError("mine alone")

    runs = [storage.run("good", put(f"good {number}")) for number in range(20)]
    runs.insert(10, storage.run("bad", failing))
    outcomes = await asyncio.gather(*runs, return_exceptions=True)

    assert [repr(outcome) for outcome in outcomes if outcome is not None] == ["LookupError('mine alone')"]
    assert await storage.read(names) == {f"good {number}" for number in range(20)}


async def test_a_value_that_must_be_unique_and_is_not_is_a_conflict_of_that_body_alone(storage: Storage) -> None:
    first, second, other = await asyncio.gather(
        *(storage.run("put", put(name)) for name in ("a", "a", "b")), return_exceptions=True
    )
    assert (first, type(second), other) == (None, Conflict, None)
    assert await storage.read(names) == {"a", "b"}


async def test_200_concurrent_increments_are_not_lost(storage: Storage) -> None:
    await storage.run("put", put("count", 0))

    def increment(session: Session) -> None:
        setting = session.get_one(Setting, "count")
        setting.value = setting.value + 1

    await asyncio.gather(*(storage.run("increment", increment) for _ in range(200)))
    assert await storage.read(lambda session: session.get_one(Setting, "count").value) == 200


async def test_nothing_can_be_written_while_reading(storage: Storage) -> None:
    def sneak(session: Session) -> None:
        session.add(Setting(name="sneaked"))
        session.flush()

    with pytest.raises(StorageError):
        await storage.read(sneak)
    assert await storage.read(names) == set()


async def test_a_body_cannot_commit_by_itself(storage: Storage) -> None:
    def hasty(session: Session) -> None:
        session.add(Setting(name="hasty"))
        session.commit()
        raise LookupError("after all not")

    with pytest.raises(LookupError):
        await storage.run("hasty", hasty)
    assert await storage.read(names) == set()


async def test_listeners_are_woken_after_the_commit_and_only_by_one(storage: Storage) -> None:
    outbox, other = storage.listen("outbox"), storage.listen("other")

    def failing(session: Session) -> None:
        wake(session, "outbox")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await storage.run("failing", failing)
    assert not await outbox.wait(0.1)

    def waking(session: Session) -> None:
        put("here")(session)
        wake(session, "outbox")

    await storage.run("waking", waking)
    assert await outbox.wait(2)
    assert await storage.read(names) == {"here"}
    assert not await outbox.wait(0.05)
    assert not await other.wait(0)


async def test_a_listener_that_was_busy_when_woken_does_not_sleep_over_it(storage: Storage) -> None:
    ear = storage.listen("work")
    await storage.run("one", lambda session: wake(session, "work"))
    await storage.run("two", lambda session: wake(session, "work"))
    assert [await ear.wait(0.05), await ear.wait(0.05)] == [True, False]


async def test_what_nobody_waits_for_any_more_is_not_begun(storage: Storage) -> None:
    begun = asyncio.create_task(storage.run("never", put("never")))
    begun.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    await storage.run("put", put("after"))
    assert await storage.read(names) == {"after"}


class Recorder:
    def __init__(self) -> None:
        self.told: list[tuple[str, list[str]]] = []

    def before(self, names: Sequence[str]) -> None:
        self.told.append(("before", list(names)))

    def after(self, names: Sequence[str], duration_s: float) -> None:
        assert duration_s > 0
        self.told.append(("after", list(names)))


async def test_commit_points_are_told_around_each_commit(url: str, tmp_path: Path) -> None:
    recorder = Recorder()
    storage = open_storage(url, data_dir=tmp_path, points=recorder)
    await storage.start()
    await storage.run("inbox.accept", put("one"))
    await storage.close()
    assert recorder.told == [("before", ["inbox.accept"]), ("after", ["inbox.accept"])]


async def test_closing_commits_what_was_submitted_and_refuses_what_comes_later(url: str, tmp_path: Path) -> None:
    storage = open_storage(url, data_dir=tmp_path)
    await storage.start()
    runs = [asyncio.create_task(storage.run("put", put(str(number)))) for number in range(100)]
    await asyncio.sleep(0)
    await storage.close()
    await asyncio.gather(*runs)
    with pytest.raises(StorageError):
        await storage.run("late", put("late"))

    again = open_storage(url, data_dir=tmp_path)
    await again.start()
    assert await again.read(names) == {str(number) for number in range(100)}
    await again.close()
