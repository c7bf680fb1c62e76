"""`ler-node mark`: trust marks and accreditations, granted, delegated, held, and of others."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli.client import client_of
from node.cli.inputs import read_object
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new
from protocols.jose.encoding import JsonObject

MARKS = ("id", "trust_mark_type", "subject", "granted_at", "ends_at", "revoked_at", "revoked_reason", "scope")
TYPES = ("trust_mark_type", "issuers", "owner", "changed_by")
DELEGATIONS = ("trust_mark_type", "owner", "issuer", "ends_at", "added_at")
HELD = ("trust_mark_type", "issuer", "fetched_at", "problem")
OF_MEMBERS = ("did", "trust_mark_type", "issuer", "since", "expires_at", "ended_at", "ended_because")
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]

TypeArgument = Annotated[str, typer.Argument(help="The type: a URI, best an https URL of who owns it.")]
IdArgument = Annotated[str, typer.Argument(help="The id of a mark that was granted here.")]
IssuerArgument = Annotated[str, typer.Argument(help="DID or entity id of who issues the mark.")]
EndsOption = Annotated[datetime | None, typer.Option(help="When it ends by itself, in UTC.", formats=FORMATS)]
RefOption = Annotated[str | None, typer.Option(help="Where people read about it: an https URL.")]
Names = list[str] | None


def register(app: typer.Typer) -> None:
    mark = typer.Typer(help="Trust marks and accreditations.", no_args_is_help=True)
    for verb in (grant, revoke, endorse, issuers, types, delegate, accept, delegations, hold, drop, held, members):
        mark.command()(verb)
    mark.command("list")(list_marks)
    app.add_typer(mark, name="mark")


def grant(
    trust_mark_type: TypeArgument,
    subject: Annotated[str, typer.Argument(help="DID or entity id of who gets it.")],
    data: DataOption,
    credential_type: Annotated[Names, typer.Option(help="Accredited for these credentials; repeat for more.")] = None,
    jurisdiction: Annotated[Names, typer.Option(help="Where, as in US-CO; repeat for more.")] = None,
    programme: Annotated[Names, typer.Option(help="A programme, by CIP code or name; repeat for more.")] = None,
    framework: Annotated[Names, typer.Option(help="URI of a framework; repeat for more.")] = None,
    accredited_from: Annotated[
        datetime | None, typer.Option(help="Since when it is accredited; now, where not given.", formats=FORMATS)
    ] = None,
    accredited_until: Annotated[
        datetime | None, typer.Option(help="Until when, in UTC; not limited, where not given.", formats=FORMATS)
    ] = None,
    status: Annotated[str, typer.Option(help="accredited, probation, candidate or withdrawn.")] = "accredited",
    accredits: Annotated[bool, typer.Option(help="--no-accredits: a mark that accredits for nothing.")] = True,
    ends: EndsOption = None,
    ref: RefOption = None,
    logo: Annotated[str | None, typer.Option(help="Picture for it: an https URL.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Grant a trust mark. Who may issue the type is the anchor's to say: `ler-node mark issuers`."""
    scope: JsonObject = {
        "credential_types": credential_type or [],
        "jurisdictions": jurisdiction or [],
        "programmes": programme or [],
        "frameworks": framework or [],
        "accredited_from": _utc(accredited_from),
        "accredited_until": _utc(accredited_until),
        "status": status,
    }
    body: JsonObject = {
        "trust_mark_type": trust_mark_type,
        "subject": subject,
        "scope": scope if accredits else None,
        "ref": ref,
        "logo_uri": logo,
        "ends_at": _utc(ends),
    }
    _show(client_of(data).post("/marks", body), MARKS, as_json)


def revoke(
    mark: IdArgument,
    data: DataOption,
    reason: Annotated[str, typer.Option(help="Why; kept with the mark.")],
    as_json: JsonOption = False,
) -> None:
    """Revoke a mark for good. It stays in the list: what it accredited until today can be answered."""
    _show(client_of(data).post(f"/marks/{mark}/revoke", {"reason": reason}), MARKS, as_json)


def list_marks(data: DataOption, as_json: JsonOption = False) -> None:
    """Every mark that was ever granted here."""
    show_rows(client_of(data).get("/marks")["items"], MARKS, as_json=as_json)


