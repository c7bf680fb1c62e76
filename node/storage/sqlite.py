"""SQLite: one file, one thread that writes, several connections that read snapshots beside it.

A commit is one fdatasync of the write-ahead log (synchronous=FULL), however many bodies share it. BEGIN IMMEDIATE
takes the write lock at the start: SQLite's default, which takes it at the first write, loses updates silently.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from node.errors import BadInput, Conflict, Contended, Full, NodeError, StorageError
from node.storage.batch import Admission, Dialect, Outcome, Submitted, closed, open_session, settle, wakes_of
from node.storage.migrations import check_connection
from node.storage.unit import CommitPoints, Session, Waiter
from node.storage.wakes import Wakes
from node.storage.writer import Writer

T = TypeVar("T")

READERS = 4
BUSY_MS = 5_000
"""How long another process (a command, a backup) may hold the write lock before we give up."""

WRITER_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_MS}",
    "temp_store = MEMORY",
    "journal_size_limit = 67108864",
)
READER_PRAGMAS = ("query_only = ON", f"busy_timeout = {BUSY_MS}")

_TAKEN = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY}
_LOST = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_CORRUPT,
}
"""SQLite may have rolled back the whole transaction after these (https://sqlite.org/lang_transaction.html, 3)."""


def create_sqlite_engine(path: Path, *, read_only: bool = False) -> Engine:
    """An engine whose transactions begin as they must: IMMEDIATE for writing, a snapshot for reading."""
    engine = create_engine(
        f"sqlite:///file:{path}?uri=true{'&mode=ro' if read_only else ''}",
        connect_args={"isolation_level": None, "check_same_thread": False},
        pool_size=READERS if read_only else 1,
        max_overflow=0,
        hide_parameters=True,
    )
    pragmas = READER_PRAGMAS if read_only else WRITER_PRAGMAS

    def connected(dbapi: sqlite3.Connection, _: object) -> None:
        for pragma in pragmas:
            dbapi.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def create_file(path: Path) -> None:
    """The database file, readable by this user only; SQLite gives the files beside it the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def translate(error: DBAPIError) -> NodeError:
    """Our error for one of SQLite's."""
    code = _code(error)
    if code in _TAKEN:
        return Conflict("it stands already, or something still refers to it")
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            failure: NodeError = Full("no space left on the disk")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            failure = Contended("another process holds the database's write lock")
        case sqlite3.SQLITE_TOOBIG | sqlite3.SQLITE_MISMATCH:
            failure = BadInput("a value cannot be stored")
        case _:
            failure = StorageError("the database failed", found=type(error.orig).__name__)
    failure.__cause__ = error
    return failure


def is_lost(error: DBAPIError) -> bool:
    return _code(error) & 0xFF in _LOST


def _code(error: DBAPIError) -> int:
    return cast(int, getattr(error.orig, "sqlite_errorcode", 0))


DIALECT = Dialect(is_lost=is_lost, translate=translate)


class SqliteStorage:
    """Implements `Storage`."""

    is_shared = False

    def __init__(self, path: Path, points: CommitPoints) -> None:
        self._path = path
        self._points = points
        self._wakes = Wakes()
        self._admission = Admission()
        self._open = False

    async def start(self) -> None:
        create_file(self._path)
        self._loop = asyncio.get_running_loop()
        self._engine = create_sqlite_engine(self._path)
        self._snapshots = create_sqlite_engine(self._path, read_only=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="storage-read")
        try:
            await self._loop.run_in_executor(self._readers, self._check)
        except BaseException:
            self._dispose()
            raise
        self._writer = Writer(self._engine, DIALECT, self._points, self._tell)
        self._writer.start()
        self._open = True

    async def close(self) -> None:
        if not self._open:
            return
        self._open = False
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._dispose)

    def listen(self, channel: str) -> Waiter:
        return self._wakes.listen(channel)

    async def run(self, name: str, body: Callable[[Session], T]) -> T:
        async with self._admission:
            if not self._open:
                raise closed()
            answer: asyncio.Future[Any] = self._loop.create_future()
            self._writer.submit(Submitted(name, body, answer))
            return await answer

    async def read(self, body: Callable[[Session], T]) -> T:
        if not self._open:
            raise closed()
        return await self._loop.run_in_executor(self._readers, self._read, body)

    def _read(self, body: Callable[[Session], T]) -> T:
        try:
            with self._snapshots.connect() as connection, open_session(connection) as session:
                return body(session)
        except DBAPIError as error:
            raise translate(error) from error

    def _check(self) -> None:
        try:
            with self._engine.begin() as connection:
                check_connection(connection)
        except DBAPIError as error:
            raise translate(error) from error

    def _dispose(self) -> None:
        self._readers.shutdown()
        self._snapshots.dispose()
        self._engine.dispose()

    def _tell(self, batch: list[Submitted], outcomes: list[Outcome]) -> None:
        def tell() -> None:
            settle(batch, outcomes)
            self._wakes.wake(wakes_of(outcomes))

        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)
