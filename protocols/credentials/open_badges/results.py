"""What a result means: each result joined to its description in the achievement and the level that was reached.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#result, #resultdescription
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from protocols.credentials.open_badges.values import (
    Achievement,
    Alignment,
    Badge,
    Result,
    ResultDescription,
    RubricCriterionLevel,
)

_ACHIEVED = frozenset({None, "Completed"})
"""Of the specification's ResultStatusType; the others are not reached yet, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedResult:
    """A result with what its description says, and the rubric level that it points to.

    `problems` says where it does not fit its description; `is_unclear` that it points to what is not there, so that
    what it means cannot be told.
    """

    result: Result
    description: ResultDescription | None = None
    level: RubricCriterionLevel | None = None
    problems: tuple[str, ...] = ()
    is_unclear: bool = False

    @property
    def alignments(self) -> tuple[Alignment, ...]:
        """What the result shows: its own alignments, those of its description and those of its level.

        None where it was not achieved (failed, withdrawn, still going on), does not fit or is unclear.
        """
        if self.result.status not in _ACHIEVED or self.problems or self.is_unclear:
            return ()
        described = self.description.alignment if self.description else ()
        return self.result.alignment + described + (self.level.alignment if self.level else ())


def results_of(badge: Badge) -> tuple[JoinedResult, ...]:
    """Every result of every subject, in order."""
    return tuple(_joined(result, subject.achievement) for subject in badge.subject for result in subject.result)


def _joined(result: Result, achievement: Achievement | None) -> JoinedResult:
    descriptions = achievement.result_description if achievement else ()
    description = next((item for item in descriptions if item.id == result.result_description), None)
    if description is None:
        return JoinedResult(result=result, is_unclear=bool(result.result_description or result.achieved_level))
    level = next((item for item in description.rubric_criterion_level if item.id == result.achieved_level), None)
    return JoinedResult(
        result=result,
        description=description,
        level=level,
        problems=tuple(_problems(result, description)),
        is_unclear=result.achieved_level is not None and level is None,
    )


def _problems(result: Result, description: ResultDescription) -> Iterable[str]:
    if result.value is None:
        return
    if description.allowed_value and result.value not in description.allowed_value:
        yield "its value is none of the allowed values"
    value, low, high = (_decimal(text) for text in (result.value, description.value_min, description.value_max))
    if value is not None and low is not None and value < low:
        yield "its value is below the least"
    if value is not None and high is not None and value > high:
        yield "its value is above the greatest"


def _decimal(text: str | None) -> Decimal | None:
    """The number in a value; None for letters, grades and whatever else is no plain number."""
    try:
        number = Decimal(text[:40]) if text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None
