"""What waits, what was given up, and what is old: for the operator who looks, and for the job that tidies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock
from node.errors import NotFound
from node.services.outbox import LIFETIME
from node.storage.repos import (
    acquaintances,
    inbox,
    invitations,
    jobs,
    learners,
    mailbox,
    outbox,
    relay,
    threads,
    work,
)
from node.storage.repos.queues import Counts, counts
from node.storage.unit import OutboxMessage, Session, UnitOfWork

KEEP_DEAD_FOR = timedelta(days=30)
KEEP_STRANGERS_FOR = timedelta(days=1)
KEEP_COUNTS_FOR = timedelta(days=2)
KEEP_THREADS_FOR = timedelta(days=400)
"""Longer than any conversation: a request lives 90 days at most, and its receipt follows within a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message of ours that was not delivered yet, or never will be (`state` dead); its content is not shown."""

    id: str
    destination: str
    message_id: str
    state: str
    attempts: int
    next_at: datetime
    expires_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Queues:
    storage: UnitOfWork
    clock: Clock

    async def counts(self) -> Counts:
        """How much waits, in numbers."""
        return await self.storage.read(counts)

    async def waiting(self, limit: int) -> Sequence[Queued]:
        """What is still tried, the next due first."""
        return await self.storage.read(lambda session: [_queued(row) for row in outbox.waiting(session, limit=limit)])

    async def dead_letters(self, limit: int) -> Sequence[Queued]:
        """What was given up, the newest first."""
        return await self.storage.read(
            lambda session: [_queued(row) for row in outbox.dead_letters(session, limit=limit)]
        )

    async def resend(self, message_id: str) -> None:
        """Tries a dead letter anew; raises NotFound where there is no such one."""

        def body(session: Session) -> None:
            now = self.clock.now()
            if not outbox.resend(session, message_id, now=now, expires_at=now + LIFETIME):
                raise NotFound("no such dead letter", found=message_id[:40], expected="the id of one that was given up")

        await self.storage.run("outbox.resend", body)

    async def tidy(self) -> None:
        """The job `housekeeping`: forgets what is past its time."""

        def body(session: Session) -> None:
            now = self.clock.now()
            inbox.forget_expired(session, now=now)
            mailbox.remove_expired(session, now=now)
            outbox.remove_dead(session, before=now - KEEP_DEAD_FOR)
            relay.forget_routes(session, now=now)
            acquaintances.forget_strangers(session, before=now - KEEP_STRANGERS_FOR)
            work.remove_dead(session, before=now - KEEP_DEAD_FOR)
            relay.forget_counts(session, before=(now - KEEP_COUNTS_FOR).date())
            invitations.forget_expired(session, before=now - KEEP_DEAD_FOR)
            learners.forget_codes(session, before=now - KEEP_DEAD_FOR)
            threads.forget_unused(session, before=now - KEEP_THREADS_FOR)
            jobs.forget_unused(session, before=now - KEEP_DEAD_FOR)

        await self.storage.run("housekeeping.tidy", body)


def _queued(row: OutboxMessage) -> Queued:
    return Queued(
        id=row.id,
        destination=row.destination,
        message_id=row.message_id,
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        expires_at=row.expires_at,
        last_error=row.last_error,
    )
