"""`ler-node credential`: the awards this institution made, and how far each has come."""

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from protocols.jose.encoding import JsonObject

COLUMNS = ("id", "learner_id", "achievement", "state", "offered_at", "issued_at", "valid_until", "revoked_at", "reason")


def register(app: typer.Typer) -> None:
    credential = typer.Typer(help="Awards.", no_args_is_help=True)
    credential.command("list")(list_credentials)
    app.add_typer(credential, name="credential")


def list_credentials(data: DataOption, as_json: JsonOption = False) -> None:
    """Every award, in the order they were made."""
    show_rows(client_of(data).list("/credentials"), COLUMNS, as_json=as_json)


def show_award(award: JsonObject, *, as_json: bool) -> None:
    """Prints one award; for people without what it has not."""
    facts = {name: award[name] for name in COLUMNS if award[name] is not None}
    show_facts(award if as_json else facts, as_json=as_json)
