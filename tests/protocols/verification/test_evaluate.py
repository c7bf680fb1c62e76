"""The evaluation: every step answered, each fault named, and no way from self-attested to verified."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.findings import Finding, Outcome, judged
from protocols.skills.match import SkillAnswer, SkillAsked
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusOutcome
from protocols.verification.evidence import (
    Answered,
    CredentialEvidence,
    Evidence,
    IssuerEvidence,
    Policy,
    StatusEvidence,
)
from protocols.verification.provenance import ClaimProvenance, Provenance
from protocols.verification.report import Verdict, VerificationReport
from tests.support.consent_story import (
    GOOD,
    HOLDER,
    ISSUER,
    LEARNER,
    NOT_SYNCED,
    NOW,
    SKILL,
    STRANGER,
    SUSPENDED,
    badge,
)
from tests.support.evidence_story import SIGNED_AT, credential, evaluated, evidence, presented, proof, status

POLICY = Policy()


def report(*credentials: CredentialEvidence, policy: Policy = POLICY, **changes: Any) -> VerificationReport:
    return evaluated(evidence(*credentials, **changes), policy)


def faults(found: VerificationReport, outcome: Outcome = Outcome.NO) -> set[tuple[int, str]]:
    return {(check.number, check.name) for check in found.checks if check.outcome is outcome}


def test_a_right_presentation_is_verified_and_every_step_is_answered():
    found = report()
    assert found.verdict is Verdict.VERIFIED
    assert [(check.number, check.name, check.outcome) for check in found.checks] == [
        (1, "parsed within limits", Outcome.YES),
        (2, "known contexts and terms", Outcome.YES),
        (3, "schema", Outcome.YES),
        (4, "presentation proof", Outcome.YES),
        (4, "proof", Outcome.YES),
        (4, "signed by its issuer", Outcome.YES),
        (5, "dates", Outcome.YES),
        (6, "status: revocation", Outcome.YES),
        (7, "issuer standing as of signing", Outcome.YES),
        (7, "accreditation of its issuer", Outcome.NOT_APPLICABLE),
        (8, "presentation signed by its holder", Outcome.YES),
        (8, "presented by the one it is about", Outcome.YES),
        (9, "embedded credentials and endorsements", Outcome.NOT_APPLICABLE),
        (10, "skills as its issuer publishes them", Outcome.NOT_APPLICABLE),
        (10, "skill asked", Outcome.YES),
    ]
    assert all(check.reason for check in found.checks)
    assert (found.subject, found.as_of, found.checked_at) == (HOLDER, SIGNED_AT, NOW)
    assert found.skills == (
        SkillAnswer(
            asked=SkillAsked(uri=SKILL.uri, name=SKILL.name),
            answer="met",
            reason="A verified credential is aligned to this skill.",
            by=badge()["id"],
            hops=(f"Business Writing is aligned to Reading Comprehension <{SKILL.uri}>",),
        ),
    )
    path = "/verifiableCredential/0/credentialSubject/achievement"
    assert found.claims == (ClaimProvenance(path=path, provenance=Provenance.KNOWN_ISSUER),)


@pytest.mark.parametrize(
    ("published", "outcome", "words"),
    [
        (frozenset({SKILL.uri}), Outcome.YES, "page says"),
        (frozenset({"https://example.org/other"}), Outcome.NOT_APPLICABLE, "by now not of every skill"),
        (None, Outcome.NOT_APPLICABLE, "was not synced"),
    ],
)
def test_what_the_issuers_page_says_is_reported_and_decides_nothing(published, outcome, words):
    found = report(credential(published_skills=published))
    (line,) = [check for check in found.checks if check.name == "skills as its issuer publishes them"]
    assert (line.outcome, words in line.reason, found.verdict) == (outcome, True, Verdict.VERIFIED)


NO_HOLDER = badge()
del NO_HOLDER["credentialSubject"]["id"]
STANDING = (7, "issuer standing as of signing")
SIGNED = (4, "signed by its issuer")
ABOUT = (8, "presented by the one it is about")
PROOF = (4, "proof")
PRESENTED = (4, "presentation proof")
BY_HOLDER = (8, "presentation signed by its holder")
REVOCATION = (6, "status: revocation")
SKILL_ASKED = (10, "skill asked")
WRONG = proof(outcome=Outcome.NO, reason="The signature does not hold.")
UNSURE = proof(outcome=Outcome.COULD_NOT_TELL, reason="The key is not known yet.")

NOT_VERIFIED: dict[str, tuple[Evidence, set[tuple[int, str]]]] = {
    "too large": (evidence(credential(parse_problems=("over 256 KiB",))), {(1, "parsed within limits"), SKILL_ASKED}),
    "undefined terms": (
        evidence(credential(context_problems=("undefined term",))),
        {(2, "known contexts and terms"), SKILL_ASKED},
    ),
    "off its schema": (evidence(credential(schema_problems=("no name",))), {(3, "schema"), SKILL_ASKED}),
    "tampered": (evidence(credential(proofs=(WRONG,))), {PROOF, SIGNED, SKILL_ASKED}),
    "without proof": (evidence(credential(proofs=())), {SIGNED, SKILL_ASKED}),
    "signed by another DID's key": (evidence(credential(proofs=(proof(STRANGER),))), {SIGNED, SKILL_ASKED}),
    "one proof of two does not hold": (evidence(credential(proofs=(proof(), WRONG))), {PROOF, SKILL_ASKED}),
    "expired": (
        evidence(credential(dates=Answered(outcome=Outcome.NO, reason="It was valid until 2025."))),
        {(5, "dates"), SKILL_ASKED},
    ),
    "revoked": (evidence(credential(statuses=(status(StatusOutcome.SET),))), {REVOCATION, SKILL_ASKED}),
    "revoked in an old list": (
        evidence(credential(statuses=(status(StatusOutcome.SET, Freshness.UNKNOWN),))),
        {REVOCATION, SKILL_ASKED},
    ),
    "suspended": (
        evidence(credential(statuses=(status(), status(StatusOutcome.SET, purpose="suspension")))),
        {(6, "status: suspension"), SKILL_ASKED},
    ),
    "from a suspended issuer": (
        evidence(credential(issuer=IssuerEvidence(did=ISSUER, name=None, standing=SUSPENDED))),
        {STANDING, SKILL_ASKED},
    ),
    "with another's standing": (
        evidence(credential(document=badge(issuer=STRANGER))),
        {STANDING, SKILL_ASKED},
    ),
    "about somebody else": (evidence(credential(document=badge(subject=STRANGER))), {ABOUT, SKILL_ASKED}),
    "presented without proof": (
        evidence(presentation=replace(presented(), proofs=())),
        {PRESENTED, BY_HOLDER, ABOUT, SKILL_ASKED},
    ),
    "presented by another's key": (
        evidence(presentation=presented(proof(STRANGER))),
        {BY_HOLDER, ABOUT, SKILL_ASKED},
    ),
    "presented with a broken proof": (
        evidence(presentation=presented(proof(HOLDER, Outcome.NO))),
        {PRESENTED, BY_HOLDER, ABOUT, SKILL_ASKED},
    ),
    "presented by nobody": (
        evidence(presentation=presented(proof(HOLDER), proof(STRANGER), holder=None)),
        {BY_HOLDER, ABOUT, SKILL_ASKED},
    ),
    "presented by a stranger who names no holder": (
        evidence(presentation=presented(proof(STRANGER), holder=None)),
        {ABOUT, SKILL_ASKED},
    ),
    "self-attested": (
        evidence(
            credential(
                document=badge(issuer=HOLDER),
                issuer=IssuerEvidence(did=HOLDER, name=None, standing=GOOD),
                proofs=(proof(HOLDER),),
            )
        ),
        {STANDING, SKILL_ASKED},
    ),
}


@pytest.mark.parametrize("case", NOT_VERIFIED)
def test_each_fault_has_its_own_finding_and_meets_no_skill(case: str):
    given_evidence, expected = NOT_VERIFIED[case]
    found = evaluated(given_evidence, POLICY)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert faults(found) == expected
    assert [answer.answer for answer in found.skills] == ["not_met"]


UNTOLD: dict[str, tuple[Evidence, set[tuple[int, str]]]] = {
    "a key not resolved yet": (evidence(credential(proofs=(UNSURE,))), {PROOF, SIGNED}),
    "a stale status list": (evidence(credential(statuses=(status(freshness=Freshness.STALE),))), {REVOCATION}),
    "a list not fetched yet": (
        evidence(credential(statuses=(status(StatusOutcome.UNKNOWN, Freshness.UNKNOWN),))),
        {REVOCATION},
    ),
    "a status that cannot be read": (
        evidence(credential(statuses=(replace(status(StatusOutcome.UNKNOWN), entry=None),))),
        {(6, "status")},
    ),
    "a network not synced yet": (
        evidence(credential(issuer=IssuerEvidence(did=ISSUER, name=None, standing=NOT_SYNCED))),
        {STANDING},
    ),
    "no signing date": (evidence(credential(signed_at=None)), {STANDING}),
    "no holder in it": (evidence(credential(document=NO_HOLDER)), {ABOUT}),
    "a presentation proof not checked yet": (
        evidence(presentation=presented(proof(HOLDER, Outcome.COULD_NOT_TELL))),
        {PRESENTED, BY_HOLDER, ABOUT},
    ),
}


@pytest.mark.parametrize("case", UNTOLD)
def test_what_is_not_known_yet_could_not_be_told_and_is_never_a_yes(case: str):
    given_evidence, expected = UNTOLD[case]
    found = evaluated(given_evidence, POLICY)
    assert found.verdict is Verdict.COULD_NOT_TELL
    assert faults(found, Outcome.COULD_NOT_TELL) == {*expected, SKILL_ASKED}
    assert faults(found) == set()


def test_policy_may_accept_a_stale_list_and_a_bearer_credential_and_nothing_more():
    lenient = Policy(requires_holder=False, accepts_stale_status=True)
    stale = credential(statuses=(status(freshness=Freshness.STALE),), document=NO_HOLDER)
    assert report(stale, policy=lenient).verdict is Verdict.VERIFIED
    assert report(credential(document=badge(subject=STRANGER)), policy=lenient).verdict is Verdict.NOT_VERIFIED


def test_a_presentation_that_names_no_holder_is_by_the_one_who_signed_it():
    found = report(presentation=presented(holder=None))
    assert (found.verdict, found.subject) == (Verdict.VERIFIED, HOLDER)


def test_what_the_holder_says_of_itself_has_the_proof_of_the_presentation_and_of_no_other():
    own = credential(document=badge(issuer=HOLDER), proofs=(), issuer=replace(credential().issuer, did=HOLDER))
    assert faults(report(own)) == {(7, "issuer standing as of signing"), (10, "skill asked")}
    assert (4, "signed by its issuer") in faults(report(replace(own, issuer=credential().issuer)))
    assert (4, "signed by its issuer") in faults(report(own, presentation=presented(proof(HOLDER, Outcome.NO))))


def test_a_status_that_takes_nothing_away_is_no_fault():
    found = report(credential(statuses=(status(StatusOutcome.SET, purpose="refresh"),)))
    assert found.verdict is Verdict.VERIFIED


def status_finding(made: StatusEvidence) -> Finding:
    (found,) = (check for check in report(credential(statuses=(made,))).checks if check.number == 6)
    return found


def test_a_message_stands_in_the_reason_and_takes_nothing_away():
    said = status(StatusOutcome.SET, purpose="message")
    entry = replace(said.entry, size=2, reference=("https://college.example/statuses",))
    made = replace(said, entry=entry, answer=replace(said.answer, value=2, message="under review"))
    found = status_finding(made)
    assert (found.name, found.outcome, found.reason) == (
        "status: message",
        Outcome.YES,
        "its issuer set a message for it, which takes nothing from it; its message is “under review”",
    )
    assert found.evidence["reference"] == ["https://college.example/statuses"]


def test_a_status_set_for_a_purpose_that_nobody_knows_is_not_passed_over():
    assert status_finding(status(StatusOutcome.SET, purpose="Revocation")).outcome is Outcome.COULD_NOT_TELL
    assert status_finding(status(StatusOutcome.CLEAR, purpose="Revocation")).outcome is Outcome.YES


def test_a_list_that_took_revocations_back_is_said_to_have():
    said = status()
    found = status_finding(replace(said, answer=replace(said.answer, cleared_count=2)))
    assert (found.outcome, found.evidence["cleared"]) == (Outcome.YES, 2)
    assert found.reason == "The list says so; the list took revocations back (2), which none should"


def test_why_a_status_is_unknown_is_named_as_the_specification_names_it():
    said = status(StatusOutcome.UNKNOWN, Freshness.UNKNOWN)
    unreadable = replace(said, entry=None, answer=replace(said.answer, error="MALFORMED_VALUE_ERROR"))
    unranged = replace(said, answer=replace(said.answer, error="RANGE_ERROR"))
    assert status_finding(unreadable).evidence["error"] == "MALFORMED_VALUE_ERROR"
    assert status_finding(unranged).evidence["error"] == "RANGE_ERROR"


def test_a_consent_that_does_not_hold_is_not_verified_whatever_the_badge():
    consent = replace(evidence().consent, findings=(judged(8, "payload hash fits", "for another payload", ""),))
    found = report(consent=consent)
    assert (found.verdict, found.consent.outcome) == (Verdict.NOT_VERIFIED, Outcome.NO)
    assert found.skills[0].answer == "not_met"


def test_nothing_presented_is_not_verified():
    found = evaluated(replace(evidence(), credentials=()), POLICY)
    assert (found.verdict, faults(found)) == (Verdict.NOT_VERIFIED, {(10, "something was presented")})


def test_a_credential_alone_is_verified_without_a_holder_and_its_claims_start_at_its_root():
    found = report(presentation=None, request=None, consent=None)
    assert found.verdict is Verdict.VERIFIED
    assert (found.subject, found.skills, found.request) == (HOLDER, (), None)
    assert found.claims[0].path == "/credentialSubject/achievement"


def test_a_skill_that_nothing_shared_speaks_of_is_not_met_and_no_fault_of_what_was_shared():
    found = report(credential(document=badge("https://www.onetcenter.org/content/2.B.1.a")))
    assert found.verdict is Verdict.VERIFIED
    assert (found.skills[0].answer, found.skills[0].by) == ("not_met", None)


def test_every_credential_is_checked_and_one_that_fails_fails_the_whole():
    found = report(credential(), credential(statuses=(status(StatusOutcome.SET),)))
    assert found.verdict is Verdict.NOT_VERIFIED
    revoked = [check.evidence["credential"] for check in found.checks if check.outcome is Outcome.NO]
    assert revoked == ["/verifiableCredential/1"]
    assert [issuer.did for issuer in found.issuers] == [ISSUER, ISSUER]


ENDORSEMENT = {
    "type": ["VerifiableCredential", "EndorsementCredential"],
    "issuer": "did:web:association.example",
    "credentialSubject": {"id": badge()["id"], "type": ["EndorsementSubject"]},
}


def endorsement(**changes: Any) -> CredentialEvidence:
    did = "did:web:association.example"
    made = credential(
        document=ENDORSEMENT, issuer=IssuerEvidence(did=did, name=None, standing=GOOD), proofs=(proof(did),)
    )
    made = replace(made, at="/endorsement/0", around=(badge()["id"],))
    return replace(made, **changes)


def test_an_endorsement_is_checked_by_the_same_list_but_needs_no_holder():
    assert report(credential(embedded=(endorsement(),))).verdict is Verdict.VERIFIED
    found = report(credential(embedded=(endorsement(proofs=()),)))
    assert faults(found) == {SIGNED, (9, "embedded credentials and endorsements"), SKILL_ASKED}


def test_a_learner_who_endorses_their_own_badge_fails_it():
    own = endorsement(
        document={**ENDORSEMENT, "issuer": HOLDER},
        issuer=IssuerEvidence(did=HOLDER, name=None, standing=GOOD),
        proofs=(proof(HOLDER),),
    )
    found = report(credential(embedded=(own,)))
    assert faults(found) == {STANDING, (9, "embedded credentials and endorsements"), SKILL_ASKED}


def test_a_badge_in_disguise_of_an_endorsement_is_still_held_by_its_subject():
    disguised = {**badge(subject=STRANGER), "type": ["EndorsementCredential", "OpenBadgeCredential"]}
    found = report(credential(embedded=(credential(document=disguised),)))
    assert ABOUT in faults(found)


OUTCOMES = st.sampled_from([Outcome.YES, Outcome.COULD_NOT_TELL])


@given(
    issuer=st.sampled_from([HOLDER, LEARNER]),
    found_did=st.sampled_from([HOLDER, LEARNER, ISSUER]),
    signers=st.lists(st.tuples(st.sampled_from([HOLDER, LEARNER, ISSUER]), OUTCOMES), max_size=3),
    standing=st.sampled_from([GOOD, SUSPENDED, NOT_SYNCED]),
    subject=st.sampled_from([HOLDER, LEARNER]),
    is_presented=st.booleans(),
    is_embedded=st.booleans(),
    endorses=st.booleans(),
    policy=st.builds(Policy, requires_holder=st.booleans(), accepts_stale_status=st.booleans()),
    written_as_object=st.booleans(),
)
def test_no_path_lets_a_self_attested_claim_show_as_verified(
    issuer: str,
    found_did: str,
    signers: list[tuple[str, Outcome]],
    standing: Any,
    subject: str,
    is_presented: bool,
    is_embedded: bool,
    endorses: bool,
    policy: Policy,
    written_as_object: bool,
):
    if not is_presented:
        issuer = subject  # with nobody presenting, the subject is all that shows who speaks about themselves
    types = ["VerifiableCredential", "EndorsementCredential" if endorses else "OpenBadgeCredential"]
    document = {**badge(subject=subject), "type": types, "issuer": {"id": issuer} if written_as_object else issuer}
    own = credential(
        document=document,
        issuer=IssuerEvidence(did=found_did, name="Alba Academy", standing=standing),
        proofs=tuple(proof(did, outcome) for did, outcome in signers),
    )
    inner = replace(own, at="/endorsement/0")
    held = credential(document=badge("https://other.example/skill"), embedded=(inner,)) if is_embedded else own
    around = {} if is_presented else {"presentation": None, "consent": None}
    found = report(held, policy=policy, **around)
    assert found.verdict is Verdict.NOT_VERIFIED
    assert [answer.answer for answer in found.skills] == ["not_met"]
    rungs = {claim.provenance for claim in found.claims if "/endorsement/" in claim.path or not is_embedded}
    assert rungs == {Provenance.SELF_ATTESTED}


PROVENANCES = {
    "member in good standing": (credential(), Provenance.KNOWN_ISSUER),
    "not a member": (
        credential(issuer=IssuerEvidence(did=ISSUER, name=None, standing=SUSPENDED)),
        Provenance.UNKNOWN_ISSUER,
    ),
    "not synced": (
        credential(issuer=IssuerEvidence(did=ISSUER, name=None, standing=NOT_SYNCED)),
        Provenance.COULD_NOT_CHECK,
    ),
    "tampered": (credential(proofs=(WRONG,)), Provenance.COULD_NOT_CHECK),
    "one proof of two does not hold": (credential(proofs=(proof(), WRONG)), Provenance.COULD_NOT_CHECK),
    "another's standing": (credential(document=badge(issuer=STRANGER)), Provenance.COULD_NOT_CHECK),
    "no signing date": (credential(signed_at=None), Provenance.COULD_NOT_CHECK),
}


@pytest.mark.parametrize("case", PROVENANCES)
def test_each_claim_says_on_whose_word_it_rests(case: str):
    held, expected = PROVENANCES[case]
    assert [claim.provenance for claim in report(held).claims] == [expected]
