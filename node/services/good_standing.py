"""The mark that an anchor gives every member in good standing: no grant, but an answer from the membership log.

So a suspension ends it at once, wherever somebody asks, and the end of the suspension brings it back.
"""

from collections.abc import Sequence
from datetime import datetime

from node.services.mark_rules import good_standing_type
from node.services.member_record import MemberRecord, find_record, records_of
from node.storage.repos import federation, membership
from node.storage.unit import Session


def is_ours(session: Session, trust_mark_type: str) -> bool:
    """Whether this node, as the anchor, answers for good standing under this type."""
    network = federation.network(session)
    is_anchor = network is not None and network.role == federation.ANCHOR
    return network is not None and is_anchor and trust_mark_type == good_standing_type(network.anchor)


def since(session: Session, entity_id: str, now: datetime) -> datetime | None:
    """Since when this member has been in good standing; None for anybody who is not, and for the anchor itself."""
    network, record = federation.network(session), find_record(session, entity_id)
    if record is None or network is None or network.anchor == entity_id:
        return None
    return _since(record, now)


def was_member(session: Session, entity_id: str) -> bool:
    """Whether there ever was anything to state about it."""
    record = find_record(session, entity_id)
    return record is not None and record.was_approved


def members(session: Session, now: datetime) -> Sequence[str]:
    """Entity ids of all in good standing but the anchor."""
    network = federation.network(session)
    found = [record for record in records_of(membership.log(session)) if _since(record, now) is not None]
    return [record.entity_id for record in found if network is None or record.entity_id != network.anchor]


def _since(record: MemberRecord, now: datetime) -> datetime | None:
    state, event = record.membership.state_at(now)
    return event.at if state == "member" and event is not None else None
