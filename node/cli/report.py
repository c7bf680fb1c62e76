"""A verification report for people: the verdict, then every line with its reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from node.cli.output import show_facts, show_rows
from protocols.jose.encoding import JsonObject

VERDICTS = {"verified": "VERIFIED", "not_verified": "NOT VERIFIED", "could_not_tell": "COULD NOT TELL"}
ANSWERS = {"yes": "yes", "no": "NO", "could_not_tell": "could not tell", "not_applicable": "-"}


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
        "answer": ANSWERS[check["outcome"]],
        "reason": check["reason"],
    }


def _skill(skill: JsonObject) -> JsonObject:
    return {
        "skill": skill["asked"]["name"] or skill["asked"]["uri"],
        "answer": skill["answer"],
        "reason": skill["reason"],
        "way": skill["hops"],
    }
