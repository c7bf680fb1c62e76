"""The seam: a URL becomes a `Storage`. Which database it is, nobody outside node.storage can tell.

sqlite:///node.sqlite3                       a file in the data directory (sqlite:////var/… for one elsewhere)
postgresql+asyncpg://user@host/database      for more than one machine
"""

import asyncio
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from node.errors import ConfigurationError, StorageError
from node.storage import postgres, sqlite
from node.storage.batch import POINTS
from node.storage.migrations import upgrade_connection
from node.storage.unit import CommitPoints, Storage

DEFAULT_URL = "sqlite:///node.sqlite3"
EXPECTED = "sqlite:///FILE or postgresql+asyncpg://USER@HOST/DATABASE"


def open_storage(url: str, *, data_dir: Path, points: CommitPoints = POINTS) -> Storage:
    """The database at `url`, not connected yet: `start` does that, and `close` ends it.

    Args:
        data_dir: where a relative SQLite path begins.

    Raises:
        ConfigurationError: not a URL of a database that is spoken here.
    """
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        return sqlite.SqliteStorage(_path(parsed, data_dir), points)
    return postgres.PostgresStorage(url, points)


async def upgrade(url: str, *, data_dir: Path) -> None:
    """Brings the tables to this program's version, from nothing too; changes nothing where they are.

    Raises:
        SchemaOutOfDate: the tables are of a newer version.
        ConfigurationError: as for `open_storage`.
    """
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        await asyncio.to_thread(upgrade_sqlite, _path(parsed, data_dir))
    else:
        await _upgrade_postgres(url)


def sqlite_file(url: str, *, data_dir: Path) -> Path | None:
    """The file of the database at `url`; None where it is no file. Raises ConfigurationError as `open_storage`."""
    parsed = _parse(url)
    return _path(parsed, data_dir) if parsed.drivername == "sqlite" else None


def upgrade_sqlite(path: Path) -> None:
    """As `upgrade`, for the SQLite file at `path`."""
    sqlite.create_file(path)
    engine = sqlite.create_sqlite_engine(path)
    try:
        with engine.begin() as connection:
            upgrade_connection(connection)
    except DBAPIError as error:
        raise sqlite.translate(error) from error
    finally:
        engine.dispose()


async def _upgrade_postgres(url: str) -> None:
    engine = postgres.create_postgres_engine(url)
    try:
        async with engine.connect() as connection:
            # A snapshot from before the lock would not see what the replica that had it has made.
            await connection.execution_options(isolation_level="READ COMMITTED")
            await connection.run_sync(upgrade_connection)
            await connection.commit()
    except DBAPIError as error:
        raise postgres.translate(error) from error
    except (OSError, TimeoutError) as error:
        raise StorageError("the database cannot be reached", found=type(error).__name__) from error
    finally:
        await engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError("database.url is not a URL", expected=EXPECTED) from None
    if parsed.drivername not in ("sqlite", "postgresql+asyncpg"):
        raise ConfigurationError("database.url names no known database", found=parsed.drivername, expected=EXPECTED)
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigurationError("database.url names no file", expected=DEFAULT_URL)
    return parsed


def _path(url: URL, data_dir: Path) -> Path:
    return (data_dir / (url.database or "")).resolve()
