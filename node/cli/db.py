"""`ler-node db`: the tables of the database, which `serve` only takes in their newest form."""

import asyncio

import typer

from node.cli.offline import opened_storage
from node.cli.options import DataOption
from node.settings import load_settings
from node.storage.engine import DEFAULT_URL
from node.storage.engine import upgrade as upgrade_tables


def register(app: typer.Typer) -> None:
    db = typer.Typer(help="The database's tables.", no_args_is_help=True)
    db.command()(upgrade)
    db.command()(check)
    app.add_typer(db, name="db")


def upgrade(data: DataOption) -> None:
    """Bring the tables to this program's version. Safe to repeat."""
    settings = load_settings(data)
    asyncio.run(upgrade_tables(settings.database.url or DEFAULT_URL, data_dir=settings.data_dir))
    print("the tables are of this version")


def check(data: DataOption) -> None:
    """Say whether the tables are of this program's version; exit 1 when not."""
    asyncio.run(_connect_once(data))
    print("the tables are of this version")


async def _connect_once(data: DataOption) -> None:
    async with opened_storage(load_settings(data)):
        pass
