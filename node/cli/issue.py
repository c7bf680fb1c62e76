"""`ler-node issue`: awarding an achievement to a person."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.credential import show_award
from node.cli.inputs import instant
from node.cli.options import DataOption, JsonOption
from protocols.jose.encoding import JsonObject


def register(app: typer.Typer) -> None:
    app.command()(issue)


def issue(
    learner: Annotated[str, typer.Argument(help="The id of an enrolled learner.")],
    achievement: Annotated[str, typer.Argument(help="The slug of a published achievement.")],
    data: DataOption,
    valid_until: Annotated[str | None, typer.Option(help="ISO 8601; never, where it is not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Award ACHIEVEMENT to LEARNER: their wallet is offered the badge, and it is signed when they take it."""
    body: JsonObject = {"learner_id": learner, "achievement": achievement}
    if valid_until is not None:
        body["valid_until"] = instant(valid_until)
    show_award(client_of(data).post("/credentials", body), as_json=as_json)
