"""Many bodies in one transaction, a savepoint each: what both databases share.

    run() -> Submitted -> [one writer takes what has gathered] -> perform() -> commit -> settle() -> run() returns

While one commit waits for the disk, the next batch gathers; so the slower the disk, the more bodies share a sync.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from node.errors import Contended, NodeError, StorageError
from node.storage.unit import WAKE, CommitPoints

MOST_BODIES = 64
MOST_WAITING = 2048
WAIT_S = 10.0


@dataclass(slots=True, eq=False)
class Submitted:
    """A body that waits for its turn, and whoever waits for it."""

    name: str
    body: Callable[[Session], Any]
    answer: asyncio.Future[Any]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one body: a result, or an error and nothing kept."""

    result: Any = None
    error: BaseException | None = None
    wakes: set[str] = field(default_factory=set[str])


class TransactionLost(Exception):
    """The database gave up the whole transaction, not one statement; the bodies that shared it ran for nothing."""

    def __init__(self, cause: DBAPIError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Admission:
    """A bounded number of bodies on their way; the rest wait for a place, not for ever."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST_WAITING)

    async def __aenter__(self) -> None:
        try:
            if self._places.locked():
                async with asyncio.timeout(WAIT_S):
                    await self._places.acquire()
            else:
                await self._places.acquire()
        except TimeoutError:
            raise Contended("too many want to write", found=f"{MOST_WAITING} waiting for {WAIT_S:.0f} s") from None

    async def __aexit__(self, *_: object) -> None:
        self._places.release()


class NoPoints:
    """`CommitPoints` that nobody looks at."""

    def before(self, names: Sequence[str]) -> None: ...

    def after(self, names: Sequence[str], duration_s: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a database's errors mean."""

    is_lost: Callable[[DBAPIError], bool]
    translate: Callable[[DBAPIError], NodeError]


def open_session(connection: Connection) -> Session:
    """A session in a transaction (or savepoint) that somebody else began and ends: its own commit only flushes."""
    return Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False)


def perform(connection: Connection, batch: Sequence[Submitted], dialect: Dialect) -> list[Outcome]:
    """Runs each body; one that fails leaves no trace and does not disturb the others.

    Raises:
        TransactionLost: none of them can be kept.
    """
    return [_perform(connection, submitted, dialect) for submitted in batch]


def _perform(connection: Connection, submitted: Submitted, dialect: Dialect) -> Outcome:
    try:
        with connection.begin_nested(), open_session(connection) as session:
            result = submitted.body(session)
            session.flush()
            return Outcome(result=result, wakes=session.info.get(WAKE, set()))
    except Exception as error:
        cause = _what_lost_it(error, dialect)
        if cause is not None:
            raise TransactionLost(cause) from error
        return Outcome(error=dialect.translate(error) if isinstance(error, DBAPIError) else error)


def _what_lost_it(error: BaseException | None, dialect: Dialect) -> DBAPIError | None:
    """The error that ended the whole transaction; others may stand on it: no savepoint is left to go back to."""
    while error is not None:
        if isinstance(error, DBAPIError) and dialect.is_lost(error):
            return error
        error = error.__cause__ or error.__context__
    return None


def wakes_of(outcomes: Sequence[Outcome]) -> set[str]:
    return set[str]().union(*(outcome.wakes for outcome in outcomes))


def settle(batch: Sequence[Submitted], outcomes: Sequence[Outcome]) -> None:
    """Answers those who still wait. On the event loop's thread."""
    for submitted, outcome in zip(batch, outcomes, strict=True):
        if submitted.answer.done():
            continue
        if outcome.error is None:
            submitted.answer.set_result(outcome.result)
        else:
            submitted.answer.set_exception(outcome.error)


def all_failed(batch: Sequence[Submitted], error: BaseException) -> list[Outcome]:
    return [Outcome(error=error) for _ in batch]


def names_of(batch: Sequence[Submitted]) -> list[str]:
    return [submitted.name for submitted in batch]


def closed() -> StorageError:
    return StorageError("the storage is closed", expected="use between start and close")


POINTS: CommitPoints = NoPoints()
