"""Answering from a kept list with no network: a function of the snapshot and the time.

So nobody learns who is being checked.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from protocols.credentials.times import format_time
from protocols.errors import ProtocolError
from protocols.status.acceptance import Snapshot
from protocols.status.bitstring import MIN_ENTRIES, Inflated, get_value
from protocols.status.entry import Form, StatusEntry
from protocols.status.errors import (
    StatusListError,
    StatusListLengthError,
    StatusRetrievalError,
    StatusVerificationError,
)
from protocols.status.freshness import Freshness, FreshnessPolicy, judge
from protocols.status.token_status import get_status, purpose_of

_INFLATED = Inflated()


class StatusOutcome(StrEnum):
    """What a list says of one credential, for one purpose."""

    CLEAR = "clear"
    SET = "set"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAnswer:
    """The answer for one entry.

    Args:
        value: the entry's number, None where it is unknown; `message` its name, for entries that name theirs.
        fetched_at: when the list that was asked had arrived.
        purpose: what it is set for, where the list says that and not the entry.
        error: the specification's name for why it is unknown, where it has one.
        cleared_count: revocations that this list took back, which no list should.
    """

    outcome: StatusOutcome
    freshness: Freshness
    reason: str
    fetched_at: datetime | None = None
    value: int | None = None
    message: str | None = None
    purpose: str | None = None
    error: str | None = None
    cleared_count: int = 0


def status_of(
    entry: StatusEntry,
    snapshot: Snapshot | None,
    *,
    now: datetime,
    policy: FreshnessPolicy,
    issuer: str | None = None,
    trouble: str | None = None,
) -> StatusAnswer:
    """What is known at `now` about one entry; never raises, what cannot be told is UNKNOWN with its reason.

    A set entry counts however old the list is; a clear one only as long as the list is usable.

    Args:
        issuer: of the credential that the entry stands in: only its own list speaks of it. None asks for no one's.
        trouble: why no list of this URL could be taken into use, beginning with the specification's name for it.
    """
    if snapshot is None or snapshot.url != entry.key:
        return _not_there(trouble)
    freshness = judge(snapshot.fetched_at, snapshot.ttl_s, max(now, snapshot.fetched_at), policy)
    if snapshot.valid_until is not None and now > snapshot.valid_until:
        freshness = Freshness.UNKNOWN
    try:
        if issuer is not None and snapshot.issuer != issuer:
            raise StatusVerificationError("the list is not by the issuer of the credential")
        if snapshot.form is not entry.form:
            raise StatusVerificationError("the list is of another form than the entry")
        if snapshot.form is Form.JWT:
            value = get_status(_INFLATED.get(snapshot.compressed), entry.index, snapshot.size)
            return _answer(entry, snapshot, value, freshness, purpose=purpose_of(value) if value else None)
        value = _value(entry, snapshot)
    except StatusListError as error:
        return StatusAnswer(
            outcome=StatusOutcome.UNKNOWN,
            freshness=freshness,
            reason=f"{error.name}: {error.detail}.",
            fetched_at=snapshot.fetched_at,
            error=error.name,
        )
    return _answer(entry, snapshot, value, freshness)


def unreadable(error: ProtocolError) -> StatusAnswer:
    """The answer for an entry that `parse_entry` refused."""
    is_named = isinstance(error, StatusListError)
    return StatusAnswer(
        outcome=StatusOutcome.UNKNOWN,
        freshness=Freshness.UNKNOWN,
        reason=error.named if is_named else error.sentence,
        error=error.name if is_named else None,
    )


def _not_there(trouble: str | None) -> StatusAnswer:
    reason, name = "The status list has not been fetched yet.", None
    if trouble is not None:
        name = trouble.partition(":")[0]
        reason = reason if name == StatusRetrievalError.name else f"The list is of no use: {trouble}."
    return StatusAnswer(outcome=StatusOutcome.UNKNOWN, freshness=Freshness.UNKNOWN, reason=reason, error=name)


def _value(entry: StatusEntry, snapshot: Snapshot) -> int:
    if entry.purpose not in snapshot.purposes:
        raise StatusVerificationError("the list is for another purpose", expected=entry.purpose)
    bits = _INFLATED.get(snapshot.compressed)
    if len(bits) * 8 < MIN_ENTRIES * entry.size:
        raise StatusListLengthError("the list is too short for entries of this size")
    return get_value(bits, entry.index, entry.size)


def _answer(
    entry: StatusEntry, snapshot: Snapshot, value: int, freshness: Freshness, *, purpose: str | None = None
) -> StatusAnswer:
    when = format_time(snapshot.fetched_at)
    outcome = StatusOutcome.SET if value else StatusOutcome.CLEAR
    reason = f"The list of {when} says {purpose or entry.purpose}: {'yes' if value else 'no'}."
    if not value and freshness is Freshness.UNKNOWN:
        outcome, reason = StatusOutcome.UNKNOWN, f"The list of {when} is too old to conclude from."
    message = (entry.messages or {}).get(value)
    return StatusAnswer(
        outcome=outcome,
        freshness=freshness,
        reason=reason,
        fetched_at=snapshot.fetched_at,
        value=value,
        message=None if message is None else shown(message),
        purpose=purpose,
        cleared_count=snapshot.cleared_count,
    )


def shown(message: str) -> str:
    """An issuer's words as they may stand in a report: one line of at most 200 characters, none that a screen obeys."""
    line = " ".join(message.split())
    return "".join(character for character in line[:200] if character.isprintable())
