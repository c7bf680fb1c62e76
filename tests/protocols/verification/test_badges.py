"""Steps 8 to 10 for badges: identities, endorsements, results; and what each of them must not do."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import Identity, IdentityObject, hashed_identity, read_badge
from protocols.credentials.schema import NamedSchema
from protocols.findings import Finding, Outcome
from protocols.requests.query import PresentationQuery, QueryItem, Skill
from protocols.verification.evidence import CredentialEvidence, Evidence, IssuerEvidence, Policy, RequestEvidence
from protocols.verification.report import Verdict, VerificationReport
from tests.support.consent_story import GOOD, HOLDER, NOT_SYNCED, REQUEST, badge
from tests.support.evidence_story import credential, evaluated, evidence, proof
from tests.support.whole_badge import ACHIEVEMENT_ID, LEVEL_SKILL, SKILL, endorsement, whole_badge

EMAIL = Identity(type="emailAddress", value="a@example.com")
HASHED = hashed_identity(EMAIL, "salt")
ASSOCIATION = "did:web:association.example"
ABOUT, IDENTITY = (8, "presented by the one it is about"), (8, "identity of the one it is about")
ENDORSES, EMBEDDED = (9, "endorses what it stands in"), (9, "embedded credentials and endorsements")


def anonymous(*identities: IdentityObject) -> CredentialEvidence:
    """A badge whose subject has no id."""
    document = copy.deepcopy(badge())
    del document["credentialSubject"]["id"]
    return credential(document=document, identities=identities)


def line(report: VerificationReport, question: tuple[int, str]) -> Finding:
    """The outermost credential's answer comes first."""
    return next(check for check in report.checks if (check.number, check.name) == question)


def outcome(report: VerificationReport, question: tuple[int, str]) -> Outcome:
    return line(report, question).outcome


def report(held: CredentialEvidence, **changes: Any) -> VerificationReport:
    return evaluated(evidence(held, **changes), Policy())


def test_a_badge_that_names_an_identity_of_who_presents_it_is_theirs() -> None:
    found = report(anonymous(HASHED), identities=(EMAIL,))
    assert (outcome(found, ABOUT), outcome(found, IDENTITY)) == (Outcome.YES, Outcome.YES)
    assert found.verdict is Verdict.VERIFIED
    place = {"credential": "/verifiableCredential/0", "identity_types": ["emailAddress"]}
    assert line(found, IDENTITY).evidence == place


def test_a_badge_that_names_another_identity_of_the_kind_is_somebody_elses() -> None:
    found = report(anonymous(HASHED), identities=(replace(EMAIL, value="b@example.com"),))
    assert (outcome(found, ABOUT), outcome(found, IDENTITY)) == (Outcome.NO, Outcome.NO)
    assert found.verdict is Verdict.NOT_VERIFIED


@pytest.mark.parametrize("known", [(), (Identity(type="userName", value="a@example.com"),)])
def test_an_identity_of_which_nothing_is_known_could_not_be_told(known: tuple[Identity, ...]) -> None:
    found = report(anonymous(HASHED), identities=known)
    assert (outcome(found, ABOUT), found.verdict) == (Outcome.COULD_NOT_TELL, Verdict.COULD_NOT_TELL)


def test_the_holders_own_did_may_be_the_identity_and_needs_nobodys_word() -> None:
    hashed = hashed_identity(Identity(type="identifier", value=HOLDER), "salt")
    assert outcome(report(anonymous(hashed)), ABOUT) is Outcome.YES


def test_an_identity_does_not_outweigh_a_subject_that_is_somebody_else() -> None:
    held = credential(document=badge(subject="did:web:stranger.example"), identities=(HASHED,))
    found = report(held, identities=(EMAIL,))
    assert (outcome(found, ABOUT), found.verdict) == (Outcome.NO, Verdict.NOT_VERIFIED)


def test_a_badge_that_came_alone_is_compared_with_the_identity_that_is_known() -> None:
    for known, expected in ((EMAIL, Outcome.YES), (replace(EMAIL, value="b@example.com"), Outcome.NO)):
        alone = Evidence(id="r", credentials=(anonymous(HASHED),), identities=(known,))
        assert outcome(evaluated(alone, Policy()), IDENTITY) is expected


def endorsed(document: dict[str, Any], **changes: Any) -> CredentialEvidence:
    """The badge with one endorsement gathered in it."""
    inner = credential(
        document=document,
        issuer=IssuerEvidence(did=ASSOCIATION, name=None, standing=GOOD),
        proofs=(proof(ASSOCIATION),),
        at="/credentialSubject/achievement/endorsement/0",
        around=(badge()["id"], HOLDER, ACHIEVEMENT_ID),
    )
    return credential(embedded=(replace(inner, **changes),))


