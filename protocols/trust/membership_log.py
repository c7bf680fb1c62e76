"""The anchor's append-only log of membership events, each entry naming the digest of the one before.

Who holds the last hash can tell later that nothing before it was changed, dropped or put in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.jose.encoding import digest_json
from protocols.trust.membership import MembershipEvent, State, apply_event
from protocols.trust.refusal import StatementRefused
from protocols.trust.times import format_instant

GENESIS = ""
"""The previous hash of the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One row of the log as stored. `subject` is the entity id that the event is about."""

    subject: str
    event: MembershipEvent
    previous_hash: str
    hash: str


def append(previous_hash: str, event: MembershipEvent, *, subject: str) -> str:
    """The hash of the entry that puts `event` of `subject` after `previous_hash` (`GENESIS` for the first).

    SHA-256 over the RFC 8785 form of {previous, subject, event}, base64url without padding.
    """
    return digest_json({"previous": previous_hash, "subject": subject, "event": event.to_json()})


def check_log(entries: Sequence[LogEntry]) -> tuple[str, ...]:
    """Every problem of a log read from its beginning, as sentences; empty: it holds.

    Checked for each entry: it names the hash of the one before, its own hash fits, time does not go back, and the
    event may follow what the log says of the same subject so far.
    """
    problems: list[str] = []
    states: dict[str, State] = {}
    for position, entry in enumerate(entries):
        before = entries[position - 1] if position else None
        if entry.previous_hash != (before.hash if before else GENESIS):
            problems.append(f"entry {position} does not follow the one before it")
        if entry.hash != append(entry.previous_hash, entry.event, subject=entry.subject):
            problems.append(f"entry {position} was changed: its hash does not fit")
        if before and entry.event.at < before.event.at:
            problems.append(f"entry {position} of {format_instant(entry.event.at)} is dated before the one before it")
        try:
            states[entry.subject] = apply_event(states.get(entry.subject, "none"), entry.event.event)
        except StatementRefused as refusal:
            problems.append(f"entry {position} is not a legal event: {refusal.found}")
    return tuple(problems)
