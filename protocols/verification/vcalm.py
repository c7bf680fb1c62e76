"""A report in the terms of VCALM 1.0 (the VC-API): errors, which make it not verified, and warnings, which do not.

    error     cryptography, data model, contexts: steps 1 to 4, who signed a presentation or bound an SD-JWT to
              this verifier, and embedded credentials that do not belong where they stand or were not looked at
    warning   status (step 6) and validity period (step 5); an error where `checks` asks for them
    neither   whom to believe (7), whose it is (8), skills (10): for whoever called to decide, who has the report

Three answers have to go into two: what could not be told is an error or a warning as its step is, with a problem type
of its own, so that nobody takes it for a no.

Spec: https://www.w3.org/TR/vcalm/#verification-errors-vs-warnings
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.verification.badges import ASSOCIATIONS, ENDORSES, WITHIN_LIMITS
from protocols.verification.holder import KEY_BINDING
from protocols.verification.report import VerificationReport

_MODEL = "https://www.w3.org/TR/vc-data-model#"
_STATUS = "https://www.w3.org/ns/credentials/status-list#"
_OURS = "https://w3id.org/ler-exchange/problems/"
COULD_NOT_TELL = f"{_OURS}could-not-tell"
UNKNOWN_OPTION = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"

_TYPES = {
    1: f"{_MODEL}PARSING_ERROR",
    2: f"{_MODEL}MALFORMED_VALUE_ERROR",
    3: f"{_MODEL}MALFORMED_VALUE_ERROR",
    4: f"{_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR",
    5: f"{_MODEL}RANGE_ERROR",
    6: f"{_STATUS}STATUS_VERIFICATION_ERROR",
    8: f"{_MODEL}CRYPTOGRAPHIC_SECURITY_ERROR",
    9: f"{_MODEL}MALFORMED_VALUE_ERROR",
}
_ONLY = {8: ("presentation signed by its holder", KEY_BINDING), 9: (ENDORSES, ASSOCIATIONS, WITHIN_LIMITS)}
"""What alone counts of a step; of step 9, the rest is the sum of what the embedded credentials have of their own."""


class Check(StrEnum):
    """What a caller may ask for in `options.checks`. The proof is always checked."""

    PROOF = "proof"
    STATUS = "credentialStatus"
    VALIDITY = "validityPeriod"


_DECIDES = {5: Check.VALIDITY, 6: Check.STATUS}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """What VCALM answers: `verified` is true where there is no error."""

    errors: tuple[JsonObject, ...]
    warnings: tuple[JsonObject, ...]

    @property
    def verified(self) -> bool:
        return not self.errors


def result_of(
    report: VerificationReport, checks: frozenset[Check] = frozenset(), where: str | None = None
) -> VerificationResult:
    """The problems of a report; each names its step, and the credential that it is about.

    Args:
        checks: what makes a warning an error.
        where: JSON pointer to one credential of a presentation: that, and what is embedded in it, alone.
    """
    troubles = [finding for finding in report.checks if _is_trouble(finding) and _is_within(finding, where)]
    return VerificationResult(
        errors=tuple(problems_of(finding for finding in troubles if not _is_warning(finding, checks))),
        warnings=tuple(problems_of(finding for finding in troubles if _is_warning(finding, checks))),
    )


def problems_of(findings: Iterable[Finding]) -> Iterable[JsonObject]:
    """A ProblemDetails object for each of them, all of which are troubles."""
    for finding in findings:
        type = _TYPES[finding.number] if finding.outcome is Outcome.NO else COULD_NOT_TELL
        where = finding.evidence.get("credential")
        made = {**problem(type, finding.name, finding.reason), "check": finding.number}
        yield made if where is None else {**made, "credential": where}


def problem(type: str, title: str, detail: str) -> JsonObject:
    """A ProblemDetails object (VCALM, error handling)."""
    return {"type": type, "title": title, "detail": detail}


def malformed(detail: str) -> JsonObject:
    """The ProblemDetails of something that is not of the form it has to have."""
    return problem(_TYPES[2], "MALFORMED_VALUE_ERROR", detail)


def _is_trouble(finding: Finding) -> bool:
    if finding.number not in _TYPES or finding.name not in _ONLY.get(finding.number, (finding.name,)):
        return False
    return finding.outcome in (Outcome.NO, Outcome.COULD_NOT_TELL)


def _is_within(finding: Finding, where: str | None) -> bool:
    place = finding.evidence.get("credential")
    return where is None or (isinstance(place, str) and (place == where or place.startswith(f"{where}/")))


def _is_warning(finding: Finding, checks: frozenset[Check]) -> bool:
    return finding.number in _DECIDES and _DECIDES[finding.number] not in checks