def endorse(
    mark: IdArgument,
    data: DataOption,
    out: Annotated[Path | None, typer.Option(help="A file that does not exist yet; standard output otherwise.")] = None,
) -> None:
    """Sign a mark as an Open Badges 3.0 EndorsementCredential about its holder."""
    credential = client_of(data).post(f"/marks/{mark}/endorse")["credential"]
    text = json.dumps(credential, indent=2, ensure_ascii=False) + "\n"
    if out is None:
        print(text, end="")
    else:
        write_new(out, text.encode())


def issuers(
    trust_mark_type: TypeArgument,
    data: DataOption,
    issuer: Annotated[Names, typer.Option(help="DID or entity id of who may issue it; repeat for more.")] = None,
    anybody: Annotated[bool, typer.Option("--anybody", help="Anybody in the network may issue it.")] = False,
    owner: Annotated[str | None, typer.Option(help="DID or entity id of who has to delegate it.")] = None,
    owner_jwks: Annotated[Path | None, typer.Option(help="JWK set of an owner outside the network.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Recognise it no longer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say who may issue a type of marks in this node's network, and who owns it."""
    if remove:
        left = client_of(data).post("/marks/types/remove", {"trust_mark_type": trust_mark_type})["items"]
        show_rows(left, TYPES, as_json=as_json)
        return
    if bool(issuer) is anybody:
        raise typer.BadParameter("name who may issue it with --issuer, or say --anybody, or --remove")
    body: JsonObject = {"trust_mark_type": trust_mark_type, "issuers": issuer or [], "owner": owner}
    if owner_jwks is not None:
        body["owner_jwks"] = read_object(owner_jwks)
    _show(client_of(data).post("/marks/types", body), TYPES, as_json)


def types(data: DataOption, as_json: JsonOption = False) -> None:
    """The types of marks that this node's network recognises, but for good standing, which it always does."""
    show_rows(client_of(data).get("/marks/types")["items"], TYPES, as_json=as_json)


def delegate(
    trust_mark_type: TypeArgument,
    issuer: IssuerArgument,
    data: DataOption,
    ends: EndsOption = None,
    ref: RefOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let another issue a type that this node owns; hand it the token that is shown."""
    body = {"trust_mark_type": trust_mark_type, "issuer": issuer, "ends_at": _utc(ends), "ref": ref}
    _show(client_of(data).post("/marks/delegations", body), (*DELEGATIONS, "delegation"), as_json)


def accept(
    delegation: Annotated[str, typer.Argument(help="The token, as the owner of the type handed it over.")],
    data: DataOption,
    as_json: JsonOption = False,
) -> None:
    """Keep a delegation; it goes into every mark of its type from now on."""
    _show(client_of(data).post("/marks/delegations/accept", {"delegation": delegation}), DELEGATIONS, as_json)


def delegations(data: DataOption, as_json: JsonOption = False) -> None:
    """Delegations that this node gave and got."""
    show_rows(client_of(data).get("/marks/delegations")["items"], DELEGATIONS, as_json=as_json)


def hold(issuer: IssuerArgument, trust_mark_type: TypeArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Look for a mark about this node, of a type that anybody may issue; the others are looked for by themselves."""
    body = {"issuer": issuer, "trust_mark_type": trust_mark_type}
    _show(client_of(data).post("/marks/held", body), HELD, as_json)


def drop(issuer: IssuerArgument, trust_mark_type: TypeArgument, data: DataOption, as_json: JsonOption = False) -> None:
    """Publish a mark about this node no longer."""
    body = {"issuer": issuer, "trust_mark_type": trust_mark_type}
    show_rows(client_of(data).post("/marks/held/drop", body)["items"], HELD, as_json=as_json)


def held(data: DataOption, as_json: JsonOption = False) -> None:
    """The marks about this node that are looked for, found or not."""
    show_rows(client_of(data).get("/marks/held")["items"], HELD, as_json=as_json)


def members(data: DataOption, as_json: JsonOption = False) -> None:
    """The marks of members as this node verified them, ended ones too."""
    show_rows(client_of(data).get("/marks/members")["items"], OF_MEMBERS, as_json=as_json)


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.replace(tzinfo=UTC).isoformat()


def _show(answer: JsonObject, names: tuple[str, ...], as_json: bool) -> None:
    shown: dict[str, Any] = answer if as_json else {name: answer[name] for name in names}
    show_facts(shown, as_json=as_json)
