"""Why a report says what it says: from the verdict through what decided it to the first causes.

Nothing is found anew: each step is a finding of the report, with its own reason, date and evidence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.verification.report import Verdict, VerificationReport, finding_json, write_time

_DECIDES = {
    Verdict.NOT_VERIFIED: Outcome.NO,
    Verdict.COULD_NOT_TELL: Outcome.COULD_NOT_TELL,
    Verdict.VERIFIED: Outcome.YES,
}
_RESTS_ON = {
    "signed by its issuer": ("proof",),
    "presentation signed by its holder": ("presentation proof",),
    "presented by the one it is about": ("presentation signed by its holder", "key binding"),
}
"""name of a finding → names of those about the same credential that it follows from."""
_EMBEDDED, _SKILL = "embedded credentials and endorsements", "skill asked"


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding, and what it follows from; without causes it is a first one."""

    finding: Finding
    causes: tuple["Cause", ...] = ()

    def to_json(self) -> JsonObject:
        return {**finding_json(self.finding), "causes": [cause.to_json() for cause in self.causes]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The verdict with what decided it, whatever follows from something else under that."""

    verdict: Verdict
    checked_at: datetime
    because: tuple[Cause, ...]

    def to_json(self) -> JsonObject:
        return {
            "verdict": self.verdict.value,
            "checked_at": write_time(self.checked_at),
            "because": [cause.to_json() for cause in self.because],
        }


def why(report: VerificationReport) -> Why:
    """What decided: every no of a report that is not verified, every open question of one that could not tell."""
    findings = (*report.checks, *(report.consent.checks if report.consent else ()))
    deciding = [finding for finding in findings if finding.outcome is _DECIDES[report.verdict]]
    if report.verdict is Verdict.VERIFIED:
        return Why(verdict=report.verdict, checked_at=report.checked_at, because=tuple(map(Cause, deciding)))
    follow = {id(cause) for finding in deciding for cause in _causes(finding, deciding)}
    first = [finding for finding in deciding if id(finding) not in follow]
    return Why(
        verdict=report.verdict,
        checked_at=report.checked_at,
        because=tuple(_traced(finding, deciding, frozenset()) for finding in first),
    )


def _traced(finding: Finding, among: Sequence[Finding], above: frozenset[int]) -> Cause:
    above = above | {id(finding)}
    below = [cause for cause in _causes(finding, among) if id(cause) not in above]
    inner = {id(cause) for each in below for cause in _causes(each, among)}
    return Cause(finding, tuple(_traced(cause, among, above) for cause in below if id(cause) not in inner))


def _causes(finding: Finding, among: Sequence[Finding]) -> Iterable[Finding]:
    """Those of `among` that `finding` follows from."""
    where = _place(finding)
    for other in among:
        if other is finding:
            continue
        if finding.name == _EMBEDDED:
            if (_place(other) or "").startswith(f"{where}/") and other.number < 10:
                yield other
        elif finding.name == _SKILL:
            if other.number < 10:
                yield other
        elif other.name in _RESTS_ON.get(finding.name, ()) and _place(other) in (where, None):
            yield other


def _place(finding: Finding) -> Any:
    return finding.evidence.get("credential")
