"""`ler-node db`: the tables, which `serve` only takes in their newest form; copies of the database, and its health."""

import asyncio
import contextlib
import socket
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.keystore import open_keystore
from node.cli.offline import opened_storage
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_rows, write_new
from node.cli.plain import printable
from node.clock import SystemClock
from node.errors import ConfigurationError, Conflict, StorageError
from node.services.consistency import Check, Consistency, Outcome
from node.settings import Settings, load_settings
from node.storage.copies import contents_of, copy_database, examine, in_use, set_aside
from node.storage.engine import DEFAULT_URL, sqlite_file
from node.storage.engine import upgrade as upgrade_tables
from node.storage.read_only import open_read_only

LARGE_BYTES = 64 * 1024 * 1024
"""From this size on copying takes long enough to say how far it is."""
TOLD_EVERY_PERCENT = 10
ANSWERS_WITHIN_S = 1.0
TABLES = "tables"
STOPPED = "a node that was stopped (SIGTERM)"

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="A copy that `db backup` made.", show_default=False)]


def register(app: typer.Typer) -> None:
    db = typer.Typer(help="The database: its tables, its copies, its health.", no_args_is_help=True)
    db.command()(upgrade)
    db.command()(check)
    db.command()(fsck)
    db.command()(backup)
    db.command()(restore)
    app.add_typer(db, name="db")


def upgrade(data: DataOption) -> None:
    """Bring the tables to this program's version. Safe to repeat."""
    settings = load_settings(data)
    asyncio.run(upgrade_tables(_url(settings), data_dir=settings.data_dir))
    print("the tables are of this version")


def check(data: DataOption) -> None:
    """Say whether the tables are of this program's version; exit 1 when not."""
    asyncio.run(_connect_once(data))
    print("the tables are of this version")


def fsck(data: DataOption, as_json: JsonOption = False) -> None:
    """Look whether the database is whole: file, logs, status lists, keys; exit 1 when something is not.

    Reads only, also beside a running node. A large database takes minutes.
    """
    checks = asyncio.run(_examined(load_settings(data)))
    rows = [asdict(each) for each in checks]
    if not as_json:
        rows = [{**row, "outcome": str(row["outcome"]).upper() if row["problems"] else row["outcome"]} for row in rows]
    show_rows(rows, ("outcome", "name", "found"), as_json=as_json)
    if not as_json:
        for each in checks:
            for problem in each.problems[1:]:
                print(f"{each.name}: {printable(problem)}", file=sys.stderr)
    if any(each.outcome is Outcome.WRONG for each in checks):
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, not one that exists.", show_default=False)],
    data: DataOption,
) -> None:
    """Copy the database into FILE, also while the node runs. SQLite only.

    The copy is of one moment, and readable by you only. It has neither node.toml nor the master key: `keys backup`.
    """
    source = _sqlite_of(load_settings(data), instead="pg_dump --format=custom")
    if not source.is_file():
        raise ConfigurationError("no database here", found=str(source), expected="a node made by `ler-node init`")
    write_new(file, b"", mode=0o600)
    try:
        copy_database(source, file, _progress())
    except BaseException:
        file.unlink()
        raise
    print(f"copied to {file}, {file.stat().st_size} bytes")


def restore(
    file: BackupFile,
    data: DataOption,
    replace: Annotated[bool, typer.Option("--replace", help="Keep the database that is there beside it.")] = False,
) -> None:
    """Put the database in FILE into DATA, whose node does not run. SQLite only.

    FILE is looked at first: it must be whole and of this very node. A database that is there already is not touched,
    unless --replace is given: then it keeps lying beside the new one, under a name with the time in it.
    """
    settings = load_settings(data)
    target = _sqlite_of(settings, instead="pg_restore")
    if not file.is_file():
        raise typer.BadParameter(f"{file}: not a file; expected a copy that `ler-node db backup` made")
    there = contents_of(target)
    if there and not replace:
        raise Conflict("there is a database already", found=str(there[0]), expected="an empty folder, or --replace")
    _check_silent(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    coming = target.with_name(f"{target.name}.coming")
    coming.unlink(missing_ok=True)  # of a restore that was killed
    write_new(coming, b"", mode=0o600)
    try:
        copy_database(file, coming, _progress())
        examined = examine(coming, settings.did)
        if target.exists() and in_use(target):
            raise Conflict("the node runs", found=f"another process has {target} open", expected=STOPPED)
        kept = set_aside(target, now=SystemClock().now())
        coming.rename(target)
    except BaseException:
        coming.unlink()
        raise
    print(f"restored to {target}")
    if kept is not None:
        print(f"the one before is kept as {kept}")
    if not examined.is_current:
        print(f"it is of an older version; next: ler-node db upgrade --data {data}")


def _url(settings: Settings) -> str:
    return settings.database.url or DEFAULT_URL


def _sqlite_of(settings: Settings, *, instead: str) -> Path:
    path = sqlite_file(_url(settings), data_dir=settings.data_dir)
    if path is None:
        raise ConfigurationError("this node's database is PostgreSQL, which has tools of its own", expected=instead)
    return path


def _check_silent(settings: Settings) -> None:
    """Raises Conflict where something listens at the node's address."""
    address = settings.listen_address
    with contextlib.suppress(OSError):
        socket.create_connection((address.host, address.port), timeout=ANSWERS_WITHIN_S).close()
        found = f"something answers at {address.host}:{address.port}"
        raise Conflict("the node runs", found=found, expected=STOPPED)


def _progress() -> "partial[None]":
    return partial(_tell, set[int]())


def _tell(told: set[int], done_bytes: int, total_bytes: int) -> None:
    """How far a large copy is, a line on stderr every ten percent."""
    percent = done_bytes * 100 // total_bytes // TOLD_EVERY_PERCENT * TOLD_EVERY_PERCENT if total_bytes else 100
    if total_bytes >= LARGE_BYTES and percent not in told:
        told.add(percent)
        print(f"{percent} % of {total_bytes >> 20} MiB", file=sys.stderr)


async def _examined(settings: Settings) -> list[Check]:
    storage = open_read_only(_url(settings), data_dir=settings.data_dir)
    try:
        await storage.start()
    except StorageError as error:
        return [Check(name=TABLES, outcome=Outcome.WRONG, found=error.sentence, problems=(error.sentence,))]
    try:
        tables = Check(name=TABLES, outcome=Outcome.OK, found="of this version")
        return [tables, *await Consistency(storage, partial(open_keystore, settings), settings.base_url).examine()]
    finally:
        await storage.close()


async def _connect_once(data: DataOption) -> None:
    async with opened_storage(load_settings(data)):
        pass
