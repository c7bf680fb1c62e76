"""`ler-node keys`: what keys the running node has, and putting new ones in their place."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from node.services.did_document import Purpose

COLUMNS = ("purpose", "kid", "crv", "created_at", "retired_at", "used_until", "revoked_at")


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The node's keys.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("rotate")(rotate)
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
