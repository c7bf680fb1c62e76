"""`ler-node credential`: the awards this institution made, and how far each has come."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new
from protocols.jose.encoding import JsonObject, canonical_json

COLUMNS = ("id", "learner_id", "achievement", "state", "offered_at", "issued_at", "valid_until", "revoked_at", "reason")


def register(app: typer.Typer) -> None:
    credential = typer.Typer(help="Awards.", no_args_is_help=True)
    credential.command("list")(list_credentials)
    credential.command()(date)
    app.add_typer(credential, name="credential")


def list_credentials(data: DataOption, as_json: JsonOption = False) -> None:
    """Every award, in the order they were made."""
    show_rows(client_of(data).list("/credentials"), COLUMNS, as_json=as_json)


def date(
    id: Annotated[str, typer.Argument(help="The id of an award.")],
    data: DataOption,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to a new file, for `verify --date`.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The proof of when a badge was signed, by members who saw it then. Learners get theirs by themselves."""
    proof = client_of(data).get(f"/credentials/{id}/date")["proof"]
    if out is not None:
        write_new(out, canonical_json(proof))
    facts = {"log": proof["log"], "entries": proof["size"], "witnesses": len(proof["cosignatures"])}
    show_facts(proof if as_json else facts, as_json=as_json)


def show_award(award: JsonObject, *, as_json: bool) -> None:
    """Prints one award; for people without what it has not."""
    facts = {name: award[name] for name in COLUMNS if award[name] is not None}
    show_facts(award if as_json else facts, as_json=as_json)
