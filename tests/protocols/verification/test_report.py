"""The report's JSON: as it is published, fits its own schema, and is read back as it was written."""

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from protocols.errors import MalformedMessage
from protocols.status.freshness import Freshness
from protocols.verification.evidence import Policy
from protocols.verification.report import parse_report
from protocols.verification.report_schema import REPORT_SCHEMA
from tests.support.consent_story import GOOD, HOLDER, ISSUER, SKILL, badge
from tests.support.evidence_story import SAID, VALIDATOR, credential, evaluated, evidence, status


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(REPORT_SCHEMA)


def test_a_report_on_a_credential_alone_and_on_nothing_fits_the_schema():
    evaluated(evidence(presentation=None, request=None, consent=None, delete_at=None), Policy())
    evaluated(replace(evidence(), credentials=()), Policy())


def test_the_members_are_those_of_the_interface():
    value = evaluated(evidence(), Policy()).to_json()
    assert list(value) == [
        "id", "verdict", "checked_at", "as_of", "subject", "request", "checks", "skills", "claims", "issuer",
        "issuers", "status", "consent", "delete_at",
    ]  # fmt: skip
    assert list(value["checks"][0]) == ["number", "name", "outcome", "reason", "at", "evidence"]
    assert (value["id"], value["verdict"], value["subject"]) == ("report-1", "verified", HOLDER)
    assert (value["checked_at"], value["as_of"]) == ("2026-11-24T12:00:00Z", "2026-10-25T12:00:00Z")
    assert value["delete_at"] == "2027-01-23T12:00:00Z"
    assert value["issuer"] == {
        "did": ISSUER,
        "name": "Test College",
        "standing": "yes",
        "reason": GOOD.reason,
        "since": "2025-10-20T12:00:00Z",
    }
    assert value["status"] == {
        "list": "https://college.example/status/1",
        "fetched_at": "2026-11-23T12:00:00Z",
        "freshness": "fresh",
    }
    assert value["claims"] == [
        {"path": "/verifiableCredential/0/credentialSubject/achievement", "provenance": "known_issuer"}
    ]
    assert value["skills"][0]["asked"] == {"uri": SKILL.uri, "name": SKILL.name}
    assert value["skills"][0]["by"] == badge()["id"]
    assert value["request"]["id"] == "request-1"
    assert value["consent"]["outcome"] == "yes"


def test_the_status_shown_is_the_least_fresh_one():
    held = credential(statuses=(status(), status(freshness=Freshness.STALE)))
    assert evaluated(evidence(held), Policy()).to_json()["status"]["freshness"] == "stale"


def test_the_report_quotes_no_claim_and_no_token():
    text = json.dumps({**evaluated(evidence(), Policy()).to_json(), "skills": []})
    assert "Business Writing" not in text
    assert SAID.record not in text


@pytest.mark.parametrize(
    "change", [{"verdict": "probably"}, {"checks": [{}]}, {"skills": "none"}, {"checked_at": "yesterday"}]
)
def test_another_document_is_not_read_as_a_report(change: dict[str, object]):
    value = {**evaluated(evidence(), Policy()).to_json(), **change}
    assert list(VALIDATOR.iter_errors(value)) != []
    with pytest.raises(MalformedMessage):
        parse_report(value)
