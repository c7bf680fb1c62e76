"""`ler-node status`: the status lists that reports rest on and those we publish, messages, and what waits here."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.credential import show_award
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows

COLUMNS = ("freshness", "url", "issuer", "fetched_at", "checked_at", "next_at", "failures", "error")
PUBLISHED = ("purpose", "url", "taken", "entries", "bits", "messages", "changed_at", "signed_at")


def register(app: typer.Typer) -> None:
    status = typer.Typer(help="Status lists, others' and our own, and this node's queues.", no_args_is_help=True)
    status.command()(show)
    status.command()(sync)
    status.command(name="set")(say)
    app.add_typer(status, name="status")


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """The synced status lists, those that we publish, and how much waits in mailbox, outbox and work list."""
    client = client_of(data)
    lists, published, queues = client.list("/status"), client.list("/status/published"), client.get("/queues")
    if as_json:
        show_facts({"lists": lists, "published": published, "queues": queues}, as_json=True)
        return
    show_rows(lists, COLUMNS, as_json=False)
    print()
    show_rows(published, PUBLISHED, as_json=False)
    print()
    show_facts(queues)


def say(
    credential: Annotated[str, typer.Argument(help="The id of an issued badge.")],
    message: Annotated[str, typer.Argument(help="One of the messages of its list; `status show` has them.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Say MESSAGE of an issued badge, in the list that verifiers fetch; it takes nothing from the badge."""
    show_award(client_of(data).post(f"/credentials/{credential}/message", {"message": message}), as_json=as_json)


def sync(data: DataOption, as_json: JsonOption = False) -> None:
    """Look at every status list now; exit 1 when one could not be had."""
    done = client_of(data).post("/status/sync")
    show_facts(done, as_json=as_json)
    if done["failed"]:
        raise typer.Exit(1)
