"""The ticker: when jobs run, that they run once, and what a failing one does to itself and others."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from node.clock import SystemClock
from node.errors import Unreachable
from node.log import create_log
from node.metrics import Metrics
from node.scheduler.jobs import JobSpec
from node.scheduler.runner import GRACE_S, JobRunner
from node.services.leases import Leases
from node.storage.unit import Storage
from tests.support.storage import storage_in


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = storage_in(tmp_path)
    await storage.start()
    yield storage
    await storage.close()


def _runner(storage: Storage, *jobs: JobSpec, log: io.StringIO | None = None) -> JobRunner:
    clock = SystemClock()
    return JobRunner(jobs, Leases(storage, clock), clock, create_log("info", "json", log or io.StringIO()), Metrics())


async def _until(condition, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_job_runs_again_and_again_and_never_twice_at_once(storage: Storage) -> None:
    runs, at_once, most = [], 0, 0

    async def work() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.2)
        at_once -= 1
        runs.append(1)

    runner = _runner(storage, JobSpec(name="often", every_s=0.05, run=work))
    runner.start()
    await _until(lambda: len(runs) >= 3)
    await runner.stop()
    assert most == 1


async def test_a_leased_job_runs_on_one_replica_and_an_own_one_on_each(storage: Storage) -> None:
    seen: list[str] = []

    def job(name: str, replica: str, *, leased: bool) -> JobSpec:
        async def work() -> None:
            seen.append(f"{name} on {replica}")

        return JobSpec(name=name, every_s=60, leased=leased, run=work)

    replicas = [
        _runner(storage, job("shared", replica, leased=True), job("own", replica, leased=False)) for replica in "AB"
    ]
    for replica in replicas:
        replica.start()
    await _until(lambda: len(seen) >= 3)
    await asyncio.sleep(0.7)  # another tick of each
    for replica in replicas:
        await replica.stop()
    assert sorted(entry.partition(" ")[0] for entry in seen) == ["own", "own", "shared"]
    assert {"own on A", "own on B"} <= set(seen)


async def test_a_job_that_fails_or_breaks_is_logged_and_stops_no_other(storage: Storage) -> None:
    written, done = io.StringIO(), []

    async def fails() -> None:
        raise Unreachable("nobody there")

    async def breaks() -> None:
        raise KeyError("a fault of ours")

    async def works() -> None:
        done.append(1)

    jobs = [JobSpec(name=job.__name__, every_s=0.05, run=job) for job in (fails, breaks, works)]
    runner = _runner(storage, *jobs, log=written)
    runner.start()
    await _until(lambda: len(done) >= 2 and "job failed" in written.getvalue() and "job broke" in written.getvalue())
    await runner.stop()
    assert "a fault of ours" not in written.getvalue(), "the text of a foreign exception may hold anything"


async def test_stopping_waits_for_the_run_that_is_under_way(storage: Storage) -> None:
    begun, ended = asyncio.Event(), []

    async def slow() -> None:
        begun.set()
        await asyncio.sleep(0.3)
        ended.append(1)

    runner = _runner(storage, JobSpec(name="slow", every_s=60, run=slow))
    runner.start()
    await asyncio.wait_for(begun.wait(), 5)
    await runner.stop()
    assert ended == [1]


async def test_a_job_that_hangs_when_the_node_stops_is_ended_and_due_at_the_next_start(storage: Storage) -> None:
    began: list[str] = []

    async def hang() -> None:
        began.append("hanging")
        await asyncio.sleep(60)

    first = _runner(storage, JobSpec(name="slow", every_s=3600, run=hang))
    first.start()
    await _until(lambda: began)
    async with asyncio.timeout(GRACE_S + 2):
        await first.stop()

    async def run() -> None:
        began.append("again")

    second = _runner(storage, JobSpec(name="slow", every_s=3600, run=run))
    second.start()
    await _until(lambda: began == ["hanging", "again"], timeout_s=3)
    await second.stop()
