"""`ler-node status`: how fresh the status lists are that reports rest on, and what waits at this node."""

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows

COLUMNS = ("freshness", "url", "issuer", "fetched_at", "checked_at", "next_at", "failures", "error")


def register(app: typer.Typer) -> None:
    status = typer.Typer(help="Other issuers' status lists, and this node's queues.", no_args_is_help=True)
    status.command()(show)
    status.command()(sync)
    app.add_typer(status, name="status")


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """The synced status lists, and how much waits in mailbox, outbox and work list."""
    client = client_of(data)
    lists, queues = client.list("/status"), client.get("/queues")
    if as_json:
        show_facts({"lists": lists, "queues": queues}, as_json=True)
        return
    show_rows(lists, COLUMNS, as_json=False)
    print()
    show_facts(queues)


def sync(data: DataOption, as_json: JsonOption = False) -> None:
    """Look at every status list now; exit 1 when one could not be had."""
    done = client_of(data).post("/status/sync")
    show_facts(done, as_json=as_json)
    if done["failed"]:
        raise typer.Exit(1)
