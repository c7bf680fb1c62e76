"""Which messages were seen, and what was answered: hot, so without the ORM."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from node.storage.statements import insert_new, table_of
from node.storage.tables.messages import InboxEntry

_TABLE = table_of(InboxEntry)


def remember(session: Session, digest: str, *, now: datetime, expires_at: datetime) -> bool:
    """True the first time; False for a message that was seen and is not forgotten yet."""
    values = {"digest": digest, "received_at": now, "expires_at": expires_at}
    return insert_new(session, InboxEntry, values)


def reply_of(session: Session, digest: str) -> bytes | None:
    """The packed answer that was given the first time, if there was one."""
    return session.exec(select(InboxEntry.reply).where(InboxEntry.digest == digest)).first()


def keep_reply(session: Session, digest: str, reply: bytes) -> None:
    """Keeps the packed answer, to be given again."""
    session.exec(update(_TABLE).where(_TABLE.c.digest == digest).values(reply=reply))


def forget_expired(session: Session, *, now: datetime) -> int:
    """How many were forgotten."""
    return session.exec(delete(InboxEntry).where(col(InboxEntry.expires_at) <= now)).rowcount
