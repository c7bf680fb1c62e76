"""`ler-node revoke`: taking an issued badge back."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.credential import show_award
from node.cli.options import DataOption, JsonOption


def register(app: typer.Typer) -> None:
    app.command()(revoke)


def revoke(
    credential: Annotated[str, typer.Argument(help="The id of an issued credential, as `issue` printed it.")],
    data: DataOption,
    reason: Annotated[str, typer.Option(help="Kept with the award; not published.")],
    as_json: JsonOption = False,
) -> None:
    """Revoke an issued badge for good. The status list says so within seconds."""
    show_award(client_of(data).post(f"/credentials/{credential}/revoke", {"reason": reason}), as_json=as_json)
