"""`ler-node revoke`, `suspend`, `reinstate`: taking an issued badge's force away, for good or for a while."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.credential import show_award
from node.cli.options import DataOption, JsonOption

CredentialArgument = Annotated[str, typer.Argument(help="The id of an issued credential, as `issue` printed it.")]
ReasonOption = Annotated[str, typer.Option(help="Kept with the award; not published.")]


def register(app: typer.Typer) -> None:
    for verb in (revoke, suspend, reinstate):
        app.command()(verb)


def revoke(credential: CredentialArgument, data: DataOption, reason: ReasonOption, as_json: JsonOption = False) -> None:
    """Revoke an issued badge for good. The status list says so within seconds."""
    _change("revoke", credential, data, reason, as_json)


def suspend(
    credential: CredentialArgument, data: DataOption, reason: ReasonOption, as_json: JsonOption = False
) -> None:
    """Suspend an issued badge until it is reinstated. The status list says so within seconds."""
    _change("suspend", credential, data, reason, as_json)


def reinstate(
    credential: CredentialArgument, data: DataOption, reason: ReasonOption, as_json: JsonOption = False
) -> None:
    """End a suspension: the badge has its force again. A revocation cannot be taken back."""
    _change("reinstate", credential, data, reason, as_json)


def _change(verb: str, credential: str, data: DataOption, reason: str, as_json: bool) -> None:
    show_award(client_of(data).post(f"/credentials/{credential}/{verb}", {"reason": reason}), as_json=as_json)
