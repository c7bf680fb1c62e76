"""One member as the anchor's log tells it: all its events, and what was last decided about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import cast

from node.storage.repos import membership
from node.storage.repos.membership import MemberEvent, NewEvent
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey
from protocols.trust.agreement import Agreement
from protocols.trust.jwks import parse_jwks
from protocols.trust.membership import EventName, Membership, MembershipEvent, State
from protocols.trust.membership_log import LogEntry
from protocols.trust.network import RolesWanted


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """`name` and the roles in `membership` are those approved last, or applied for where nothing was ever approved.

    Whoever applies again, after it left or was removed, is given no name and no role by that, nor by a refusal: they
    are what is published, and what is told about its past. What it asks for is `asked_name` and `asked_roles`.
    `jwks` are the federation keys of the last application, of `applied_at`, and `agreement` the terms that it agreed
    to; `version` names the last entry.
    """

    entity_id: str
    name: str
    asked_name: str
    asked_roles: RolesWanted
    jwks: Mapping[str, PublicKey]
    membership: Membership
    applied_at: datetime
    agreement: Agreement | None
    version: str

    @property
    def did(self) -> str:
        return self.membership.did

    @property
    def state(self) -> State:
        return self.membership.state

    @property
    def since(self) -> datetime:
        """When the present state began."""
        return self.membership.events[-1].at

    @property
    def was_approved(self) -> bool:
        """Whether it ever belonged to the network: only then is anything published about it."""
        return any(event.event == "approved" for event in self.membership.events)


def find_record(session: Session, entity_id: str) -> MemberRecord | None:
    """The member as the log has it now; None where it has nothing about it."""
    entries = membership.about(session, entity_id)
    return record_of(entries) if entries else None


def record_of(entries: Sequence[MemberEvent]) -> MemberRecord:
    """The member that `entries`, one or more, all of one entity and oldest first, tell of."""
    applied = [entry for entry in entries if entry.event == "applied"][-1]
    decided: JsonObject = {}
    for entry in _last_approved(entries):
        decided |= entry.detail
    roles = RolesWanted.parse(decided["roles"])
    return MemberRecord(
        entity_id=applied.entity_id,
        name=decided["name"],
        asked_name=applied.detail["name"],
        asked_roles=RolesWanted.parse(applied.detail["roles"]),
        jwks=parse_jwks(applied.detail["jwks"]),
        membership=Membership(
            did=applied.did,
            events=tuple(event_of(entry) for entry in entries),
            issuer=roles.issuer,
            verifier=roles.verifier,
            relay=roles.relay,
        ),
        applied_at=applied.at,
        agreement=None if applied.detail.get("agreement") is None else Agreement.parse(applied.detail["agreement"]),
        version=entries[-1].hash,
    )


def _last_approved(entries: Sequence[MemberEvent]) -> Sequence[MemberEvent]:
    """The application approved last, and all that followed up to the next one; the last one where none ever was."""
    begins = [position for position, entry in enumerate(entries) if entry.event == "applied"]
    spans = [entries[begin:end] for begin, end in pairwise([*begins, len(entries)])]
    approved = [span for span in spans if any(entry.event == "approved" for entry in span)]
    return (approved or spans)[-1]


def records_of(entries: Iterable[MemberEvent]) -> list[MemberRecord]:
    """Everybody in the log, by entity id."""
    by_entity: dict[str, list[MemberEvent]] = {}
    for entry in entries:
        by_entity.setdefault(entry.entity_id, []).append(entry)
    return [record_of(own) for _, own in sorted(by_entity.items())]


def event_of(entry: MemberEvent | NewEvent) -> MembershipEvent:
    until = entry.detail.get("until")
    return MembershipEvent(
        event=cast("EventName", entry.event),
        at=entry.at,
        reason=entry.reason,
        successor=entry.detail.get("successor"),
        until=None if until is None else datetime.fromisoformat(until),
    )


def entry_of(entry: MemberEvent) -> LogEntry:
    return LogEntry(
        subject=entry.entity_id,
        did=entry.did,
        event=event_of(entry),
        actor=entry.actor,
        detail=entry.detail,
        previous_hash=entry.previous_hash,
        hash=entry.hash,
    )
