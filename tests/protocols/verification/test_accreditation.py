"""What a report says of its issuer's accreditation: plainly where it is in scope, with a warning where it is not."""

from dataclasses import replace
from typing import Any

import pytest

from node.http.report_page import report_page
from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import read_badge
from protocols.findings import Finding, Outcome
from protocols.trust.accreditation import Accreditation
from protocols.trust.issuance_log.attested import Attestation
from protocols.trust.mark_scope import MarkScope
from protocols.verification.evidence import CredentialEvidence, IssuerEvidence, Policy
from protocols.verification.provenance import Provenance
from protocols.verification.report import Verdict, VerificationReport
from tests.support.consent_story import DAY, GOOD, HOLDER, ISSUER, NOW, SUSPENDED
from tests.support.evidence_story import SIGNED_AT, credential, evaluated, evidence
from tests.support.whole_badge import whole_badge

NAME = "accreditation of its issuer"
ACCREDITOR = "https://accreditor.example"
HELD = Accreditation(
    by=ACCREDITOR,
    trust_mark_type=f"{ACCREDITOR}/marks/accredited",
    scope=MarkScope(credential_types=("OpenBadgeCredential",), accredited_from=SIGNED_AT - DAY),
    owner="https://owner.example",
)


def narrowed(**changes: Any) -> Accreditation:
    return replace(HELD, scope=replace(HELD.scope, **changes))


def issued(*held: Accreditation, standing=GOOD, **changes: Any) -> CredentialEvidence:
    issuer = IssuerEvidence(
        did=ISSUER, name="Test College", standing=standing, accreditations=held, accreditations_as_of=NOW
    )
    return credential(issuer=issuer, **changes)


def found_in(held: CredentialEvidence) -> tuple[VerificationReport, Finding]:
    report = evaluated(evidence(held), Policy())
    [line] = [check for check in report.checks if check.name == NAME]
    return report, line


def test_one_in_scope_is_a_plain_line_with_who_accredits_and_the_best_rung() -> None:
    report, line = found_in(issued(HELD))
    assert (line.number, line.outcome, line.at) == (7, Outcome.YES, SIGNED_AT)
    assert line.reason == f"its issuer was accredited for this on that day, and is, by {ACCREDITOR}"
    assert line.evidence == {
        "credential": "/verifiableCredential/0",
        "types": ["OpenBadgeCredential"],
        "accreditations": [
            {
                "by": ACCREDITOR,
                "trust_mark_type": f"{ACCREDITOR}/marks/accredited",
                "ler_scope": {"credential_types": ["OpenBadgeCredential"]},
                "ler_status": "accredited",
                "accredited_from": HELD.scope.to_claims()["accredited_from"],
                "owner": "https://owner.example",
            }
        ],
    }
    assert report.verdict is Verdict.VERIFIED
    assert {claim.provenance for claim in report.claims} == {Provenance.ACCREDITED_ISSUER}


@pytest.mark.parametrize(
    ("held", "warning", "words"),
    [
        (narrowed(credential_types=("ClrCredential",)), "out_of_scope", "issued outside of what its issuer"),
        (narrowed(accredited_from=NOW), "not_then", "on a day on which the accreditation"),
        (narrowed(status="withdrawn"), "not_then", "was not in force"),
        (replace(HELD, ended_at=NOW - DAY), "ended_since", "but is no longer, and only the signer vouches"),
        (replace(HELD, ended_at=SIGNED_AT), "not_then", "was not in force"),
    ],
)
def test_one_outside_is_warned_of_and_stays_verified(held: Accreditation, warning: str, words: str) -> None:
    report, line = found_in(issued(held))
    assert (line.outcome, line.evidence["warning"]) == (Outcome.NOT_APPLICABLE, warning)
    assert words in line.reason
    assert ACCREDITOR in line.reason
    assert report.verdict is Verdict.VERIFIED
    assert {claim.provenance for claim in report.claims} == {Provenance.KNOWN_ISSUER}
    assert f"<td>warning</td><td>{line.reason}</td>" in report_page(report.to_json())


def test_one_that_others_saw_before_its_accreditation_ended_is_as_good_as_ever() -> None:
    seen = Attestation(at=SIGNED_AT, cause="attested", reason="Members other than its issuer saw it then.")
    report, line = found_in(issued(replace(HELD, ended_at=NOW - DAY), date=seen))
    assert line.outcome is Outcome.YES
    assert line.reason == (
        f"its issuer was accredited for this by {ACCREDITOR} when others saw it, though it is no longer"
    )
    assert "warning" not in line.evidence
    assert {claim.provenance for claim in report.claims} == {Provenance.ACCREDITED_ISSUER}


def test_an_issuer_without_marks_is_nothing_to_be_alarmed_about() -> None:
    for held in (issued(), credential()):
        report, line = found_in(held)
        assert (line.outcome, dict(line.evidence)) == (
            Outcome.NOT_APPLICABLE,
            {"credential": "/verifiableCredential/0"},
        )
        assert line.reason.startswith("no accreditation stated")
        assert report.verdict is Verdict.VERIFIED


def test_an_accreditation_makes_nothing_good_that_is_not() -> None:
    report, line = found_in(issued(HELD, standing=SUSPENDED))
    assert (line.outcome, report.verdict) == (Outcome.YES, Verdict.NOT_VERIFIED)
    assert Provenance.ACCREDITED_ISSUER not in {claim.provenance for claim in report.claims}


def test_one_that_does_not_say_when_it_was_signed_is_in_nobodys_scope() -> None:
    _, line = found_in(issued(HELD, signed_at=None))
    assert (line.outcome, line.reason) == (
        Outcome.NOT_APPLICABLE,
        f"its issuer is accredited by {ACCREDITOR}, but when this was signed is not known",
    )


@pytest.mark.parametrize(("listed", "outcome"), [("ceterms:Certificate", "yes"), ("Certificate", "yes")])
def test_an_achievement_goes_by_its_type_as_badges_and_as_ctdl_write_it(listed: str, outcome: str) -> None:
    document = whole_badge()
    document["credentialSubject"]["achievement"]["achievementType"] = "Certificate"
    badge = read_badge(parse_credential(document))
    _, line = found_in(issued(narrowed(credential_types=(listed,)), document=document, badge=badge))
    assert line.outcome == outcome


def test_what_somebody_says_of_themselves_is_nothing_to_be_accredited_for() -> None:
    own = IssuerEvidence(did=HOLDER, name=None, standing=GOOD, accreditations=(HELD,), accreditations_as_of=NOW)
    report = evaluated(evidence(credential(issuer=own)), Policy())
    assert [check for check in report.checks if check.name == NAME] == []
