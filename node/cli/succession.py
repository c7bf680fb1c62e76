"""`ler-node succession`: what becomes of an institution's records when it is gone."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.inputs import read_bytes
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new

MAX_FILE_BYTES = 1024 * 1024 * 1024
InstitutionArgument = Annotated[str, typer.Argument(help="DID or entity id (https URL) of the institution.")]


def register(app: typer.Typer) -> None:
    succession = typer.Typer(help="What becomes of an institution's records when it is gone.", no_args_is_help=True)
    for verb in (name, show, export, take, custody, confirm, revoke):
        succession.command()(verb)
    app.add_typer(succession, name="succession")


def name(
    custodian: Annotated[str, typer.Argument(help="DID or entity id of the member that will look after the records.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Name a custodian, while this institution lives. It never gets a key of yours."""
    show_facts(client_of(data).post("/succession", {"custodian": custodian}), as_json=as_json)


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """Whom this node named, and whether others have seen that yet: before that it does not count."""
    show_facts(client_of(data).get("/succession"), as_json=as_json)


def export(
    out: Annotated[Path, typer.Argument(help="A new file; only the custodian can read it.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Write status lists and credentials for the custodian. Do it again from time to time."""
    envelopes = client_of(data).get("/succession/envelopes")["items"]
    write_new(out, "".join(f"{envelope}\n" for envelope in envelopes).encode("utf-8"))
    show_facts({"file": str(out), "envelopes": len(envelopes)}, as_json=as_json)


def take(
    file: Annotated[Path, typer.Argument(help="As `ler-node succession export` wrote it.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Take what an institution handed over into this node's custody. The same file again changes nothing."""
    client, credentials, institution = client_of(data), 0, None
    for line in read_bytes(file, MAX_FILE_BYTES).decode("utf-8", errors="replace").splitlines():
        taken = client.post("/custody/envelopes", {"envelope": line})
        institution, credentials = taken["institution"], credentials + taken["credentials"]
    show_facts({"institution": institution, "credentials": credentials}, as_json=as_json)


def custody(data: DataOption, as_json: JsonOption = False) -> None:
    """Who looks after whose records, as far as this node knows."""
    items = client_of(data).get("/custody")["items"]
    show_rows(items, ("institution", "custodian", "credentials", "confirmations"), as_json=as_json)


def confirm(institution: InstitutionArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Confirm that an institution has closed: its custodian needs that of one member with no part in it."""
    show_facts(client_of(data).post("/custody/confirm", {"institution": institution}), as_json=as_json)


def revoke(
    institution: InstitutionArgument,
    credential: Annotated[str, typer.Argument(help="The id that the credential had at the institution.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Revoke a credential of an institution in this node's custody."""
    client_of(data).post("/custody/revoke", {"institution": institution, "credential": credential})
    show_facts({"institution": institution, "credential": credential, "state": "revoked"}, as_json=as_json)
