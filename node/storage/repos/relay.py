"""What relays remember: whom the entry vouches for and how often, the exit's ways back, the uses of consents."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from node.storage.tables.exchange import ConsentUse, RelayCount, RelayRoute
from node.storage.tables.messages import InboxEntry, KnownDid
from node.storage.unit import Session

CARRIED_FOR = timedelta(days=7)


def sent_on(session: Session, owner: str, day: date) -> int:
    row = session.get(RelayCount, (owner, day))
    return row.count if row else 0


def is_carried(session: Session, middle: str) -> bool:
    """Whether this very middle was carried before."""
    return session.get(InboxEntry, _carried(middle)) is not None


def carried(session: Session, owner: str, middle: str, *, now: datetime) -> None:
    """Counts one message for its sender; its digest is kept apart, without the sender, against a replay."""
    row = session.get(RelayCount, (owner, now.date())) or RelayCount(owner=owner, day=now.date())
    row.count += 1
    session.add(row)
    session.add(InboxEntry(digest=_carried(middle), received_at=now, expires_at=now + CARRIED_FOR))
    session.flush()


def open_route(session: Session, *, subject: str, asker: str, via: str, mailbox: str, until: datetime) -> None:
    row = session.get(RelayRoute, subject)
    if row is None:
        row = RelayRoute(per_asker_did=subject, asker=asker, via=via, mailbox=mailbox, until=until)
    row.asker, row.via, row.mailbox, row.until = asker, via, mailbox, until
    session.add(row)
    session.flush()


def route(session: Session, subject: str, *, now: datetime) -> RelayRoute | None:
    """The way back to a per-asker DID, unless its time is over."""
    row = session.get(RelayRoute, subject)
    return row if row is not None and row.until > now else None


def is_routed(session: Session, subject: str) -> bool:
    """Whether a way back to this per-asker DID stands here, be its time over or not."""
    return session.get(RelayRoute, subject) is not None


def uses(session: Session, record_hash: str) -> Sequence[ConsentUse]:
    return session.exec(select(ConsentUse).where(ConsentUse.record_hash == record_hash)).all()


def count_use(session: Session, *, record_hash: str, payload_hash: str, requester: str, now: datetime) -> bool:
    """Counts one use; False when it was counted before."""
    if session.get(ConsentUse, (record_hash, payload_hash)) is not None:
        return False
    session.add(ConsentUse(record_hash=record_hash, payload_hash=payload_hash, requester=requester, used_at=now))
    session.flush()
    return True


def forget_routes(session: Session, *, now: datetime) -> int:
    """Removes ways back whose time is over, and the documents known only for their sake; how many."""
    over = session.exec(select(RelayRoute.per_asker_did).where(col(RelayRoute.until) <= now)).all()
    session.exec(delete(KnownDid).where(col(KnownDid.did).in_(over)))
    return session.exec(delete(RelayRoute).where(col(RelayRoute.per_asker_did).in_(over))).rowcount


def forget_counts(session: Session, *, before: date) -> int:
    """Removes the counts of days before `before`; how many."""
    return session.exec(delete(RelayCount).where(col(RelayCount.day) < before)).rowcount


def _carried(middle: str) -> str:
    return f"carried:{middle}"
