"""A database to look at only: for commands that work beside a running node, or where none runs."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from node.errors import StorageError
from node.storage import sqlite
from node.storage.batch import open_session
from node.storage.engine import DEFAULT_URL, open_storage
from node.storage.migrations import check_connection
from node.storage.unit import Session, Storage, Waiter
from node.storage.wakes import Wakes

T = TypeVar("T")


def open_read_only(url: str, *, data_dir: Path) -> Storage:
    """The database at `url`, not connected yet; what is run on it fails, and nothing is created or locked."""
    if url.startswith("sqlite:"):
        return ReadOnlySqlite((data_dir / url.removeprefix("sqlite:///")).resolve())
    return open_storage(url, data_dir=data_dir)


class ReadOnlySqlite:
    """Implements `Storage`, its reading half; a write-ahead log that the running node has is read too."""

    is_shared = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wakes = Wakes()

    async def start(self) -> None:
        if not self._path.is_file():
            raise StorageError("no database here", found=str(self._path), expected=f"{DEFAULT_URL} of a node")
        self._engine = sqlite.create_sqlite_engine(self._path, read_only=True)
        await asyncio.to_thread(self._check)

    async def close(self) -> None:
        self._engine.dispose()

    def listen(self, channel: str) -> Waiter:
        return self._wakes.listen(channel)

    async def run(self, name: str, body: Callable[[Session], T]) -> T:
        raise StorageError("this database is open for reading only", found=name, expected="a running node")

    async def read(self, body: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._read, body)

    def _read(self, body: Callable[[Session], T]) -> T:
        try:
            with self._engine.connect() as connection, open_session(connection) as session:
                return body(session)
        except DBAPIError as error:
            raise sqlite.translate(error) from error

    def _check(self) -> None:
        try:
            with self._engine.connect() as connection:
                check_connection(connection)
        except DBAPIError as error:
            raise sqlite.translate(error) from error
