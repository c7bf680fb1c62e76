"""`ler-node network`: founding a trust network, joining one, and deciding who belongs to it."""

from typing import Annotated, Any

import typer

from node.cli.client import client_of
from node.cli.inputs import seconds
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows

MEMBERS = ("name", "state", "since", "did", "roles")
MemberArgument = Annotated[str, typer.Argument(help="DID or entity id (https URL) of the member.")]
ReasonOption = Annotated[str | None, typer.Option(help="Why; published with the event.")]


def register(app: typer.Typer) -> None:
    network = typer.Typer(help="The trust network.", no_args_is_help=True)
    for verb in (create, invite, join, show, members, approve, suspend, reinstate, remove, directory):
        network.command()(verb)
    app.add_typer(network, name="network")


def create(
    data: DataOption,
    name: Annotated[str, typer.Option(help="What people call the network.")],
    relay: Annotated[bool, typer.Option(help="Whether this node itself offers to relay.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Found a network with this node as its anchor."""
    _show_standing(client_of(data).post("/network", {"name": name, "relay": relay})["items"][0], as_json)


def invite(
    data: DataOption,
    expires_in: Annotated[str, typer.Option(help="As in 14d, 12h, 15m, 90s.")] = "14d",
    as_json: JsonOption = False,
) -> None:
    """Make a one-time invitation; it is shown this once. It brings the anchor's keys, so hand it over safely."""
    made = client_of(data).post("/network/invitations", {"expires_in_s": seconds(expires_in)})
    show_facts(made, as_json=as_json)


def join(
    invitation: Annotated[str, typer.Argument(help="As given out: a word or a link.")],
    data: DataOption,
    issuer: Annotated[list[str] | None, typer.Option(help="Credential type to issue; repeat for more.")] = None,
    verifier_purpose: Annotated[list[str] | None, typer.Option(help="Purpose to ask for; repeat for more.")] = None,
    claim: Annotated[
        list[str] | None, typer.Option(help="What to ask for: a type, or type#/json/pointer; repeat for more.")
    ] = None,
    retention_days: Annotated[int | None, typer.Option(help="Most days to keep what was asked for.", min=0)] = None,
    relay: Annotated[bool, typer.Option(help="Offer to relay for others.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Apply to a network. Its operator then decides: `ler-node network show` says how that went."""
    roles: dict[str, Any] = {"relay": relay}
    if issuer:
        roles["issuer"] = {"types": issuer}
    if verifier_purpose or claim or retention_days is not None:
        if not verifier_purpose or not claim or retention_days is None:
            raise typer.BadParameter("a verifier needs --verifier-purpose, --claim and --retention-days together")
        roles["verifier"] = {"purposes": verifier_purpose, "claims": claim, "max_retention_days": retention_days}
    _show_standing(client_of(data).post("/network/join", {"invitation": invitation, "roles": roles}), as_json)


def show(data: DataOption, as_json: JsonOption = False) -> None:
    """This node's own place in its network."""
    items = client_of(data).get("/network")["items"]
    show_rows(items, ("name", "role", "state", "since", "reason", "anchor", "registration"), as_json=as_json)


def members(data: DataOption, as_json: JsonOption = False) -> None:
    """Everybody who applied to this node's network, with their state."""
    show_rows(client_of(data).get("/network/members")["items"], MEMBERS, as_json=as_json)


def approve(
    member: MemberArgument,
    data: DataOption,
    name: Annotated[str | None, typer.Option(help="What others will see, where not as applied for.")] = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Admit an applicant with the roles it applied for."""
    body = {"member": member, "name": name, "reason": reason}
    _show_member(client_of(data).post("/network/members/approve", body), as_json)


def suspend(member: MemberArgument, data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False) -> None:
    """Suspend a member; its peers know at their next sync."""
    _decide("suspend", member, data, reason, as_json)


def reinstate(
    member: MemberArgument, data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False
) -> None:
    """End a suspension."""
    _decide("reinstate", member, data, reason, as_json)


def remove(member: MemberArgument, data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False) -> None:
    """Remove a member, or refuse an applicant. What it issued as a member stays answerable."""
    _decide("remove", member, data, reason, as_json)


def directory(data: DataOption, as_json: JsonOption = False) -> None:
    """Everybody in this node's network, as it synced them."""
    show_rows(client_of(data).get("/directory")["items"], MEMBERS, as_json=as_json)


def _decide(verb: str, member: str, data: DataOption, reason: str | None, as_json: bool) -> None:
    body = {"member": member, "reason": reason}
    _show_member(client_of(data).post(f"/network/members/{verb}", body), as_json)


def _show_member(answer: dict[str, Any], as_json: bool) -> None:
    shown = answer if as_json else {name: answer[name] for name in ("name", "did", "state", "since", "roles")}
    show_facts(shown, as_json=as_json)


def _show_standing(answer: dict[str, Any], as_json: bool) -> None:
    shown = answer if as_json else {name: answer[name] for name in ("name", "anchor", "role", "state", "registration")}
    show_facts(shown, as_json=as_json)
