"""The page of a report shows all of it, obeys nothing that somebody typed in, and loads nothing."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from node.http.report_page import report_page
from protocols.errors import MalformedMessage
from protocols.status.lookup import StatusOutcome
from protocols.verification.evidence import Policy
from tests.support.evidence_story import credential, evaluated, evidence, status

REVOKED = credential(statuses=(status(StatusOutcome.SET),))


def made(*credentials, **changes) -> dict:
    return evaluated(replace(evidence(*credentials), **changes), Policy()).to_json()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    return tags


def test_every_line_of_a_report_is_on_its_page() -> None:
    report = made(REVOKED)
    text = report_page(report)
    for check in (*report["checks"], *report["consent"]["checks"]):
        assert f"<td>{check['number']}</td><td>{check['name']}" in text
        assert check["reason"].replace("'", "&#x27;") in text
    assert text.startswith('<!doctype html><html lang="en">')
    assert "<h1>Not verified</h1>" in text
    assert "<strong>status: revocation</strong>: revoked by its issuer" in text


def test_a_page_loads_runs_and_sends_nothing() -> None:
    tags = parsed(report_page(made(REVOKED)))
    assert {tag for tag, _ in tags.found} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "dl", "dt", "dd"),
        *("table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong"),
    }
    attributes = {name for _, found in tags.found for name in found}
    assert attributes <= {"lang", "charset", "name", "content", "scope"}
    assert not re.search(r"url\(|@import", report_page(made()))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" onmouseover="x', "&quot; onmouseover=&quot;x"),
        ("safe\u202eevil", "safe[U+202E]evil"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("line\nbreak", "line[U+000A]break"),
        ("x" * 5_000, "x" * 2_000 + "…"),
    ],
)
def test_what_somebody_typed_in_is_shown_and_not_obeyed(typed: str, shown: str) -> None:
    report = made()
    report["issuers"][0]["name"] = typed
    report["skills"][0]["reason"] = typed
    report["checks"][0]["reason"] = typed
    report["id"] = typed
    text = report_page(report)
    assert text.count(shown) >= 4
    assert parsed(text).open == []


def test_what_is_no_report_is_refused() -> None:
    for wrong in ({}, {"id": "x"}, {**made(), "verdict": "splendid"}, {**made(), "checks": None}):
        with pytest.raises(MalformedMessage):
            report_page(wrong)


def test_a_report_that_is_verified_needs_no_why() -> None:
    report = made()
    assert report["verdict"] == "verified"
    assert "<h2>Why</h2>" not in report_page(report)
