"""Runs the table of jobs. APScheduler only ticks; when a job is due, and on which replica, stands in the database."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # pyright: ignore[reportMissingTypeStubs]

from node.clock import Clock, jitter, new_id
from node.errors import NodeError
from node.log import Log
from node.metrics import Metrics
from node.scheduler.jobs import JobSpec
from node.services.leases import Leases
from protocols.errors import ProtocolError

TICK_S = 0.5
LEASE = timedelta(minutes=5)
GRACE_S = 2.0
"""What a job that runs when the node stops may still take."""
DRAIN_S = 2.0
"""What a job under way gets to end when the node drains: a peer that hangs must not keep the node from stopping."""


@dataclass(slots=True)
class JobRunner:
    """Starts with the node, ends with it; a job that is running when the node drains is waited for, for a while."""

    jobs: Sequence[JobSpec]
    leases: Leases
    clock: Clock
    log: Log
    metrics: Metrics
    owner: str = field(default_factory=new_id)
    _scheduler: AsyncIOScheduler = field(default_factory=AsyncIOScheduler)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])

    def start(self) -> None:
        """Needs a running event loop."""
        for job in self.jobs:
            # APScheduler's own grace of one second would drop ticks of a busy loop; a late tick is as good as any.
            self._scheduler.add_job(  # pyright: ignore[reportUnknownMemberType]
                self._tick,
                "interval",
                args=[job],
                seconds=min(TICK_S, job.every_s),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """No new runs; those under way have a moment to end by themselves, and are due again at the next start."""
        self._scheduler.pause()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def _tick(self, job: JobSpec) -> None:
        """Returns at once: a tick that finds its job still running is no news, and APScheduler would warn of it."""
        if job.name not in self._running:
            task = asyncio.create_task(self._run_if_due(job), name=job.name)
            self._running[job.name] = task
            task.add_done_callback(lambda _: self._running.pop(job.name, None))

    async def _run_if_due(self, job: JobSpec) -> None:
        name = job.name if job.leased else f"{job.name}@{self.owner}"
        try:
            fence = await self.leases.take(name, self.owner, LEASE)
            if fence is None:
                return
            began = self.clock.monotonic()
            try:
                error = await self._run(job)
            except asyncio.CancelledError:
                await self.leases.give_back(name, fence, next_at=self.clock.now(), error="the node stopped")
                raise
            self.metrics.job_seconds.labels(job.name).observe(self.clock.monotonic() - began)
            self.metrics.job_runs.labels(job.name, "failed" if error else "done").inc()
            next_at = self.clock.now() + timedelta(seconds=job.every_s + job.jitter_s * jitter())
            await self.leases.give_back(name, fence, next_at=next_at, error=error)
        except NodeError as failure:  # the database; the lease runs out by itself
            self.log.warning("job not noted", job=job.name, kind=type(failure).__name__)

    async def _run(self, job: JobSpec) -> str | None:
        """Runs the job; what went wrong, None where nothing did. A fault of ours is logged, and tried again in time."""
        try:
            await job.run()
        except (NodeError, ProtocolError) as failure:
            self.log.warning("job failed", job=job.name, kind=type(failure).__name__, detail=failure.detail)
            return failure.detail
        except Exception as fault:
            self.log.error("job broke", job=job.name, exc_info=fault)
            return type(fault).__name__
        return None
