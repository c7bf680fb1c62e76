"""Worker processes: killed when they take long, replaced when they die, never in the way of the parent's end."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from node.adapters.workers import Busy, JobFailed, Killed, NotAvailable, WorkerPool
from node.errors import EngineError
from node.metrics import Metrics
from tests.support.loopback import canary

ROOT = Path(__file__).resolve().parents[3]
WORKER = ROOT / "tests" / "support" / "odd_worker.py"


@asynccontextmanager
async def pool(mode: str = "plain", **options: Any) -> AsyncIterator[WorkerPool]:
    argv = (sys.executable, str(WORKER), mode)
    made = WorkerPool("odd", argv=argv, **{"size": 1, "timeout_s": 5.0, "metrics": Metrics(), **options})
    try:
        yield made
    finally:
        await made.close()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> bool:
    for _ in range(100):
        if not is_running(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_a_worker_answers_job_after_job_whatever_it_prints() -> None:
    async with pool() as workers:
        answers = [await workers.call("echo", {"n": n, "text": "å" * n}) for n in range(3)]
    assert [(answer["n"], answer["text"]) for answer in answers] == [(0, ""), (1, "å"), (2, "åå")]
    assert len({answer["pid"] for answer in answers}) == 1


async def test_a_large_job_fits_through_the_pipe() -> None:
    async with pool() as workers:
        assert (await workers.call("echo", {"text": "a" * 5_000_000}))["text"] == "a" * 5_000_000


async def test_a_job_too_large_for_a_frame_is_refused_here() -> None:
    async with pool() as workers:
        with pytest.raises(JobFailed, match="too large"):
            await workers.call("echo", {"text": "a" * 9_000_000})


async def test_a_job_that_hangs_is_killed_and_the_next_one_gets_a_fresh_worker() -> None:
    async with pool(timeout_s=0.3) as workers:
        pid = (await workers.call("echo", {}))["pid"]
        started = time.perf_counter()
        with pytest.raises(Killed, match=r"stopped after 0.3 s"):
            await workers.call("hang", {})
        assert time.perf_counter() - started < 1
        assert await gone(pid)
        assert (await workers.call("echo", {}))["pid"] != pid


@pytest.mark.parametrize("kind", ["die", "babble"])
async def test_a_worker_that_dies_or_babbles_is_replaced(kind: str) -> None:
    async with pool() as workers:
        pid = (await workers.call("echo", {}))["pid"]
        with pytest.raises(Killed, match="the engine died"):
            await workers.call(kind, {})
        assert (await workers.call("echo", {}))["pid"] != pid
        assert await gone(pid)


async def test_a_job_given_up_by_its_caller_leaves_no_answer_for_the_next() -> None:
    async with pool() as workers:
        await workers.call("echo", {})
        task = asyncio.create_task(workers.call("sleep", {"seconds": 0.5}))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await workers.call("echo", {"n": 1}))["n"] == 1


async def test_a_refusal_says_why_and_a_crash_does_not_quote_its_input() -> None:
    async with pool() as workers:
        for kind, detail in (
            ("refuse", "not a credential"),
            ("crash", "the engine failed (ValueError)"),
            ("unknown", "the engine failed (KeyError)"),
            ("grow", "the engine failed (MemoryError)"),
        ):
            with pytest.raises(JobFailed) as caught:
                await workers.call(kind, {})
            assert (caught.value.detail, caught.value.retryable) == (detail, False)


async def test_a_worker_is_replaced_after_so_many_jobs() -> None:
    async with pool(max_jobs_per_worker=2) as workers:
        pids = [(await workers.call("echo", {}))["pid"] for _ in range(6)]
        assert [pids[0] == pids[1], pids[2] == pids[3], len(set(pids))] == [True, True, 3]


async def test_as_many_jobs_run_at_once_as_there_are_workers() -> None:
    async with pool(size=2) as workers:
        await asyncio.gather(*(workers.call("sleep", {"seconds": 0.1}) for _ in range(2)))
        started = time.perf_counter()
        answers = await asyncio.gather(*(workers.call("sleep", {"seconds": 0.2, "n": n}) for n in range(4)))
        took_s = time.perf_counter() - started
    assert [answer["n"] for answer in answers] == [0, 1, 2, 3]
    assert 0.4 <= took_s < 0.75


async def test_a_full_queue_refuses_at_once() -> None:
    async with pool(max_waiting=1) as workers:
        await workers.call("echo", {})
        tasks = [asyncio.create_task(workers.call("sleep", {"seconds": 0.2})) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy) as caught:
            await workers.call("echo", {})
        assert caught.value.retryable
        await asyncio.gather(*tasks)


async def test_a_worker_that_cannot_work_here_says_so() -> None:
    async with pool("unwilling") as workers:
        with pytest.raises(NotAvailable, match="not on this machine"):
            await workers.call("echo", {})


async def test_a_worker_that_is_not_there_is_an_engine_error() -> None:
    workers = WorkerPool("none", argv=("/no/such/program",), size=1, timeout_s=1, metrics=Metrics())
    with pytest.raises(EngineError, match="cannot be started"):
        await workers.call("echo", {})


async def test_a_worker_gets_none_of_the_nodes_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LER_KEYS__MASTER", "hunter2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    async with pool() as workers:
        environment = await workers.call("environment", {})
    assert "hunter2" not in str(environment)


async def test_a_contained_worker_reaches_nobody_and_another_would() -> None:
    async with canary() as bird:
        async with pool("contained") as contained:
            answer = await contained.call("connect", {"port": bird.port})
        assert answer == {"127.0.0.1": "PermissionError", "::1": "PermissionError"}
        assert bird.hits == 0
        async with pool() as free:
            assert (await free.call("connect", {"port": bird.port}))["127.0.0.1"] == "reached"
        await asyncio.sleep(0.05)
        assert bird.hits >= 1


async def test_after_close_no_worker_is_left_and_no_call_is_taken() -> None:
    async with pool(size=2) as workers:
        idle = (await workers.call("echo", {}))["pid"]
        busy = asyncio.create_task(workers.call("hang", {}))
        await asyncio.sleep(0.2)
        await workers.close()
        with pytest.raises(Killed):
            await busy
        assert await gone(idle)
        with pytest.raises(EngineError, match="stopping"):
            await workers.call("echo", {})


def running(marker: str) -> list[str]:
    """The processes with `marker` among their arguments."""
    return [path.parent.name for path in Path("/proc").glob("[0-9]*/cmdline") if marker.encode() in _read(path)]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


PARENT = """
import asyncio, os, sys
from node.adapters.workers import WorkerPool
from node.metrics import Metrics

async def main():
    argv = (sys.executable, sys.argv[1], "plain", sys.argv[3])
    workers = WorkerPool("odd", argv=argv, size=2, timeout_s=60, metrics=Metrics())
    print((await workers.call("echo", {}))["pid"], flush=True)
    task = asyncio.create_task(workers.call("hang", {}))
    await asyncio.sleep(0.2)
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), 9)
    await workers.close()
    await asyncio.gather(task, return_exceptions=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(("end", "code"), [("closed", 0), ("killed", -9)])
async def test_no_worker_outlives_its_parent_and_the_parent_ends_well(end: str, code: int) -> None:
    marker = f"family-of-{os.getpid()}-{end}"
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PARENT, str(WORKER), end, marker],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=30,
        check=False,
    )
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
    assert await gone(int(done.stdout))
    await asyncio.sleep(0.1)
    assert running(marker) == []
