"""`ler-node request`: asking learners for skills, and reading what came."""

from typing import Annotated

import typer

from node.cli.client import NodeClient, client_of
from node.cli.inputs import seconds, uri_and_name
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from node.cli.report import show_report
from protocols.jose.encoding import JsonObject

COLUMNS = ("id", "purpose", "skills", "learners", "created_at", "expires_at", "link")


def register(app: typer.Typer) -> None:
    request = typer.Typer(help="What this node asks learners for.", no_args_is_help=True)
    request.command()(create)
    request.command("list")(list_requests)
    request.command()(show)
    app.add_typer(request, name="request")


def create(
    data: DataOption,
    purpose: Annotated[str, typer.Option(help="A purpose that this node is registered for.")],
    purpose_text: Annotated[str, typer.Option(help="The purpose as the learner will read it.")],
    retention_days: Annotated[int, typer.Option(help="How long what comes is kept.", min=0)],
    skill: Annotated[list[str] | None, typer.Option(help="URI[=NAME] of a skill; may be repeated.")] = None,
    optional_skill: Annotated[list[str] | None, typer.Option(help="The same; the learner may leave it out.")] = None,
    credential_type: Annotated[str, typer.Option("--type", help="Credential type.")] = "OpenBadgeCredential",
    expires_in: Annotated[str, typer.Option(help="As in 14d, 12h, 15m, 90s.")] = "14d",
    as_json: JsonOption = False,
) -> None:
    """Ask for skills. Prints one link, to send to any number of learners."""
    wanted = [(text, True) for text in skill or []] + [(text, False) for text in optional_skill or []]
    if not wanted:
        raise typer.BadParameter("found no skill, expected at least one --skill URI")
    client = client_of(data)
    items = [
        {"id": f"skill-{number}", "skill": _skill(client, text), "type": credential_type, "required": required}
        for number, (text, required) in enumerate(wanted, start=1)
    ]
    body: JsonObject = {
        "items": items,
        "purpose": {"code": purpose, "text": purpose_text},
        "retention_days": retention_days,
        "expires_in_s": seconds(expires_in),
    }
    made = client.post("/requests", body)
    show_facts(made if as_json else _summary(made), as_json=as_json)


def list_requests(data: DataOption, as_json: JsonOption = False) -> None:
    """Every request, with how many learners stand where."""
    found = client_of(data).list("/requests")
    show_rows(found if as_json else [_summary(item) for item in found], COLUMNS, as_json=as_json)


def show(
    request: Annotated[str, typer.Argument(help="The id of a request.")], data: DataOption, as_json: JsonOption = False
) -> None:
    """One request: how far its learners are, every report with the reason of each line, the receipts."""
    client = client_of(data)
    found = client.get(f"/requests/{request}")
    reports = client.list(f"/requests/{request}/reports")
    receipts = client.list(f"/requests/{request}/receipts")
    if as_json:
        show_facts({**found, "reports": reports, "receipts": receipts}, as_json=True)
        return
    show_facts(_summary(found))
    for number, report in enumerate(reports, start=1):
        print(f"\nreport {number} of {len(reports)}, on presentation {report['presentation_id']}")
        if report["report"] is None:
            print(f"{report['verdict']}; what it said was deleted on {report['delete_at']}")
        else:
            show_report(report["report"])
    if not reports:
        print("\nno report yet")
    print("\nreceipts")
    show_rows([_receipt(item) for item in receipts], ("state", "received_at", "delete_at", "subject"), as_json=False)


def _skill(client: NodeClient, text: str) -> JsonObject:
    """A skill with its name: as given, or as the node has it imported."""
    uri, name = uri_and_name(text)
    if name is None:
        found = [skill["name"] for skill in client.list("/skills", {"q": uri[:200]}) if skill["uri"] == uri]
        if not found:
            raise typer.BadParameter(f"found {uri[:100]} without a name, expected URI=NAME, or the skill imported")
        name = found[0]
    return {"uri": uri, "name": name}


def _summary(request: JsonObject) -> JsonObject:
    skills = [item["skill"]["name"] for item in request["query"]["items"] if item.get("skill")]
    learners = [f"{count} {state}" for state, count in request["learners"].items()]
    return {
        "id": request["id"],
        "purpose": f"{request['purpose']['code']}: {request['purpose']['text']}",
        "skills": skills or None,
        "learners": learners or "nobody yet",
        "created_at": request["created_at"],
        "expires_at": request["expires_at"],
        "link": request["link"],
    }


def _receipt(item: JsonObject) -> JsonObject:
    payload: JsonObject = item["receipt"]["payload"]
    return {"state": item["state"], **{name: payload.get(name) for name in ("received_at", "delete_at", "subject")}}
