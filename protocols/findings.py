"""One answer to one question, with its reason: what every check in this program leaves behind.

A check never stops at the first fault and never raises for what a stranger sent: it returns findings, and whoever
reads them sees all of them. Three answers are possible, and a fourth for a question that does not arise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The three answers, and the absence of a question."""

    YES = "yes"
    NO = "no"
    COULD_NOT_TELL = "could_not_tell"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one numbered question.

    Args:
        number: the step of the checklist that asked.
        name: what was asked, in a few words that stay the same from report to report.
        reason: one sentence, never empty, that quotes no claim and no name.
        at: the moment the answer is about or rests on (a signing date, the arrival of a status list), aware UTC.
        evidence: JSON values that let a reader look again: digests, key ids, URLs, counts.
    """

    number: int
    name: str
    outcome: Outcome
    reason: str
    at: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])


def judged(
    number: int, name: str, fault: str | None, held: str, *, at: datetime | None = None, **evidence: Any
) -> Finding:
    """Yes with the reason `held` where there is no `fault`, else no with the fault as its reason."""
    outcome = Outcome.YES if fault is None else Outcome.NO
    return Finding(number=number, name=name, outcome=outcome, reason=fault or held, at=at, evidence=evidence)


def unknown(number: int, name: str, reason: str, *, at: datetime | None = None, **evidence: Any) -> Finding:
    """Could not tell, and why."""
    outcome = Outcome.COULD_NOT_TELL
    return Finding(number=number, name=name, outcome=outcome, reason=reason, at=at, evidence=evidence)


def overall(findings: Iterable[Finding]) -> Outcome:
    """No where any answer is no, else could-not-tell where any is, else yes; not applicable where nothing was asked."""
    outcomes = {finding.outcome for finding in findings}
    for outcome in (Outcome.NO, Outcome.COULD_NOT_TELL, Outcome.YES):
        if outcome in outcomes:
            return outcome
    return Outcome.NOT_APPLICABLE
