"""All queues together: how much waits, in numbers, and what a process that is gone still held of them."""

from dataclasses import dataclass

from sqlalchemy import func, update
from sqlmodel import col, select

from node.storage.statements import table_of
from node.storage.tables.jobs import Job
from node.storage.tables.messages import DEAD, WAITING, MailboxMessage, OutboxDestination, OutboxMessage, WorkItem
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


def free_leases(session: Session) -> None:
    """Ends every lease at once: for a process that starts alone on its database, and so holds none and knows of none.

    Work that was under way counts one failed attempt, as if its lease had run out: perhaps it took the process along.
    """
    items = table_of(WorkItem)
    lost = items.c.leased_until.is_not(None)
    session.exec(update(items).where(lost).values(leased_until=None, attempts=items.c.attempts + 1))
    for table in (table_of(OutboxMessage), table_of(OutboxDestination)):
        session.exec(update(table).where(table.c.leased_until.is_not(None)).values(leased_until=None))
    jobs = table_of(Job)
    session.exec(update(jobs).where(jobs.c.lease_until.is_not(None)).values(lease_owner=None, lease_until=None))
