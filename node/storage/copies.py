"""Copies of a SQLite database: of one that a running node writes to, and one put in the place of another.

A copy is one file without a write-ahead log beside it. It is of one moment: the source is read in one transaction, so
that what is written meanwhile neither gets in nor makes the copy begin again.
"""

import fcntl
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from node.errors import BadInput, ConfigurationError, Conflict, Full, NodeError, StorageError
from node.storage import sqlite
from node.storage.migrations import is_current
from node.storage.statements import table_of
from node.storage.tables.base import MAIN
from node.storage.tables.identity import Organisation

STEP_PAGES = 4096
"""16 MiB: how often progress is told."""
LOCK_TABLE = "-shm"
PARTS = ("", "-journal", "-wal", LOCK_TABLE)
"""What the names of a database's files end in."""
SHARED_FIRST, SHARED_BYTES = 0x40000002, 510

Progress = Callable[[int, int], None]
"""Told how many bytes were copied, and of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A database of the right node that holds together; an older one has to be upgraded before it is served."""

    is_current: bool


def copy_database(source: Path, target: Path, progress: Progress) -> None:
    """Copies `source` into `target`, an empty file.

    Raises:
        StorageError: there is no such database, or it cannot be read.
        Full: no room for the copy.
    """
    if not source.is_file():
        raise StorageError("no database here", found=str(source), expected="a SQLite database")

    def told(_: int, remaining: int, total: int) -> None:
        progress((total - remaining) * page_bytes, total * page_bytes)

    try:
        with closing(_reading(source)) as reading, closing(sqlite3.connect(target)) as writing:
            reading.execute("BEGIN")
            page_bytes: int = reading.execute("PRAGMA page_size").fetchone()[0]
            reading.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            reading.backup(writing, pages=STEP_PAGES, progress=told)
            writing.execute("PRAGMA journal_mode = DELETE")  # it is whole without other files beside it
    except sqlite3.Error as error:
        raise _failure(error, f"{source} cannot be copied") from error


def examine(path: Path, did: str) -> Examined:
    """Looks whether `path` is a database of the node `did`, whole, and of a version that this program knows.

    Raises:
        BadInput: it is damaged, or no database of a node.
        SchemaOutOfDate: it was written by a newer version.
        ConfigurationError: it is of another node.
    """
    engine = sqlite.create_sqlite_engine(path, read_only=True)
    organisation = table_of(Organisation)
    try:
        with engine.connect() as connection:
            problem = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            if problem != "ok":
                raise BadInput("the database is damaged", found=str(problem)[:200], expected="another backup")
            examined = Examined(is_current=is_current(connection))
            found = connection.execute(select(organisation.c.did).where(organisation.c.id == MAIN)).scalar()
    except DBAPIError as error:
        raise BadInput("not a database of a node", found=str(error.orig)[:200], expected="db backup's file") from error
    finally:
        engine.dispose()
    if found != did:
        raise ConfigurationError("the database is of another node", found=found or "no identity", expected=did)
    return examined


def in_use(path: Path) -> bool:
    """Whether another process has the database open. Nothing of it is read or changed, so it may be damaged.

    Who has a database with a write-ahead log open holds a lock on a range of its bytes that are never written:
    https://www.sqlite.org/fileformat2.html#lockbyte
    """
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, SHARED_BYTES, SHARED_FIRST)
        except OSError:
            return True
    return False


def contents_of(path: Path) -> list[Path]:
    """The files at and beside `path` that hold something of a database: an empty log and a lock table do not."""
    return [file for file in _parts_of(path) if file.stat().st_size and not file.name.endswith(LOCK_TABLE)]


def set_aside(path: Path, *, now: datetime) -> Path | None:
    """Gives the database at `path` another name beside it, one that opens; None where there is none.

    Raises:
        Conflict: something has that name already.
    """
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%SZ}")
    if _parts_of(aside):
        raise Conflict("the old database cannot be kept beside the new one", found=f"{aside} exists")
    contents = contents_of(path)
    for file in _parts_of(path):
        if file in contents:
            file.rename(aside.with_name(aside.name + file.name.removeprefix(path.name)))
        else:
            file.unlink()
    return aside if contents else None


def _parts_of(path: Path) -> list[Path]:
    named = (path.with_name(path.name + part) for part in PARTS)
    return [file for file in named if file.exists()]


def _reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {sqlite.BUSY_MS}")
    return connection


def _failure(error: sqlite3.Error, detail: str) -> NodeError:
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_FULL:
        return Full("no space left for the copy", expected="a disk with more room")
    if code & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return BadInput(detail, found=str(error)[:200], expected="a SQLite database that is whole")
    return StorageError(detail, found=str(error)[:200])
