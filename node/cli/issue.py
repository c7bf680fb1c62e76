"""`ler-node issue`: awarding an achievement, or a whole badge, to a person."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.credential import show_award
from node.cli.inputs import instant, read_object
from node.cli.options import DataOption, JsonOption
from protocols.jose.encoding import JsonObject


def register(app: typer.Typer) -> None:
    app.command()(issue)


def issue(
    learner: Annotated[str, typer.Argument(help="The id of an enrolled learner.")],
    data: DataOption,
    achievement: Annotated[str | None, typer.Argument(help="The slug of a published achievement.")] = None,
    file: Annotated[Path | None, typer.Option(help="A whole badge as JSON, in place of ACHIEVEMENT.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="ISO 8601; never, where it is not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Award ACHIEVEMENT, or the badge in FILE, to LEARNER: their wallet is offered it; it is signed when they take it.

    FILE holds an Open Badges 3.0 credential with results, evidence and whatever else, but without what only the node
    and the wallet can say: id, issuer, validity, status, proof, and the id of its subject.
    """
    if (achievement is None) == (file is None):
        raise typer.BadParameter("neither or both of ACHIEVEMENT and --file; expected one of them")
    body: JsonObject = {"learner_id": learner}
    body |= {"achievement": achievement} if file is None else {"badge": read_object(file)}
    if valid_until is not None:
        body["valid_until"] = instant(valid_until)
    show_award(client_of(data).post("/credentials", body), as_json=as_json)
