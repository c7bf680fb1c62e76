"""How much waits, in numbers."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from node.storage.tables.messages import DEAD, WAITING, MailboxMessage, OutboxMessage, WorkItem
from node.storage.unit import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Messages kept for phones, messages going out or given up, and slow work likewise."""

    mailbox_count: int
    mailbox_bytes: int
    outbox_waiting: int
    outbox_dead: int
    work_waiting: int
    work_dead: int


def counts(session: Session) -> Counts:
    mail = select(func.count(), func.coalesce(func.sum(MailboxMessage.size_bytes), 0)).select_from(MailboxMessage)
    mailbox_count, mailbox_bytes = session.exec(mail).one()
    outbox = dict(session.exec(select(col(OutboxMessage.state), func.count()).group_by(OutboxMessage.state)).all())
    work = dict(session.exec(select(col(WorkItem.state), func.count()).group_by(WorkItem.state)).all())
    return Counts(
        mailbox_count=mailbox_count,
        mailbox_bytes=int(mailbox_bytes),
        outbox_waiting=outbox.get(WAITING, 0),
        outbox_dead=outbox.get(DEAD, 0),
        work_waiting=work.get(WAITING, 0),
        work_dead=work.get(DEAD, 0),
    )
