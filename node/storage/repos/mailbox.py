"""Learners' mail: who takes in mail under which DID, and what waits. Ids ascend, so they are the order of arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, func
from sqlmodel import Session, col, select

from node.storage.statements import insert_new, insert_row, table_of
from node.storage.tables.base import MAIN
from node.storage.tables.messages import MailboxGrant, MailboxMessage

MOST_MESSAGES = 1_000
MOST_BYTES = 50 * 1024 * 1024

_GRANTS, _MESSAGES = table_of(MailboxGrant), table_of(MailboxMessage)
_OWNER_OF = select(_GRANTS.c.owner).where(_GRANTS.c.recipient == bindparam("of"))
_WAITING = select(func.count(), func.coalesce(func.sum(_MESSAGES.c.size_bytes), 0)).where(
    _MESSAGES.c.recipient == bindparam("for")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What waits; `oldest` and `newest` are times of arrival, None where nothing waits."""

    count: int
    total_bytes: int
    oldest: datetime | None
    newest: datetime | None


def grant(session: Session, *, recipient: str, owner: str, now: datetime, organisation: str = MAIN) -> bool:
    """Takes in mail for `recipient` on behalf of `owner`; False where somebody else's mail is taken in under it.

    Doing it again changes nothing.
    """
    values = {"recipient": recipient, "owner": owner, "organisation": organisation, "since": now}
    return insert_new(session, MailboxGrant, values) or owner_of(session, recipient) == owner


def ungrant(session: Session, *, recipient: str, owner: str) -> bool:
    """Takes in no more mail for `recipient`; what waits stays. False where `owner` has no such recipient."""
    mine = (col(MailboxGrant.recipient) == recipient, col(MailboxGrant.owner) == owner)
    return session.exec(delete(MailboxGrant).where(*mine)).rowcount == 1


def close(session: Session, owner: str) -> int:
    """Takes in no more mail for `owner`, and removes what waits; how many messages that were."""
    session.exec(delete(MailboxGrant).where(col(MailboxGrant.owner) == owner))
    return session.exec(delete(MailboxMessage).where(col(MailboxMessage.owner) == owner)).rowcount


def owner_of(session: Session, recipient: str) -> str | None:
    """Whose mail it is that comes for `recipient`."""
    return session.connection().execute(_OWNER_OF, {"of": recipient}).scalar()


def recipients_of(session: Session, owner: str) -> Sequence[str]:
    """The keylist of `owner`, the oldest entry first."""
    statement = select(MailboxGrant.recipient).where(MailboxGrant.owner == owner)
    return session.exec(statement.order_by(col(MailboxGrant.since), col(MailboxGrant.recipient))).all()


def deposit(
    session: Session,
    *,
    id: str,
    recipient: str,
    owner: str,
    envelope: bytes,
    now: datetime,
    expires_at: datetime,
    organisation: str = MAIN,
    most_messages: int = MOST_MESSAGES,
    most_bytes: int = MOST_BYTES,
) -> bool:
    """Keeps an envelope for `owner`; False, and nothing kept, where the recipient's queue is full."""
    count, size_bytes = session.connection().execute(_WAITING, {"for": recipient}).one()
    if count >= most_messages or size_bytes + len(envelope) > most_bytes:
        return False
    values = {
        "id": id,
        "organisation": organisation,
        "recipient": recipient,
        "owner": owner,
        "envelope": envelope,
        "size_bytes": len(envelope),
        "received_at": now,
        "expires_at": expires_at,
    }
    insert_row(session, MailboxMessage, values)
    return True


def summary(session: Session, owner: str, recipient: str | None = None, *, without: Sequence[str] = ()) -> Summary:
    """How much waits for `owner`, under one recipient where it is named, as if the messages `without` were gone."""
    statement = select(
        func.count(),
        func.coalesce(func.sum(MailboxMessage.size_bytes), 0),
        func.min(MailboxMessage.received_at),
        func.max(MailboxMessage.received_at),
    )
    count, total_bytes, oldest, newest = session.exec(statement.where(*_of(owner, recipient, without))).one()
    return Summary(count=count, total_bytes=int(total_bytes), oldest=oldest, newest=newest)


def list_messages(
    session: Session, owner: str, recipient: str | None, limit: int, *, without: Sequence[str] = ()
) -> Sequence[MailboxMessage]:
    """What waits, the oldest first."""
    statement = select(MailboxMessage).where(*_of(owner, recipient, without))
    return session.exec(statement.order_by(col(MailboxMessage.id)).limit(limit)).all()


def list_after(session: Session, owner: str, last: str, limit: int) -> list[MailboxMessage]:
    """What came after the message with the id `last`, the oldest first; "" is before all."""
    statement = select(MailboxMessage).where(MailboxMessage.owner == owner, col(MailboxMessage.id) > last)
    return list(session.exec(statement.order_by(col(MailboxMessage.id)).limit(limit)).all())


def newest(session: Session, owner: str) -> MailboxMessage | None:
    """What came last of what waits."""
    statement = select(MailboxMessage).where(MailboxMessage.owner == owner)
    return session.exec(statement.order_by(col(MailboxMessage.id).desc()).limit(1)).first()


def remove(session: Session, owner: str, ids: Sequence[str]) -> int:
    """Removes those of `ids` that are `owner`'s; how many."""
    mine = (col(MailboxMessage.owner) == owner, col(MailboxMessage.id).in_(ids))
    return session.exec(delete(MailboxMessage).where(*mine)).rowcount if ids else 0


def remove_expired(session: Session, *, now: datetime) -> int:
    """How many were removed because their time was over."""
    return session.exec(delete(MailboxMessage).where(col(MailboxMessage.expires_at) <= now)).rowcount


def _of(owner: str, recipient: str | None, without: Sequence[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [col(MailboxMessage.owner) == owner]
    if recipient is not None:
        conditions.append(col(MailboxMessage.recipient) == recipient)
    if without:
        conditions.append(col(MailboxMessage.id).not_in(without))
    return conditions
