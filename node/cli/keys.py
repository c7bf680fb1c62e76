"""`ler-node keys`: what keys the running node has, new ones in their place, and a copy of the key that seals them."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from node.adapters.key_backup import check_passphrase, open_master_keys, seal_master_keys
from node.adapters.keystore import Keystore, Sealer
from node.adapters.master_key import is_given_apart, load_master_keys, write_master_keys
from node.cli.client import client_of
from node.cli.inputs import read_object
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new
from node.errors import ConfigurationError, Refused, StorageError
from node.services.did_document import Purpose
from node.settings import Settings, load_settings
from node.storage.engine import DEFAULT_URL, sqlite_file
from node.storage.read_only import open_read_only
from node.storage.repos import identity

COLUMNS = ("purpose", "kid", "crv", "created_at", "retired_at", "used_until", "revoked_at")
PASSPHRASE = "LER_PASSPHRASE"  # noqa: S105 # a variable's name


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The node's keys.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("rotate")(rotate)
    keys.command("backup")(backup)
    keys.command("restore")(restore)
    app.add_typer(keys, name="keys")


def list_keys(data: DataOption, as_json: JsonOption = False) -> None:
    """Every key the node ever had; the ones in use have no retirement date."""
    show_rows(client_of(data).list("/keys"), COLUMNS, as_json=as_json)


def rotate(
    purpose: Purpose,
    data: DataOption,
    leaked: Annotated[bool, typer.Option("--leaked", help="Others have the old key: it ends now.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make the next key for PURPOSE. What the old one signed goes on verifying.

    The new key is published at once, and used in place of the old one when others have had time to see it: ten
    minutes later, a federation key a week later.
    """
    show_facts(client_of(data).post("/keys/rotate", {"purpose": purpose.value, "leaked": leaked}), as_json=as_json)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, not one that exists.", show_default=False)],
    data: DataOption,
) -> None:
    """Write the master key into FILE, encrypted under a passphrase of 12 characters or more.

    The passphrase is asked for twice, or taken from LER_PASSPHRASE. Without it FILE is of no use; with it FILE opens
    the database: keep FILE where the database's copies are not.
    """
    settings = load_settings(data)
    keys = load_master_keys(settings)
    if file.exists():
        raise typer.BadParameter(f"{file} exists; expected a new file")
    passphrase = _passphrase(is_new=True)
    document = seal_master_keys(keys, passphrase, did=settings.did)
    write_new(file, json.dumps(document, indent=2).encode() + b"\n", mode=0o600)
    print(f"written to {file}; keep it and its passphrase apart from the database")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `keys backup` wrote.", show_default=False)],
    data: DataOption,
) -> None:
    """Write the master key out of FILE into DATA, where there is none; it has to open the database's keys.

    The passphrase is asked for, or taken from LER_PASSPHRASE.
    """
    settings = load_settings(data)
    if is_given_apart(settings):
        raise ConfigurationError(
            "this node's master key is no file", found="keys.master or keys.master_command", expected="neither of them"
        )
    if settings.master_file.exists():
        raise ConfigurationError(
            "there is a master key already", found=str(settings.master_file), expected="to be moved away first"
        )
    document = read_object(file)
    keys = open_master_keys(document, _passphrase(is_new=False), did=settings.did)
    compared = asyncio.run(_compared(settings, keys))
    print(f"written to {write_master_keys(settings, keys)}; {compared}")


def _passphrase(*, is_new: bool) -> str:
    given = os.environ.get(PASSPHRASE)
    if not given and not sys.stdin.isatty():
        raise typer.BadParameter(f"nobody to ask for the passphrase; expected {PASSPHRASE}, or a terminal")
    passphrase = given or typer.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new)
    if is_new:
        check_passphrase(passphrase)
    return passphrase


async def _compared(settings: Settings, keys: Sequence[bytes]) -> str:
    """What the database says to these master keys, where there is one; raises Refused where they do not open it."""
    url = settings.database.url or DEFAULT_URL
    path = sqlite_file(url, data_dir=settings.data_dir)
    if path is not None and not path.exists():
        return "there is no database yet to try it on"
    storage = open_read_only(url, data_dir=settings.data_dir)
    try:
        await storage.start()
    except StorageError as error:
        return f"not tried on the database: {error.sentence}"
    try:
        stored = await storage.read(identity.keys)
        Keystore(Sealer(keys)).load(stored)
    except ConfigurationError as error:
        raise Refused("the key in the backup does not open the database", found=error.found) from error
    finally:
        await storage.close()
    return f"it opens the {len(stored)} keys of the database"
