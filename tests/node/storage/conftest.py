"""Every storage test runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from node.storage.engine import DEFAULT_URL, open_storage
from node.storage.unit import Storage
from tests.support.postgres import postgres_server
from tests.support.storage import storage_in


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with every table."""
    if request.param == "sqlite":
        storage_in(tmp_path)
        yield DEFAULT_URL
    else:
        with postgres_server().database() as database:
            yield database


@pytest_asyncio.fixture
async def storage(url: str, tmp_path: Path) -> AsyncIterator[Storage]:
    opened = open_storage(url, data_dir=tmp_path)
    await opened.start()
    yield opened
    await opened.close()
