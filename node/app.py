"""The composition root: the only place where storage, adapters, services, doors and workers are joined.

`_node` opens things in this order and ends them in the reverse one:

    storage -> adapters -> services (identity loaded) -> workers -> scheduler

So when the node stops, no job starts any more, then workers end, then the database lets what is under way commit.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from node.adapters.did_resolver import Known
from node.adapters.outside import open_outside
from node.clock import Clock, SystemClock
from node.handlers import discover
from node.http.middlewares import MAX_BODY_BYTES, MIDDLEWARES
from node.http.routes import all_routes
from node.keys import CLOCK, LOG, METRICS, SERVICES, SETTINGS
from node.log import Log, create_log
from node.metrics import CountedCommits, Metrics
from node.scheduler.jobs import JobSpec
from node.scheduler.runner import JobRunner
from node.services.leases import Leases
from node.services.wiring import Services, build_services
from node.settings import Settings
from node.storage.batch import POINTS
from node.storage.engine import DEFAULT_URL, open_storage
from node.storage.repos import known_dids
from node.storage.repos.queues import free_leases
from node.storage.unit import CommitPoints, Storage
from protocols.dids.document import DidDocument
from protocols.dids.peer import resolve_peer4

RESTART_AFTER_S = 1.0

Worker = Callable[[], Awaitable[None]]


def create_app(
    settings: Settings, *, clock: Clock | None = None, log: Log | None = None, metrics: Metrics | None = None
) -> web.Application:
    """One node as an aiohttp application; it touches nothing before it is started.

    Raises, when started:
        ConfigurationError: no identity in the database, a master key that does not open its keys.
        SchemaOutOfDate: the database has to be upgraded first, or is newer than this program.
    """
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY_BYTES)
    app[SETTINGS] = settings
    app[CLOCK] = clock or SystemClock()
    app[METRICS] = metrics or Metrics()
    app[LOG] = log or create_log(settings.log.level, settings.log.format)
    app.add_routes(all_routes(settings))
    app.cleanup_ctx.append(_node)
    app.on_shutdown.append(_hang_up)
    return app


def create_storage(settings: Settings, points: CommitPoints = POINTS) -> Storage:
    """The database that `settings` name, not connected yet."""
    url = settings.database.url or DEFAULT_URL
    return open_storage(url, data_dir=settings.data_dir, points=points)


async def _node(app: web.Application) -> AsyncIterator[None]:
    settings, clock, log, metrics = app[SETTINGS], app[CLOCK], app[LOG], app[METRICS]
    async with (
        _opened(create_storage(settings, CountedCommits(metrics))) as storage,
        open_outside(settings, _known_dids(storage), clock, metrics) as outside,
    ):
        services = build_services(
            settings=settings, storage=storage, outside=outside, clock=clock, log=log, metrics=metrics
        )
        services.flows.performers = discover(services.parts)
        await services.identity.start()
        if not storage.is_shared:  # whoever held a lease ended without giving it back; nobody else is to come
            await storage.run("queues.freed", free_leases)
        app[SERVICES] = services
        jobs = JobRunner(_jobs(services, settings), Leases(storage, clock), clock, log, metrics)
        async with _running(_workers(services), log), _ticking(jobs):
            yield


async def _hang_up(app: web.Application) -> None:
    """Before requests under way are waited for: an open line would never end by itself."""
    app[SERVICES].live.hang_up()


def _known_dids(storage: Storage) -> Known:
    """The resolver's way to the long forms that this node learned."""

    async def known(did: str) -> DidDocument | None:
        long_form = await storage.read(lambda session: known_dids.long_form_of(session, did))
        return None if long_form is None else resolve_peer4(long_form, as_short=True)

    return known


def _workers(services: Services) -> Mapping[str, Worker]:
    """What runs as long as the node does, by name."""
    return {"outbox": services.outbox.run, "work": services.work.run, "identity": services.identity.follow}


def _jobs(services: Services, settings: Settings) -> tuple[JobSpec, ...]:
    """What is done now and then."""
    sync = settings.sync
    return (
        JobSpec(name="identity.refresh", every_s=60, leased=False, run=services.identity.start),
        JobSpec(name="identity.history", every_s=10, leased=False, run=services.own_history.keep_up),
        JobSpec(name="federation.sync", every_s=sync.federation_every_s, jitter_s=1, run=services.federation_sync.run),
        JobSpec(name="membership.ends", every_s=60, jitter_s=1, run=services.membership_log.end_suspensions),
        JobSpec(name="issuance_log.seal", every_s=sync.log_every_s, run=services.issuance_log.seal),
        JobSpec(name="issuance_log.sync", every_s=sync.federation_every_s, jitter_s=1, run=services.witnessing.sync),
        JobSpec(name="custody.sync", every_s=sync.federation_every_s, jitter_s=1, run=services.successors.sync),
        JobSpec(name="marks.renew", every_s=sync.federation_every_s, jitter_s=1, run=services.held_marks.run),
        JobSpec(name="marks.ask", every_s=sync.federation_every_s, jitter_s=1, run=services.peer_marks.ask),
        JobSpec(name="status.sync", every_s=min(1.0, sync.status_every_s), run=services.status_sync.run_due),
        JobSpec(name="status.discover", every_s=sync.federation_every_s, run=services.status_sync.discover),
        JobSpec(name="status.forget", every_s=3600, jitter_s=60, run=services.status_sync.forget),
        JobSpec(name="status.renew", every_s=3600, jitter_s=60, run=services.status_lists.renew),
        JobSpec(name="apps.tidy", every_s=600, jitter_s=60, run=services.apps.tidy),
        JobSpec(name="retention", every_s=60, run=services.presentations.forget_due),
        JobSpec(name="housekeeping", every_s=600, jitter_s=60, run=services.queues.tidy),
    )


@asynccontextmanager
async def _opened(storage: Storage) -> AsyncGenerator[Storage]:
    await storage.start()
    try:
        yield storage
    finally:
        await storage.close()


@asynccontextmanager
async def _running(workers: Mapping[str, Worker], log: Log) -> AsyncGenerator[None]:
    """The workers as tasks, cancelled and awaited at the end; what one had claimed comes back with its lease."""
    tasks = [asyncio.create_task(_kept_running(name, worker, log), name=name) for name, worker in workers.items()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_running(name: str, worker: Worker, log: Log) -> None:
    """A worker ends by an error of ours only: it is logged, and begun again, since the others' work waits for it."""
    while True:
        try:
            await worker()
        except Exception as error:
            log.error("worker failed", worker=name, exc_info=error)
        await asyncio.sleep(RESTART_AFTER_S)


@asynccontextmanager
async def _ticking(jobs: JobRunner) -> AsyncGenerator[None]:
    jobs.start()
    try:
        yield
    finally:
        await jobs.stop()
