"""The schema's versions: what migrations make is what the tables' classes say, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlmodel import Session

from node.errors import ConfigurationError, SchemaOutOfDate
from node.storage.engine import DEFAULT_URL, open_storage, upgrade
from node.storage.tables import METADATA
from node.storage.unit import Storage
from tests.support.postgres import postgres_server


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield DEFAULT_URL
    else:
        with postgres_server().database(empty=True) as database:
            yield database


def differences(session: Session) -> list[object]:
    connection: Connection = session.connection()
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


async def test_the_migrated_schema_is_that_of_the_tables(storage: Storage) -> None:
    assert await storage.read(differences) == []


async def test_a_difference_would_be_seen(storage: Storage) -> None:
    await storage.run("drop", lambda session: session.connection().execute(text("DROP TABLE job")))
    assert [change[0] for change in await storage.read(differences)] == ["add_table"]


async def test_upgrading_twice_changes_nothing(empty_url: str, tmp_path: Path) -> None:
    for _ in range(2):
        await upgrade(empty_url, data_dir=tmp_path)
    storage = open_storage(empty_url, data_dir=tmp_path)
    await storage.start()
    assert await storage.read(differences) == []
    await storage.close()


async def test_an_empty_database_is_not_served(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaOutOfDate) as refused:
        await open_storage(empty_url, data_dir=tmp_path).start()
    assert (refused.value.found, refused.value.retryable) == ("schema none", False)


async def test_a_newer_schema_is_neither_served_nor_touched(empty_url: str, tmp_path: Path) -> None:
    await upgrade(empty_url, data_dir=tmp_path)
    storage = open_storage(empty_url, data_dir=tmp_path)
    await storage.start()
    version = text("UPDATE alembic_version SET version_num = '9999'")
    await storage.run("time travel", lambda session: session.connection().execute(version))
    await storage.close()

    for refused in (upgrade(empty_url, data_dir=tmp_path), open_storage(empty_url, data_dir=tmp_path).start()):
        with pytest.raises(SchemaOutOfDate) as error:
            await refused
        assert error.value.found == "schema 9999"


@pytest.mark.parametrize(
    "url", ["", "node.sqlite3", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "postgresql://x/y"]
)
def test_a_url_of_no_known_database_is_a_configuration_error(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        open_storage(url, data_dir=tmp_path)
    assert error.value.expected is not None
