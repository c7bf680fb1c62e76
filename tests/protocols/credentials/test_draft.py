"""Badges that are still to be issued: what they become, and every reason why they cannot be."""

from typing import Any

import pytest

from protocols.credentials.draft import achievement_draft, check_draft, complete
from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import read_badge, write_badge
from protocols.credentials.schema import schema_problems
from protocols.errors import MalformedCredential, TooLarge
from tests.support.badges import ACHIEVEMENT, COLLEGE, LEARNER, NOW, SIGNED, signed
from tests.support.drafts import draft
from tests.support.whole_badge import profile, whole_badge

STATUS = whole_badge()["credentialStatus"]


def test_a_whole_draft_becomes_the_whole_badge() -> None:
    made = complete(
        draft(),
        id=whole_badge()["id"],
        issuer=profile(COLLEGE, "Test College"),
        subject_did=LEARNER,
        valid_from=SIGNED,
        status=[STATUS],
    )
    expected = whole_badge(credentialStatus=[STATUS])
    del expected["validUntil"]
    assert made == expected
    parsed = parse_credential(signed(made))
    assert schema_problems(parsed) == ()
    badge = read_badge(parsed)
    assert badge is not None
    assert write_badge(badge)["credentialSubject"] == whole_badge()["credentialSubject"]


def test_a_draft_that_can_be_issued_says_what_is_achieved() -> None:
    assert check_draft(draft(), now=NOW) == whole_badge()["credentialSubject"]["achievement"]
    assert check_draft(achievement_draft(ACHIEVEMENT), now=NOW) == ACHIEVEMENT
    repeated = {name: whole_badge()[name] for name in ("@context", "type")}
    assert check_draft(draft(**repeated), now=NOW)["name"] == "Analysis"


def subject(**changes: Any) -> dict[str, Any]:
    return {"credentialSubject": {**draft()["credentialSubject"], **changes}}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "urn:x"}, "id: it is given by the node that issues it"),
        ({"proof": {}}, "proof: it is given by the node that issues it"),
        ({"credentialStatus": STATUS}, "credentialStatus: it is given by the node that issues it"),
        (subject(id="did:x"), "credentialSubject.id: it is given by the wallet that takes the badge"),
        ({"type": ["Badge"]}, "type: it is ['VerifiableCredential', 'OpenBadgeCredential'], or is left out"),
        ({"title": "x"}, "title: it is not known there"),
        (subject(results=[]), "credentialSubject.results: it is not known there"),
        (subject(achievement={"type": ["Achievement"]}), "credentialSubject.achievement.id: it is required"),
        (subject(achievement="analysis"), "credentialSubject.achievement: an object is needed"),
        ({"credentialSubject": []}, "credentialSubject.achievement: it is required"),
        ({"evidence": [{"type": ["Evidence"], "title": "x"}]}, "evidence.title: it is not known there"),
        (
            subject(result=[{"type": ["Result"], "resultDescription": "urn:nowhere", "value": "1"}]),
            "credentialSubject.result: it points to a description or level that is not in the achievement",
        ),
        (
            subject(result=[{**draft()["credentialSubject"]["result"][1], "value": "5"}]),
            "credentialSubject.result: its value is above the greatest",
        ),
        ({"evidence": [{"narrative": "untyped"}]}, "evidence without type: expected objects with a type"),
    ],
)
def test_each_reason_why_a_draft_cannot_be_issued_is_named(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(MalformedCredential) as refused:
        check_draft(draft(**changes), now=NOW)
    assert problem in refused.value.detail


def test_all_reasons_are_named_at_once_and_no_more_than_ten() -> None:
    with pytest.raises(MalformedCredential) as refused:
        check_draft({f"member-{number}": 1 for number in range(50)}, now=NOW)
    assert refused.value.detail.count(";") == 9


def test_too_large_a_draft_is_refused() -> None:
    with pytest.raises((TooLarge, MalformedCredential), match="too large"):
        check_draft(draft(description="x" * 300_000), now=NOW)
