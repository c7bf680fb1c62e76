"""`ler-node network`: founding a trust network, joining one, and deciding who belongs to it."""

import json
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import segno
import typer

from node.cli.client import client_of
from node.cli.directory import directory
from node.cli.inputs import read_bytes, seconds
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new
from node.cli.plain import show_error
from node.cli.verify import EXIT_DATA
from protocols.errors import ProtocolError
from protocols.jose.encoding import parse_object
from protocols.trust.membership_log import MAX_EXPORT_BYTES, read_log
from protocols.trust.membership_log import check_log as problems_of
from protocols.trust.times import format_instant

MEMBERS = ("name", "state", "since", "did", "roles")
LOGGED = ("at", "event", "member", "actor", "reason")
MemberArgument = Annotated[str, typer.Argument(help="DID or entity id (https URL) of the member.")]
MAX_READ_CHARACTERS = 64 * 1024
WaitOption = Annotated[str, typer.Option(help="How long to wait for the node where it has not started yet, as in 30s.")]
ReasonOption = Annotated[str | None, typer.Option(help="Why; published with the event.")]


def register(app: typer.Typer) -> None:
    network = typer.Typer(help="The trust network.", no_args_is_help=True)
    verbs = (create, terms, invite, join, leave, show, members, approve, suspend, reinstate, remove, close, merge)
    for verb in (*verbs, directory, log):
        network.command()(verb)
    network.command("check-log")(check_log)
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
    approve: Annotated[
        str | None, typer.Option(help="DID of the only node that may use it, admitted as it applies with any roles.")
    ] = None,
    qr: Annotated[
        Path | None, typer.Option("--qr", help="Write the link as a QR code too: a new .svg or .png.")
    ] = None,
    wait: WaitOption = "0s",
    as_json: JsonOption = False,
) -> None:
    """Make a one-time invitation; it is shown this once. It brings the anchor's keys, so hand it over safely."""
    if qr is not None and qr.suffix not in (".svg", ".png"):
        raise typer.BadParameter(f"{qr}; expected a name that ends in .svg or .png")
    body = {"expires_in_s": seconds(expires_in), "approve": approve}
    made = client_of(data, wait_s=seconds(wait)).post("/network/invitations", body)
    if qr is not None:
        drawn = BytesIO()
        segno.make(made["link"], error="l").save(drawn, kind=qr.suffix[1:], scale=4, border=4)
        write_new(qr, drawn.getvalue())
    show_facts(made, as_json=as_json)


