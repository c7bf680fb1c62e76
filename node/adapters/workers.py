"""Processes for work that cannot be interrupted from inside: canonicalization, and libraries that crash.

A thread that computes cannot be stopped; a process can be killed. Each worker takes one job at a time; one that takes
longer than it may, or dies, is killed and replaced by a fresh one for the next job. Jobs and answers are JSON.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import node
from node.adapters.frames import LENGTH_BYTES, BrokenFrame, decode, encode, parse_length
from node.errors import EngineError
from node.metrics import Metrics
from protocols.jose.encoding import JsonObject

START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 2.0
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START")
"""All of the environment that a worker gets: it must not hold the node's secrets."""


class Busy(EngineError):
    """Too many jobs wait already."""

    status = 503


class Killed(EngineError):
    """The worker took too long, or died. The same job may well do so again."""


class JobFailed(EngineError):
    """The worker answered that it could not do the job; doing it again changes nothing."""

    retryable = False


class NotAvailable(EngineError):
    """The worker said, before any job, that it cannot work here."""

    retryable = False


class WorkerPool:
    """Up to `size` processes of one Python module, started when needed.

    Args:
        module: run as `python -m`; its main calls `worker_main.serve`.
        timeout_s: for one job, from the moment a worker has it.
        max_jobs_per_worker: after that many it is replaced, so that what leaks does not grow.
        max_waiting: jobs that may wait for a free worker.
        argv: instead of the module, the whole command.
    """

    def __init__(
        self,
        module: str,
        *,
        size: int,
        timeout_s: float,
        metrics: Metrics,
        max_jobs_per_worker: int = 500,
        max_waiting: int = 256,
        argv: Sequence[str] | None = None,
    ) -> None:
        self._argv = tuple(argv or (sys.executable, "-m", module))
        self._name = module.rpartition(".")[2]
        self._timeout_s = timeout_s
        self._metrics = metrics
        self._max_jobs = max_jobs_per_worker
        self._max_waiting = max_waiting
        self._free = asyncio.Semaphore(size)
        self._waiting = 0
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        """Every one not known to be gone, killed ones too: `close` waits for them."""
        self._closed = False

    async def call(self, kind: str, payload: JsonObject) -> JsonObject:
        """The worker's answer to one job.

        Raises:
            Busy: more than `max_waiting` jobs wait.
            Killed: it took longer than `timeout_s`, or its process died.
            JobFailed: it answered with an error.
            NotAvailable: the worker cannot work on this machine.
            EngineError: the job is too large to send, or the pool is closed.
        """
        try:
            job = encode({"kind": kind, "payload": payload})
        except BrokenFrame as error:
            raise JobFailed("a job too large for a worker") from error
        if self._waiting >= self._max_waiting:
            self._count("busy")
            raise Busy("too many jobs wait for a worker", expected=f"at most {self._max_waiting}")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._work(job)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Ends every worker: idle ones by the end of their input, busy ones by force. No call may follow."""
        self._closed = True
        workers = list(self._all)
        for worker in workers:
            worker.end() if worker in self._idle else worker.kill()
        await asyncio.gather(*(worker.ended(END_TIMEOUT_S) for worker in workers))
        self._idle.clear()
        self._all.clear()

    async def _work(self, job: bytes) -> JsonObject:
        worker = await self._worker()
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await worker.answer(job)
        except BaseException as error:
            self._drop(worker)
            if isinstance(error, TimeoutError):
                self._count("timeout")
                raise Killed(f"the engine was stopped after {self._timeout_s:g} s") from error
            if isinstance(error, OSError | EOFError | BrokenFrame):
                self._count("died")
                raise Killed("the engine died") from error
            raise
        self._metrics.worker_seconds.labels(self._name).observe(time.perf_counter() - started)
        self._keep(worker)
        return self._result(answer)

    def _result(self, answer: JsonObject) -> JsonObject:
        if "value" not in answer:
            self._count("error")
            raise JobFailed(str(answer.get("error", "no answer"))[:300])
        self._count("done")
        return answer["value"]

    async def _worker(self) -> "_Worker":
        """An idle worker, or a fresh one; it is ours until kept or dropped."""
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            self._drop(worker)
        if self._closed:
            raise EngineError("the node is stopping")
        worker = await _Worker.start(self._argv)
        self._all.add(worker)
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                ready = await worker.read()
        except BaseException as error:
            self._drop(worker)
            if isinstance(error, TimeoutError | EOFError | BrokenFrame | OSError):
                raise Killed("the engine did not start") from error
            raise
        if ready.get("ready") is not True:
            self._drop(worker)
            raise NotAvailable(str(ready.get("reason", "the engine is not available here"))[:200])
        return worker

    def _keep(self, worker: "_Worker") -> None:
        worker.jobs += 1
        if self._closed or worker.jobs >= self._max_jobs:
            self._drop(worker)
        else:
            self._idle.append(worker)

    def _drop(self, worker: "_Worker") -> None:
        self._all -= {other for other in self._all if other.is_gone}
        worker.kill()

    def _count(self, outcome: str) -> None:
        self._metrics.worker_jobs.labels(self._name, outcome).inc()


class _Worker:
    """One process and the two ends of its pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._jobs = process.stdin
        self._answers = process.stdout
        self.jobs = 0

    @staticmethod
    async def start(argv: Sequence[str]) -> "_Worker":
        roots = [str(Path(node.__path__[0]).parent), os.environ.get("PYTHONPATH", "")]
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, roots)), "PYTHONHASHSEED": "random"},
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError("a worker process cannot be started", found=error.strerror) from error
        return _Worker(process)

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left of it, in the system or on the event loop."""
        return not self.is_alive and self._answers.at_eof()

    async def answer(self, job: bytes) -> JsonObject:
        self._jobs.write(job)
        await self._jobs.drain()
        return await self.read()

    async def read(self) -> JsonObject:
        head = await self._answers.readexactly(LENGTH_BYTES)
        return decode(await self._answers.readexactly(parse_length(head)))

    def end(self) -> None:
        self._jobs.close()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
        self._jobs.close()

    async def ended(self, timeout_s: float) -> None:
        """Waits until the process and its pipes are gone; kills it when that takes too long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()
        with suppress(OSError):
            await self._jobs.wait_closed()
        while await self._answers.read(65536):
            continue
