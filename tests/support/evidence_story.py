"""Evidence of one right presentation of one right badge, whose parts a test can exchange for wrong ones."""

import json
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator

from protocols.consent.digests import payload_hash
from protocols.consent.presentation import presentation
from protocols.consent.record import record_hash
from protocols.credentials.proofs.result import ProofResult
from protocols.findings import Outcome, judged
from protocols.requests.request import request_hash
from protocols.status.entry import StatusEntry
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusAnswer, StatusOutcome
from protocols.verification.evaluate import evaluate
from protocols.verification.evidence import (
    Answered,
    ConsentEvidence,
    CredentialEvidence,
    Evidence,
    IssuerEvidence,
    Policy,
    PresentationEvidence,
    RequestEvidence,
    StatusEvidence,
)
from protocols.verification.report import VerificationReport, parse_report
from protocols.verification.report_schema import REPORT_SCHEMA
from tests.support.consent_story import DAY, GOOD, HOLDER, ISSUER, LEARNER, NOW, REQUEST, Story, badge

SIGNED_AT = NOW - 30 * DAY
SAID = Story().said
ENTRY = StatusEntry(list_url="https://college.example/status/1", index=7, purpose="revocation")


def proof(did: str = ISSUER, outcome: Outcome = Outcome.YES, reason: str = "The signature holds.") -> ProofResult:
    return ProofResult(
        suite="eddsa-rdfc-2022",
        verification_method=f"{did}#sign",
        purpose="assertionMethod",
        created=SIGNED_AT,
        outcome=outcome,
        reason=reason,
    )


def status(
    outcome: StatusOutcome = StatusOutcome.CLEAR, freshness: Freshness = Freshness.FRESH, purpose: str = "revocation"
) -> StatusEvidence:
    answer = StatusAnswer(
        outcome=outcome, freshness=freshness, reason="The list says so.", fetched_at=NOW - DAY, value=0
    )
    return StatusEvidence(entry=replace(ENTRY, purpose=purpose), answer=answer)


def credential(**changes: Any) -> CredentialEvidence:
    made = CredentialEvidence(
        document=badge(),
        proofs=(proof(),),
        dates=Answered(outcome=Outcome.YES, reason="It has no end.", at=SIGNED_AT),
        signed_at=SIGNED_AT,
        statuses=(status(),),
        issuer=IssuerEvidence(did=ISSUER, name="Test College", standing=GOOD),
    )
    return replace(made, **changes)


def presented(*proofs: ProofResult, **document: Any) -> PresentationEvidence:
    made = {**presentation((badge(),), holder=HOLDER, shared_as=LEARNER), **document}
    return PresentationEvidence(document=made, proofs=proofs or (proof(HOLDER),))


def evidence(*credentials: CredentialEvidence, **changes: Any) -> Evidence:
    made = Evidence(
        id="report-1",
        credentials=credentials or (credential(),),
        presentation=presented(),
        request=RequestEvidence(request=REQUEST, request_hash=request_hash(SAID.request)),
        consent=ConsentEvidence(
            record_hash=record_hash(SAID.record),
            payload_hash=payload_hash({}),
            findings=(judged(8, "payload hash fits", None, "it fits"),),
        ),
        delete_at=NOW + 60 * DAY,
    )
    return replace(made, **changes)


VALIDATOR = Draft202012Validator(REPORT_SCHEMA)


def evaluated(gathered: Evidence, policy: Policy) -> VerificationReport:
    """The report on it; whatever a test evaluates, its JSON fits the schema and is read back the same."""
    report = evaluate(gathered, policy, NOW)
    value = json.loads(json.dumps(report.to_json()))
    assert [error.message for error in VALIDATOR.iter_errors(value)] == []
    assert parse_report(value) == report
    return report
