"""A verification report as a page: to be read on any screen, printed, and filed. It needs nothing from anywhere.

Whatever stands in a report may have been typed in by somebody: it is escaped, and characters that would turn the
direction of writing or show nothing are written by their code.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from node.http.page import page
from protocols.jose.encoding import JsonObject
from protocols.verification.report import parse_report
from protocols.verification.why import Cause, why

VERDICTS = {
    "verified": ("Verified", "Every question that arises was answered yes."),
    "not_verified": ("Not verified", "At least one answer is no."),
    "could_not_tell": (
        "Could not tell",
        "No answer is no, but at least one could not be given. This is not a mild no.",
    ),
}
ANSWERS = {"yes": "yes", "no": "no", "could_not_tell": "could not tell", "not_applicable": "does not arise"}
SKILLS = {"met": "met", "partly": "partly met", "not_met": "not met", "could_not_tell": "could not tell"}
_CHECK = ("No.", "Check", "Answer", "Reason")
_MOST = 2_000


def report_page(report: JsonObject) -> str:
    """The document; raises MalformedMessage for what is no report."""
    parsed = parse_report(report)
    title, meaning = VERDICTS[parsed.verdict.value]
    parts = [
        f"<h1>{title}</h1><p>{meaning}</p>",
        _facts(
            {
                "Report": report["id"],
                "Checked": report["checked_at"],
                "Signed": report["as_of"],
                "Presented by": report["subject"],
                "Purpose": parsed.request.purpose if parsed.request else None,
                "Content deleted on": report["delete_at"],
            }
        ),
    ]
    if parsed.verdict.value != "verified":
        parts.append(f"<h2>Why</h2>{_causes(why(parsed).because)}")
    if report["skills"]:
        rows = ([_skill_name(each), SKILLS[each["answer"]], each["reason"]] for each in report["skills"])
        parts.append(_table("Skills asked", ("Skill", "Answer", "Reason"), rows))
    issuers = ([each["name"] or each["did"], ANSWERS[each["standing"]], each["reason"]] for each in report["issuers"])
    if report["issuers"]:
        parts.append(_table("Issuers", ("Issuer", "In good standing", "Reason"), issuers))
    parts.append(_table("Checks", ("No.", "Check", "Answer", "Reason"), map(_check, report["checks"])))
    if report["consent"]:
        parts.append(
            _table("The consent", ("No.", "Check", "Answer", "Reason"), map(_check, report["consent"]["checks"]))
        )
    return page(f"{title}: report {_shown(report['id'])}", "".join(parts))


def _check(check: JsonObject) -> Sequence[Any]:
    place = check["evidence"].get("credential")
    name = f"{check['name']}, at {place}" if place else check["name"]
    answer = "warning" if check["evidence"].get("warning") else ANSWERS[check["outcome"]]
    return [check["number"], name, answer, check["reason"]]


def _skill_name(skill: JsonObject) -> str:
    return skill["asked"]["name"] or skill["asked"]["uri"]


def _causes(causes: Iterable[Cause]) -> str:
    items: list[str] = []
    for cause in causes:
        finding = cause.finding
        head = f"<strong>{_text(finding.name)}</strong>: {_text(finding.reason)}"
        items.append(f"<li>{head}{_causes(cause.causes)}</li>")
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _facts(facts: Mapping[str, Any]) -> str:
    known = {name: value for name, value in facts.items() if value is not None}
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{_text(value)}</dd>' for name, value in known.items())}</dl>"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: Any) -> str:
    return escape(_shown(value))


def _shown(value: Any) -> str:
    """What a person sees of a value: letter by letter, and not more than a page."""
    text = str(value)
    if len(text) > _MOST:
        text = f"{text[:_MOST]}…"
    return "".join(f"[U+{ord(each):04X}]" if unicodedata.category(each)[0] == "C" else each for each in text)
