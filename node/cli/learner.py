"""`ler-node learner`: the people the institution knows, and the codes for their wallets."""

from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from protocols.jose.encoding import JsonObject

APPS = ("id", "name", "host", "granted_at", "expires_at", "ended_at", "ended_because")
COLUMNS = ("id", "name", "reference", "enrolled", "suspended")
LearnerArgument = Annotated[str, typer.Argument(help="The id of a learner.")]


def register(app: typer.Typer) -> None:
    learner = typer.Typer(help="The people this institution knows.", no_args_is_help=True)
    learner.command()(enrol)
    learner.command("list")(list_learners)
    learner.command()(suspend)
    learner.command()(reinstate)
    learner.command()(rebind)
    learner.command()(code)
    learner.command()(apps)
    learner.command("end-app")(end_app)
    app.add_typer(learner, name="learner")


def enrol(
    name: Annotated[str, typer.Argument(help="As the institution's records have it.")],
    reference: Annotated[str, typer.Argument(help="The institution's own id of the person.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Make a person known. Hand them link and code by different ways: the code is shown this once."""
    _show_enrolment(client_of(data).post("/learners", {"name": name, "reference": reference}), as_json=as_json)


def list_learners(data: DataOption, as_json: JsonOption = False) -> None:
    """Everybody, with whether a wallet is bound to them and whether they are suspended."""
    show_rows(client_of(data).list("/learners"), COLUMNS, as_json=as_json)


def suspend(learner: LearnerArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Relay nothing more for a person, for now. What they hold on their phone stays theirs."""
    show_facts(client_of(data).post(f"/learners/{learner}/suspend"), as_json=as_json)


def reinstate(learner: LearnerArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Relay for a suspended person again."""
    show_facts(client_of(data).post(f"/learners/{learner}/reinstate"), as_json=as_json)


def rebind(learner: LearnerArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Give a person whose phone is lost a new link and code; the old wallet gets nothing more from now on.

    Hand them over as at enrolment: whoever has the code is bound. Badges that still hold are issued anew to the next
    wallet's key; each old one is revoked when its successor was issued.
    """
    _show_enrolment(client_of(data).post(f"/learners/{learner}/rebind"), as_json=as_json)


def code(learner: LearnerArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Make a one-time code with which the learner lets one app in to their badges here; it is shown this once."""
    show_facts(client_of(data).post(f"/learners/{learner}/sign-in-code"), as_json=as_json)


def apps(learner: LearnerArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """The apps that the learner let in, the newest first, and those that were ended."""
    show_rows(client_of(data).get(f"/learners/{learner}/apps")["items"], APPS, as_json=as_json)


def end_app(
    learner: LearnerArgument,
    app: Annotated[str, typer.Argument(help="The id of what was granted, as `learner apps` shows it.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """End what an app may do for the learner, at once."""
    show_rows(client_of(data).post(f"/learners/{learner}/apps/{app}/end")["items"], APPS, as_json=as_json)


def _show_enrolment(made: JsonObject, *, as_json: bool) -> None:
    learner = made["learner"]
    facts = {"id": learner["id"], "name": learner["name"], "reference": learner["reference"]}
    show_facts({**facts, "link": made["link"], "code": made["code"]}, as_json=as_json)