def join(
    invitation: Annotated[
        str, typer.Argument(help="As given out: a word or a link; - reads it, or `invite --json`, from standard input.")
    ],
    data: DataOption,
    issuer: Annotated[list[str] | None, typer.Option(help="Credential type to issue; repeat for more.")] = None,
    verifier_purpose: Annotated[list[str] | None, typer.Option(help="Purpose to ask for; repeat for more.")] = None,
    claim: Annotated[
        list[str] | None, typer.Option(help="What to ask for: a type, or type#/json/pointer; repeat for more.")
    ] = None,
    retention_days: Annotated[int | None, typer.Option(help="Most days to keep what was asked for.", min=0)] = None,
    relay: Annotated[bool, typer.Option(help="Offer to relay for others.")] = False,
    agree: Annotated[
        str | None, typer.Option(help="Version of the network's terms that you read and agree to.")
    ] = None,
    wait: WaitOption = "0s",
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
    given = _read_invitation() if invitation == "-" else invitation
    body = {"invitation": given, "roles": roles, "agree": agree}
    _show_standing(client_of(data, wait_s=seconds(wait)).post("/network/join", body), as_json)


def leave(data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False) -> None:
    """Leave the network. What was issued as its member stays answerable; to come back, apply again."""
    _show_standing(client_of(data).post("/network/leave", {"reason": reason}), as_json)


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


def suspend(
    member: MemberArgument,
    data: DataOption,
    reason: ReasonOption = None,
    until: Annotated[
        datetime | None,
        typer.Option(help="When it ends by itself, in UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Suspend a member; its peers know at their next sync."""
    ends = None if until is None else until.replace(tzinfo=UTC).isoformat()
    body = {"member": member, "reason": reason, "until": ends}
    _show_member(client_of(data).post("/network/members/suspend", body), as_json)


def reinstate(
    member: MemberArgument, data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False
) -> None:
    """End a suspension."""
    _decide("reinstate", member, data, reason, as_json)


def remove(member: MemberArgument, data: DataOption, reason: ReasonOption = None, as_json: JsonOption = False) -> None:
    """Remove a member, or refuse an applicant. What it issued as a member stays answerable."""
    _decide("remove", member, data, reason, as_json)


def close(
    member: MemberArgument,
    data: DataOption,
    successor: Annotated[str | None, typer.Option(help="DID or entity id of whom to turn to from now on.")] = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down that a member has closed. This is final; what it issued before stays answerable."""
    body = {"member": member, "reason": reason, "successor": successor}
    _show_member(client_of(data).post("/network/members/close", body), as_json)


def merge(
    member: MemberArgument,
    data: DataOption,
    into: Annotated[str, typer.Option(help="DID or entity id of the member that it is part of from now on.")],
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down that a member has merged into another. This is final."""
    body = {"member": member, "reason": reason, "successor": into}
    _show_member(client_of(data).post("/network/members/merge", body), as_json)


def terms(
    file: Annotated[Path, typer.Argument(help="The text that applicants agree to, in UTF-8.")],
    version: Annotated[str, typer.Option(help="What it is called, as 2026-11.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Set what applicants agree to from now on; it is published at /federation/terms."""
    text = read_bytes(file).decode("utf-8", errors="replace")
    show_facts(client_of(data).post("/network/terms", {"version": version, "text": text}), as_json=as_json)


def log(
    data: DataOption,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to a new file, to keep or hand on.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that was ever decided about members, by whom and why, in a log that shows any change."""
    exported = client_of(data).get("/network/log")
    if out is not None:
        write_new(out, json.dumps(exported, ensure_ascii=False, indent=1).encode("utf-8"))
    if as_json:
        show_facts(exported, as_json=True)
    elif out is not None:
        show_facts({"file": str(out), "entries": len(exported["entries"])})
    else:
        show_rows([_logged(entry) for entry in exported["entries"]], LOGGED, as_json=False)


def check_log(
    file: Annotated[Path, typer.Argument(help="As `ler-node network log --out` wrote it.")],
    anchor: Annotated[str | None, typer.Option(help="Thumbprint of the anchor's key, where you know it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check an exported log, with no node and no network. Exit 0: it holds; 1: it does not; 65: no log."""
    try:
        found = read_log(parse_object(read_bytes(file, MAX_EXPORT_BYTES), max_bytes=MAX_EXPORT_BYTES))
    except ProtocolError as error:
        show_error(error)
        raise typer.Exit(EXIT_DATA) from error
    problems = list(problems_of(found.entries))
    if anchor is not None and anchor != found.signed_by:
        problems.insert(0, f"the head is signed by {found.signed_by}, not by the key that you named")
    facts = {
        "anchor": found.anchor,
        "name": found.name,
        "entries": len(found.entries),
        "signed_at": format_instant(found.signed_at),
        "signed_by": found.signed_by,
        "anchor_is_known": anchor is not None and anchor == found.signed_by,
        "problems": problems,
    }
    show_facts(facts if as_json else {**facts, "problems": problems or None}, as_json=as_json)
    raise typer.Exit(1 if problems else 0)


def _logged(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry["event"], "member": entry["subject"], "actor": entry["actor"]}


def _read_invitation() -> str:
    """What another command printed; so the secret in it stands in no list of processes."""
    text = sys.stdin.read(MAX_READ_CHARACTERS).strip()
    if not text.startswith("{"):
        return text
    found = parse_object(text.encode("utf-8")).get("invitation")
    if not isinstance(found, str):
        raise typer.BadParameter("no invitation on standard input; expected what `network invite --json` printed")
    return found


def _decide(verb: str, member: str, data: DataOption, reason: str | None, as_json: bool) -> None:
    body = {"member": member, "reason": reason}
    _show_member(client_of(data).post(f"/network/members/{verb}", body), as_json)


def _show_member(answer: dict[str, Any], as_json: bool) -> None:
    shown = answer if as_json else {name: answer[name] for name in ("name", "did", "state", "since", "roles")}
    show_facts(shown, as_json=as_json)


def _show_standing(answer: dict[str, Any], as_json: bool) -> None:
    shown = answer if as_json else {name: answer[name] for name in ("name", "anchor", "role", "state", "registration")}
    show_facts(shown, as_json=as_json)
