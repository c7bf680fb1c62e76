"""PostgreSQL: for several replicas on one database.

Every unit of work is SERIALIZABLE, so a body means the same here as behind SQLite's one writer; a batch that lost a
race against another replica is run again. Claims skip what another replica has locked. A wake crosses to the other
replicas as one NOTIFY per transaction; polling is the floor under it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from node.clock import jitter, new_id
from node.errors import BadInput, Conflict, Contended, Full, NodeError, StorageError
from node.storage.batch import (
    MOST_BODIES,
    Admission,
    Dialect,
    Outcome,
    Submitted,
    TransactionLost,
    all_failed,
    closed,
    names_of,
    open_session,
    perform,
    settle,
    wakes_of,
)
from node.storage.migrations import check_connection
from node.storage.unit import CommitPoints, Session, Waiter
from node.storage.wakes import EVERY, Wakes

T = TypeVar("T")

CONNECTIONS = 6
"""One writes, one hears of wakes, the others read."""
TRIES = 20
RETRY_S = 0.05
RECONNECT_S = 2.0
CONNECT_TIMEOUT_S = 10.0
CHANNEL = "ler_wake"
NOTIFY_BYTES = 7_900
"""PostgreSQL takes payloads below 8,000 bytes."""

_TAKEN = {"23505", "23503"}
_RACE = {"40001", "40P01", "55P03"}
_DISK_FULL = "53100"


def create_postgres_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        isolation_level="SERIALIZABLE",
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"timeout": CONNECT_TIMEOUT_S},
    )


def translate(error: DBAPIError) -> NodeError:
    """Our error for one of PostgreSQL's, by SQLSTATE."""
    state = _state(error)
    if state in _TAKEN:
        return Conflict("it stands already, or something still refers to it")
    if state.startswith("22"):
        return BadInput("a value cannot be stored")
    if state in _RACE:
        failure: NodeError = Contended("others kept writing the same rows")
    elif state == _DISK_FULL:
        failure = Full("no space left in the database")
    else:
        failure = StorageError("the database failed", found=state or type(error.orig).__name__)
    failure.__cause__ = error
    return failure


def is_lost(error: DBAPIError) -> bool:
    return _state(error) in _RACE or error.connection_invalidated


def _state(error: DBAPIError) -> str:
    return cast(str | None, getattr(error.orig, "sqlstate", None)) or ""


DIALECT = Dialect(is_lost=is_lost, translate=translate)


class PostgresStorage:
    """Implements `Storage`."""

    is_shared = True

    def __init__(self, url: str, points: CommitPoints) -> None:
        self._url = url
        self._points = points
        self._wakes = Wakes()
        self._admission = Admission()
        self._submitted: asyncio.Queue[Submitted | None] = asyncio.Queue()
        self._hearing = asyncio.Event()
        self._id = new_id()
        self._open = False

    async def start(self) -> None:
        self._engine = create_postgres_engine(self._url)
        try:
            async with self._connected() as connection:
                await connection.run_sync(check_connection)
        except BaseException:
            await self._engine.dispose()
            raise
        self._writer = asyncio.create_task(self._write(), name="storage-write")
        self._listener = asyncio.create_task(self._hear(), name="storage-listen")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._hearing.wait()
        self._open = True

    async def close(self) -> None:
        if not self._open:
            return
        self._open = False
        self._submitted.put_nowait(None)
        self._listener.cancel()
        await asyncio.gather(self._writer, self._listener, return_exceptions=True)
        await self._engine.dispose()

    def listen(self, channel: str) -> Waiter:
        return self._wakes.listen(channel)

    async def run(self, name: str, body: Callable[[Session], T]) -> T:
        async with self._admission:
            if not self._open:
                raise closed()
            answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._submitted.put_nowait(Submitted(name, body, answer))
            return await answer

    async def read(self, body: Callable[[Session], T]) -> T:
        if not self._open:
            raise closed()

        def snapshot(connection: Connection) -> T:
            with open_session(connection) as session:
                return body(session)

        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        async with self._connected() as connection:
            await connection.execution_options(**options)
            return await connection.run_sync(snapshot)

    @contextlib.asynccontextmanager
    async def _connected(self):
        try:
            async with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise translate(error) from error
        except (OSError, TimeoutError) as error:
            raise StorageError("the database cannot be reached", found=type(error).__name__) from error

    async def _write(self) -> None:
        ended = False
        while not ended:
            taken = [await self._submitted.get()]
            while len(taken) < MOST_BODIES and taken[-1] is not None and not self._submitted.empty():
                taken.append(self._submitted.get_nowait())
            ended = taken[-1] is None
            batch = [submitted for submitted in taken if submitted is not None and not submitted.answer.cancelled()]
            if batch:
                await self._commit(batch)

    async def _commit(self, batch: list[Submitted]) -> None:
        outcomes = await self._outcomes(batch)
        settle(batch, outcomes)
        self._wakes.wake(wakes_of(outcomes))

    async def _outcomes(self, batch: list[Submitted]) -> list[Outcome]:
        for attempt in range(1, TRIES + 1):
            try:
                return await self._transact(batch)
            except TransactionLost as lost:
                if _state(lost.cause) not in _RACE or attempt == TRIES:
                    return all_failed(batch, translate(lost.cause))
                await asyncio.sleep(RETRY_S * jitter() * min(attempt, 5))
            except Exception as error:
                return all_failed(batch, error)
        raise AssertionError("the last try returns")

    async def _transact(self, batch: list[Submitted]) -> list[Outcome]:
        begun_at = perf_counter()
        async with self._connected() as connection:
            try:
                outcomes = await connection.run_sync(perform, batch, DIALECT)
                await self._notify(connection, wakes_of(outcomes))
                self._points.before(names_of(batch))
                await connection.commit()
            except DBAPIError as error:
                raise TransactionLost(error) from error
        self._points.after(names_of(batch), perf_counter() - begun_at)
        return outcomes

    async def _notify(self, connection: AsyncConnection, woken: set[str]) -> None:
        if woken:
            payload = " ".join((self._id, *sorted(woken)))
            if len(payload.encode()) > NOTIFY_BYTES:
                payload = f"{self._id} {EVERY}"
            await connection.execute(
                text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": payload}
            )

    async def _hear(self) -> None:
        """Keeps a connection that hears other replicas' wakes; while it is down, polling does."""
        while True:
            with contextlib.suppress(StorageError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._hear_until_lost()
            await asyncio.sleep(RECONNECT_S)

    async def _hear_until_lost(self) -> None:
        lost = asyncio.Event()

        def ended(_: object) -> None:
            lost.set()

        async with self._connected() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                driver.add_termination_listener(ended)
                await driver.add_listener(CHANNEL, self._heard)
                self._wakes.wake([EVERY])  # whatever was missed before
                self._hearing.set()
                await lost.wait()
            finally:
                await connection.invalidate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        sender, *channels = payload.split(" ")
        if sender != self._id:
            self._wakes.wake(channels)
