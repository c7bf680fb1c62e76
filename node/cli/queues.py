"""`ler-node queues`: what waits at this node, what was given up, and trying that again."""

from enum import StrEnum
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows

COLUMNS = ("id", "destination", "state", "attempts", "next_at", "expires_at", "last_error")
MOST = "200"


class State(StrEnum):
    """Still tried, or given up."""

    WAITING = "waiting"
    DEAD = "dead"


def register(app: typer.Typer) -> None:
    queues = typer.Typer(help="What waits at this node.", no_args_is_help=True)
    queues.command()(show)
    queues.command()(outbox)
    queues.command()(resend)
    app.add_typer(queues, name="queues")


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """How much waits in mailbox, outbox and work list, and how much was given up."""
    show_facts(client_of(data).get("/queues"), as_json=as_json)


def outbox(
    data: DataOption,
    state: Annotated[State, typer.Option(help="Still tried, or given up.")] = State.WAITING,
    as_json: JsonOption = False,
) -> None:
    """Messages on their way out, the next due first; with `--state dead` those given up, the newest first."""
    found = client_of(data).list("/queues/outbox", {"state": state.value, "limit": MOST})
    show_rows(found, COLUMNS, as_json=as_json)


def resend(
    message: Annotated[str, typer.Argument(help="The id of a message that was given up.")], data: DataOption
) -> None:
    """Try a message that was given up anew, at once."""
    client_of(data).post(f"/queues/outbox/{message}/resend")
    print("queued again")
