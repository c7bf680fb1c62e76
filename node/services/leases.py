"""Who runs a job now: a row with a fence, so that a replica that slept through its lease cannot end another's.

What a job writes is safe to write twice (it is keyed by what it is about), so the fence guards the lease alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock
from node.storage.repos import jobs as rows
from node.storage.unit import Session, UnitOfWork


@dataclass(frozen=True, slots=True)
class Leases:
    storage: UnitOfWork
    clock: Clock

    async def take(self, name: str, owner: str, lease: timedelta) -> int | None:
        """The fence of a lease on job `name` if it is due and free; None otherwise."""

        def due(session: Session) -> bool:
            return rows.is_due(session, name, now=self.clock.now())

        if not await self.storage.read(due):
            return None  # the usual answer, without a write

        def body(session: Session) -> int | None:
            return rows.take(session, name, owner, now=self.clock.now(), lease=lease)

        return await self.storage.run("job.take", body)

    async def give_back(self, name: str, fence: int, *, next_at: datetime, error: str | None) -> None:
        def body(session: Session) -> None:
            rows.give_back(session, name, fence, now=self.clock.now(), next_at=next_at, error=error)

        await self.storage.run("job.done", body)