@pytest.mark.parametrize("of", [ACHIEVEMENT_ID, badge()["id"], HOLDER])
def test_an_endorsement_of_what_carries_it_is_told_with_the_place_it_stands_in(of: str) -> None:
    found = report(endorsed(endorsement(of)))
    place = "/verifiableCredential/0/credentialSubject/achievement/endorsement/0"
    assert (outcome(found, ENDORSES), line(found, ENDORSES).evidence) == (Outcome.YES, {"credential": place})
    assert (outcome(found, EMBEDDED), found.verdict) == (Outcome.YES, Verdict.VERIFIED)


def test_a_real_endorsement_of_something_else_does_not_count_for_what_it_was_put_into() -> None:
    found = report(endorsed(endorsement("https://other.example/achievements/harder")))
    assert (outcome(found, ENDORSES), outcome(found, EMBEDDED)) == (Outcome.NO, Outcome.NO)
    assert found.verdict is Verdict.NOT_VERIFIED


def test_an_endorser_of_whom_nothing_is_synced_makes_it_could_not_tell() -> None:
    unknown = IssuerEvidence(did=ASSOCIATION, name=None, standing=NOT_SYNCED)
    found = report(endorsed(endorsement(ACHIEVEMENT_ID), issuer=unknown))
    assert (outcome(found, EMBEDDED), found.verdict) == (Outcome.COULD_NOT_TELL, Verdict.COULD_NOT_TELL)


def test_embedded_credentials_past_the_limit_are_not_taken_for_checked() -> None:
    found = report(credential(embedded_left=3))
    assert outcome(found, (9, "embedded credentials within limits")) is Outcome.COULD_NOT_TELL
    assert (outcome(found, EMBEDDED), found.verdict) == (Outcome.COULD_NOT_TELL, Verdict.COULD_NOT_TELL)


def graded(**changes: Any) -> CredentialEvidence:
    """The whole badge as evidence, its first result changed."""
    document = copy.deepcopy(whole_badge())
    document["credentialSubject"]["id"] = HOLDER
    document["credentialSubject"]["result"][0].update(changes)
    document["issuer"] = badge()["issuer"]
    return credential(document=document, badge=read_badge(parse_credential(document)))


def asking(uri: str) -> RequestEvidence:
    item = QueryItem(id="a", credential_type="OpenBadgeCredential", skill=Skill(uri=uri, name="Asked"))
    return RequestEvidence(request=replace(REQUEST, query=PresentationQuery(items=(item,))), request_hash="h")


@pytest.mark.parametrize(("uri", "level"), [(SKILL, None), (LEVEL_SKILL, "Mastered"), (f"{SKILL}/grade", None)])
def test_a_skill_is_met_by_the_achievement_its_results_and_the_level_that_was_reached(
    uri: str, level: str | None
) -> None:
    (answer,) = report(graded(), request=asking(uri)).skills
    assert (answer.answer, answer.level) == ("met", level)


@pytest.mark.parametrize("changes", [{"status": "Failed"}, {"achievedLevel": f"{ACHIEVEMENT_ID}#begun"}])
def test_a_level_that_was_not_reached_meets_no_skill(changes: dict[str, Any]) -> None:
    (answer,) = report(graded(**changes), request=asking(LEVEL_SKILL)).skills
    assert (answer.answer, answer.by) == ("not_met", None)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Outcome.YES),
        ({"achievedLevel": "urn:nowhere"}, Outcome.COULD_NOT_TELL),
        ({"resultDescription": f"{ACHIEVEMENT_ID}#grade", "achievedLevel": None, "value": "9"}, Outcome.NO),
    ],
)
def test_results_that_do_not_fit_are_named(changes: dict[str, Any], expected: Outcome) -> None:
    found = report(graded(**changes))
    assert outcome(found, (10, "results fit their descriptions")) is expected


@pytest.mark.parametrize(
    ("problems", "expected", "verdict"),
    [
        ((), Outcome.YES, Verdict.VERIFIED),
        (("name: it is required",), Outcome.NO, Verdict.NOT_VERIFIED),
        (None, Outcome.NOT_APPLICABLE, Verdict.VERIFIED),
    ],
)
def test_a_schema_that_is_not_known_here_is_told_and_not_held_against_the_credential(
    problems: tuple[str, ...] | None, expected: Outcome, verdict: Verdict
) -> None:
    named = NamedSchema(id="https://example.com/schema.json", type="JsonSchema", problems=problems)
    found = report(credential(named_schemas=(named,)))
    answer = line(found, (3, "schema named in it"))
    assert (answer.outcome, found.verdict) == (expected, verdict)
    assert answer.evidence["schema"] == "https://example.com/schema.json"
    if problems is None:
        assert answer.reason == "it names a schema that is not known here, so this was not checked"


def test_evidence_is_counted_and_decides_nothing() -> None:
    found = line(report(graded()), (10, "evidence named in it"))
    assert (found.outcome, found.evidence["count"], found.evidence["with_address"]) == (Outcome.NOT_APPLICABLE, 2, 1)
