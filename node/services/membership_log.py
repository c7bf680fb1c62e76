"""The anchor's membership log as rows: written to at its end, exported whole, and kept up with the time."""

from dataclasses import dataclass, replace
from datetime import datetime

from node.clock import Clock, new_id
from node.errors import Conflict
from node.services.entity_configuration import OwnConfiguration
from node.services.member_record import MemberRecord, entry_of, event_of, find_record, record_of, records_of
from node.storage.repos import federation, membership
from node.storage.repos.membership import NewEvent
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject
from protocols.trust.membership import follow
from protocols.trust.membership_log import GENESIS, LogEntry, append, export_log
from protocols.trust.refusal import StatementRefused

ENDED = "The suspension was to end by itself."


def own_network(session: Session) -> federation.NetworkConfig:
    """The network that this node is the anchor of; raises Conflict where it is of none."""
    network = federation.network(session)
    if network is None or network.role != federation.ANCHOR:
        raise Conflict(
            "this node is not the anchor of a network",
            found="a member" if network else "no network",
            expected="ler-node network create first",
        )
    return network


def append_event(session: Session, given: NewEvent) -> MemberRecord:
    """Puts an event at the end of the log, dated no earlier than the one before it.

    Raises:
        Conflict: an event that cannot follow what the log says of this entity.
        StatementRefused: `membership_event`, an end or a successor that the event cannot have.
    """
    head, before = membership.head(session), find_record(session, given.entity_id)
    new = given if head is None else replace(given, at=max(given.at, head.at))
    event, previous = event_of(new), GENESIS if head is None else head.hash
    try:
        follow(before.state if before else "none", before.membership.events[-1] if before else None, event)
    except StatementRefused as refusal:
        raise Conflict(refusal.detail, found=refusal.found, expected=refusal.expected) from refusal
    membership.append(
        session,
        new_id(),
        new,
        seq=1 if head is None else head.seq + 1,
        previous_hash=previous,
        hash=append(previous, event, subject=new.entity_id, did=new.did, actor=new.actor, detail=new.detail),
    )
    return record_of(membership.about(session, new.entity_id))


@dataclass(frozen=True, slots=True)
class MembershipLog:
    storage: UnitOfWork
    configuration: OwnConfiguration
    clock: Clock

    async def export(self) -> JsonObject:
        """The whole log, its head signed now; see protocols/trust/membership_log.py.

        Raises:
            Conflict: this node is not the anchor of a network.
        """

        def body(session: Session) -> tuple[federation.NetworkConfig, list[LogEntry]]:
            return own_network(session), [entry_of(entry) for entry in membership.log(session)]

        network, entries = await self.storage.read(body)
        return export_log(
            entries,
            anchor=network.anchor,
            name=network.name,
            signer=self.configuration.signer(),
            jwks=self.configuration.keys(),
            now=self.clock.now(),
        )

    async def end_suspensions(self) -> None:
        """The job `membership.ends`: writes down that suspensions which had an end are over."""

        def over(session: Session) -> list[MemberRecord]:
            network, now = federation.network(session), self.clock.now()
            if network is None or network.role != federation.ANCHOR:
                return []
            return [record for record in records_of(membership.log(session)) if _is_over(record, now)]

        def body(session: Session) -> None:
            for record in over(session):
                append_event(
                    session,
                    NewEvent(
                        entity_id=record.entity_id,
                        did=record.did,
                        event="reinstated",
                        at=self.clock.now(),
                        actor=self.configuration.identity.did,
                        reason=ENDED,
                        detail={},
                    ),
                )

        if await self.storage.read(over):
            await self.storage.run("membership.ends", body)


def _is_over(record: MemberRecord, now: datetime) -> bool:
    last = record.membership.events[-1]
    return last.event == "suspended" and last.until is not None and last.until <= now
