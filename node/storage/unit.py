"""The unit of work: what services know of storage, and all they know of it.

    await storage.run("inbox.accept", body)     # body(session) -> result; durable when this returns
    await storage.read(body)                    # a consistent snapshot; writes are refused

A body is a synchronous function, so that nothing can be awaited inside a transaction. It may be run more than once
before it is committed (it lost a race against another replica, or shared a commit with one that failed): it changes
nothing but the session it is given, and builds what it returns anew each time. It commits nothing itself.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlmodel import Session

from node.storage.tables.messages import MailboxMessage, OutboxMessage, WorkItem

__all__ = [
    "CommitPoints",
    "MailboxMessage",
    "OutboxMessage",
    "Session",
    "Storage",
    "UnitOfWork",
    "Waiter",
    "WorkItem",
    "wake",
]

T = TypeVar("T")

WAKE = "wake"


def wake(session: Session, channel: str) -> None:
    """Wakes whoever listens on `channel`, here and on every replica, if and when this transaction commits."""
    session.info.setdefault(WAKE, set[str]()).add(channel)


class Waiter(Protocol):
    """One listener's ear on a channel; a wake that came while nobody waited is kept, once, for the next wait."""

    async def wait(self, timeout_s: float) -> bool:
        """True as soon as the channel was woken, False when `timeout_s` passed first."""
        ...


class UnitOfWork(Protocol):
    """Runs bodies in transactions. Both raise what the body raises, and then nothing of it was kept.

    Raises:
        Contended: too many wait to write, or others kept winning; nothing was kept.
        Full: no space left; nothing was kept.
        StorageError: the database failed. Where its answer to a commit was lost the work may have been kept.
    """

    async def run(self, name: str, body: Callable[[Session], T]) -> T:
        """The result of `body`, committed and durable. `name` ("inbox.accept") labels the commit point."""
        ...

    async def read(self, body: Callable[[Session], T]) -> T:
        """The result of `body` over one consistent snapshot."""
        ...


class Storage(UnitOfWork, Protocol):
    """A database that is open between `start` and `close`."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may work off the same queues: then only time ends a lease."""
        ...

    async def start(self) -> None:
        """Connects and checks the schema.

        Raises:
            SchemaOutOfDate: the tables are not those of this program's version.
        """
        ...

    async def close(self) -> None:
        """Lets what is under way commit, refuses what comes later, disconnects."""
        ...

    def listen(self, channel: str) -> Waiter:
        """A listener of its own on `channel`; it ends when nobody refers to it any more."""
        ...


class CommitPoints(Protocol):
    """Told around every commit, on whatever thread commits: for metrics, and for tests that die at a named point."""

    def before(self, names: Sequence[str]) -> None:
        """These bodies have run; nothing of them is durable yet."""
        ...

    def after(self, names: Sequence[str], duration_s: float) -> None:
        """They are durable; nobody was told yet. `duration_s` counts from the transaction's begin."""
        ...
