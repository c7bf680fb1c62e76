"""A verification report for people: the verdict, then every line with its reason; on a screen or to be printed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli.client import client_of
from node.cli.inputs import read_object
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows, write_new
from node.http.report_page import report_page
from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject

VERDICTS = {"verified": "VERIFIED", "not_verified": "NOT VERIFIED", "could_not_tell": "COULD NOT TELL"}
ANSWERS = {"yes": "yes", "no": "NO", "could_not_tell": "could not tell", "not_applicable": "-"}


def register(app: typer.Typer) -> None:
    app.command(name="report")(show)


def show(
    report: Annotated[str, typer.Argument(help="The id of a report of this node, or a file with its JSON.")],
    data: DataOption,
    html: Annotated[Path | None, typer.Option(help="Write a page to print or file, into a file that is new.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show one verification report, or make a page of it that needs nothing from anywhere."""
    found = read_report(report, data)
    if html is not None:
        write_new(html, report_page(found).encode())
    elif as_json:
        show_facts(found, as_json=True)
    else:
        show_report(found)


def read_report(name: str, data: Path) -> JsonObject:
    """The report in a file called `name`, or the one that this node has under that id.

    Raises:
        MalformedMessage: a file that holds none, or a report whose content was deleted on its day.
    """
    path = Path(name)
    if path.suffix or path.exists():
        found = read_object(path)
        return found["report"] if isinstance(found.get("report"), dict) else found
    kept = client_of(data).get(f"/reports/{name}")
    if kept["report"] is None:
        found = f"{kept['verdict']}, deleted on {kept['delete_at']}"
        raise MalformedMessage("what the report said was deleted", found=found, expected="a report that is kept")
    return kept["report"]


def show_report(report: JsonObject) -> None:
    """Prints the whole report (docs/reference/report.md); what asks for attention is in capitals."""
    issuer: Mapping[str, Any] = report.get("issuer") or {}
    status: Mapping[str, Any] = report.get("status") or {}
    facts = {
        "verdict": VERDICTS[report["verdict"]],
        "report": report["id"],
        "checked_at": report["checked_at"],
        "signed_at": report["as_of"],
        "subject": report["subject"],
        "issuer": f"{issuer.get('name') or issuer['did']}: {issuer['reason']}" if issuer else None,
        "status": f"{status['freshness']}, {status['list']}, fetched {status['fetched_at']}" if status else None,
        "delete_at": report["delete_at"],
    }
    show_facts(facts)
    print()
    show_rows([_line(check) for check in report["checks"]], ("step", "check", "answer", "reason"), as_json=False)
    if report.get("consent"):
        print("\nconsent")
        checks: Sequence[JsonObject] = report["consent"]["checks"]
        show_rows([_line(check) for check in checks], ("step", "check", "answer", "reason"), as_json=False)
    if report["skills"]:
        print("\nskills asked")
        show_rows([_skill(skill) for skill in report["skills"]], ("skill", "answer", "reason", "way"), as_json=False)


def _line(check: JsonObject) -> JsonObject:
    return {
        "step": check["number"],
        "check": check["name"],
        "answer": "WARNING" if check["evidence"].get("warning") else ANSWERS[check["outcome"]],
        "reason": check["reason"],
    }


def _skill(skill: JsonObject) -> JsonObject:
    return {
        "skill": skill["asked"]["name"] or skill["asked"]["uri"],
        "answer": skill["answer"],
        "reason": skill["reason"],
        "way": skill["hops"],
    }
