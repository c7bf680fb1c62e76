"""Writes a new revision: what the tables' classes have and the newest revision has not."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command

from node.storage.migrations import config_for, upgrade_connection
from node.storage.sqlite import create_file, create_sqlite_engine


def main(message: str) -> None:
    versions = Path(__file__).parent / "versions"
    revision = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04d}"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scratch.sqlite3"
        create_file(path)
        engine = create_sqlite_engine(path)
        with engine.begin() as connection:
            if revision != "0001":
                upgrade_connection(connection)
            command.revision(config_for(connection), message, autogenerate=True, rev_id=revision)
        engine.dispose()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or sys.exit('usage: python -m node.storage.migrations "what changed"'))
