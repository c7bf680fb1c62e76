"""Slow work as durable rows: what a transaction wants done later, done at least once, its outcome committed once.

A performer gathers first (it may wait, fetch, use worker processes) and returns the body of one transaction; that
body and the removal of the row commit together. So a crash between the two only means that it is gathered again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock, jitter, new_id
from node.errors import NodeError
from node.log import Log
from node.services.crew import work_off
from node.storage.repos import work as rows
from node.storage.unit import Session, Storage, WorkItem
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject

LEASE = timedelta(seconds=90)
AT_ONCE = 8

AfterCommit = Callable[[], None]
Outcome = Callable[[Session], AfterCommit | None]
"""The body of one transaction; it may run more than once, so what is logged or counted it gives back to be called once
it is durable."""
Perform = Callable[[JsonObject], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class WorkList:
    """The half that a transaction sees."""

    def add(
        self,
        session: Session,
        kind: str,
        payload: JsonObject,
        *,
        now: datetime,
        key: str | None = None,
        not_before: datetime | None = None,
    ) -> None:
        """Wants `kind` performed with `payload`; a second row of the same `key` is the same work and not added."""
        rows.enqueue(session, id=new_id(), kind=kind, key=key, payload=payload, next_at=not_before or now, now=now)


@dataclass(slots=True)
class WorkRunner:
    """The half that does it. `performers` by kind; a kind without one is a fault of ours."""

    storage: Storage
    performers: Mapping[str, Perform]
    clock: Clock
    log: Log

    async def run(self) -> None:
        """Works until cancelled; woken by commits, and by the clock at the latest every second."""
        await work_off(self._claim, self._perform, self.storage.listen("work"), at_once=AT_ONCE, idle_s=self._idle_s)

    async def _idle_s(self) -> float:
        """Seconds until the next item is due; an hour where none waits."""
        next_at = await self.storage.read(rows.next_due_at)
        return 3600.0 if next_at is None else max(0.01, (next_at - self.clock.now()).total_seconds())

    async def _claim(self, most: int) -> list[WorkItem]:
        def body(session: Session) -> list[WorkItem]:
            return rows.claim(session, now=self.clock.now(), lease=LEASE, limit=most)

        return await self.storage.run("work.claim", body)

    async def _perform(self, item: WorkItem) -> None:
        try:
            outcome = await self.performers[item.kind](item.payload)

            def body(session: Session) -> AfterCommit | None:
                after_commit = outcome(session)
                rows.done(session, item.id)
                return after_commit

            after_commit = await self.storage.run(f"work.{item.kind}", body)
            if after_commit is not None:
                after_commit()
        except ProtocolError as error:
            await self._failed(item, error.detail, permanent=True)
        except NodeError as error:
            await self._failed(item, error.detail, permanent=not error.retryable)
        except Exception as fault:  # one item that we cannot handle must not take the others' worker with it
            self.log.error("work broke", kind=item.kind, exc_info=fault)
            await self._failed(item, type(fault).__name__, permanent=False)

    async def _failed(self, item: WorkItem, detail: str, *, permanent: bool) -> None:
        def body(session: Session) -> None:
            rows.failed(session, item.id, now=self.clock.now(), jitter=jitter(), error=detail, permanent=permanent)

        await self.storage.run("work.failed", body)
        self.log.warning("work failed", kind=item.kind, attempts=item.attempts + 1, permanent=permanent)
