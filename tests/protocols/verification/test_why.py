"""Why walks from the verdict to the first causes, and invents nothing."""

from dataclasses import replace
from typing import Any

from protocols.findings import Outcome
from protocols.status.lookup import StatusOutcome
from protocols.verification.evidence import Policy
from protocols.verification.why import Cause, why
from tests.support.consent_story import HOLDER, NOT_SYNCED
from tests.support.evidence_story import credential, evaluated, evidence, presented, proof, status


def told(causes: tuple[Cause, ...]) -> list[Any]:
    """[number, name, *what it follows from] for each."""
    return [[cause.finding.number, cause.finding.name, *told(cause.causes)] for cause in causes]


def explained(*credentials: Any, **changes: Any) -> Any:
    return why(evaluated(evidence(*credentials, **changes), Policy()))


def test_a_revoked_badge_is_the_cause_and_the_skill_that_it_was_to_show_follows_from_it() -> None:
    found = explained(credential(statuses=(status(StatusOutcome.SET),)))
    assert found.verdict == "not_verified"
    assert told(found.because) == [[10, "skill asked", [6, "status: revocation"]]]
    cause = found.because[0].causes[0].finding
    assert (cause.reason, cause.evidence["list"]) == ("revoked by its issuer", "https://college.example/status/1")


def test_the_way_leads_through_the_presentation_to_the_proof_that_does_not_hold() -> None:
    found = explained(presentation=presented(proof(HOLDER, Outcome.NO, "The signature does not fit.")))
    chain = [
        *[8, "presented by the one it is about"],
        [8, "presentation signed by its holder", [4, "presentation proof"]],
    ]
    assert told(found.because) == [[10, "skill asked", chain]]


def test_a_fault_within_is_found_under_what_it_stands_in() -> None:
    inner = credential(proofs=(proof(outcome=Outcome.NO),), at="/endorsement/0")
    found = explained(credential(embedded=(inner,)))
    within = [9, "embedded credentials and endorsements", [4, "signed by its issuer", [4, "proof"]]]
    assert told(found.because) == [[10, "skill asked", within]]


def test_what_could_not_be_told_is_traced_and_what_held_is_not_shown() -> None:
    issuer = replace(credential().issuer, standing=NOT_SYNCED)
    found = explained(credential(issuer=issuer))
    assert found.verdict == "could_not_tell"
    assert told(found.because) == [[10, "skill asked", [7, "issuer standing as of signing"]]]


def test_every_step_is_a_finding_of_the_report() -> None:
    report = evaluated(evidence(credential(statuses=(status(StatusOutcome.SET),))), Policy())

    def walked(causes: tuple[Cause, ...]) -> list[Any]:
        return [found for cause in causes for found in (cause.finding, *walked(cause.causes))]

    assert all(finding in report.checks for finding in walked(why(report).because))


def test_what_is_verified_rests_on_every_yes() -> None:
    found = explained()
    assert found.verdict == "verified"
    assert {cause.finding.outcome for cause in found.because} == {Outcome.YES}
    assert all(cause.causes == () for cause in found.because)
