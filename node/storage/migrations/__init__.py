"""The schema's versions, forward only; each leaves tables that the release before can still use.

A new one is made from the tables' classes: `python -m node.storage.migrations "what changed"`, then read and mended.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from node.errors import SchemaOutOfDate

ONE_AT_A_TIME = 0x6C65_7264
"""An advisory lock of the migrating transaction on PostgreSQL: replicas that start together take turns."""


def config_for(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def upgrade_connection(connection: Connection) -> None:
    """Brings the tables to the newest version, in the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
    config = config_for(connection)
    if _current(connection) not in (None, *_known(config)):
        raise _newer(connection, config)
    command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Whether the tables are of this program's version; raises SchemaOutOfDate where they are of a newer one."""
    config = config_for(connection)
    current, known = _current(connection), _known(config)
    if current not in (None, *known):
        raise _newer(connection, config)
    return current == known[0]


def check_connection(connection: Connection) -> None:
    """Raises SchemaOutOfDate unless the tables are of this program's version."""
    if not is_current(connection):
        current, known = _current(connection), _known(config_for(connection))
        raise SchemaOutOfDate(
            "the database has to be upgraded: ler-node db upgrade",
            found=f"schema {current or 'none'}",
            expected=f"schema {known[0]}",
        )


def _newer(connection: Connection, config: Config) -> SchemaOutOfDate:
    return SchemaOutOfDate(
        "the database was written by a newer version of this program",
        found=f"schema {_current(connection)}",
        expected=f"schema {_known(config)[0]}",
    )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known(config: Config) -> list[str]:
    """Every revision of this program, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
