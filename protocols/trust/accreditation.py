"""Was an issuer accredited for this, on that day? By the trust marks that it held, ended ones too.

Whoever lost its accreditation could have written an earlier day on what it signs now. So an accreditation that does not
hold today proves nothing about a day that only the signer vouches for, and the answer says so. What others saw while it
held was signed while it held.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from protocols.trust.mark_scope import MarkScope


class Accredited(StrEnum):
    """How a credential stands to the accreditations of its issuer."""

    NONE_STATED = "none_stated"
    IN_SCOPE = "in_scope"
    ATTESTED = "attested"
    ENDED_SINCE = "ended_since"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_THEN = "not_then"
    UNDATED = "undated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accreditation:
    """One verified mark that accredits.

    Args:
        by: entity id of who granted it; owner: of who owns the type, where somebody does.
        ended_at: since when it does not count any more, whatever its scope says; None: it counts.
    """

    by: str
    trust_mark_type: str
    scope: MarkScope
    owner: str | None = None
    ended_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Whether it accredits anything as of `at`."""
        return self.scope.is_in_force(at) and (self.ended_at is None or at < self.ended_at)

    def covers(self, types: Collection[str], at: datetime) -> bool:
        """Whether it accredits for one of `types` as of `at`."""
        return self.is_in_force(at) and any(self.scope.covers(each, at) for each in types)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccreditationAnswer:
    """The answer, and the accreditations that it rests on."""

    answer: Accredited
    rests_on: tuple[Accreditation, ...] = ()

    @property
    def is_accredited(self) -> bool:
        """Whether it was accredited for this when it signed."""
        return self.answer in (Accredited.IN_SCOPE, Accredited.ATTESTED)


def accredited(
    held: Sequence[Accreditation],
    types: Collection[str],
    *,
    at: datetime | None,
    now: datetime,
    attested_at: datetime | None = None,
) -> AccreditationAnswer:
    """Whether who holds `held` was accredited as of `at`.

    Args:
        types: every name that what it issued goes by; one of them covered is enough.
        at: when it was signed; None where that is not known.
        attested_at: when others than the signer saw it; None where nobody did.
    """
    if not held:
        return AccreditationAnswer(answer=Accredited.NONE_STATED)
    if at is None:
        return AccreditationAnswer(answer=Accredited.UNDATED, rests_on=tuple(held))
    covering = tuple(each for each in held if each.covers(types, at))
    lasting = tuple(each for each in covering if each.covers(types, now))
    seen = tuple(each for each in covering if attested_at is not None and each.covers(types, attested_at))
    in_force = tuple(each for each in held if each.is_in_force(at))
    if lasting:
        return AccreditationAnswer(answer=Accredited.IN_SCOPE, rests_on=lasting)
    if seen:
        return AccreditationAnswer(answer=Accredited.ATTESTED, rests_on=seen)
    if covering:
        return AccreditationAnswer(answer=Accredited.ENDED_SINCE, rests_on=covering)
    if in_force:
        return AccreditationAnswer(answer=Accredited.OUT_OF_SCOPE, rests_on=in_force)
    return AccreditationAnswer(answer=Accredited.NOT_THEN, rests_on=tuple(held))
