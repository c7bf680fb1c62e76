"""How many rows there are of what an operator watches."""

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, select

from node.storage.tables.federation import Peer
from node.storage.tables.messages import DEAD, WAITING, MailboxMessage, OutboxMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    mailbox: int
    outbox_waiting: int
    outbox_dead: int
    peers: int


def counts(session: Session) -> Counts:
    """Counted now, in one snapshot."""
    outbox = select(func.count()).select_from(OutboxMessage)
    return Counts(
        mailbox=session.exec(select(func.count()).select_from(MailboxMessage)).one(),
        outbox_waiting=session.exec(outbox.where(OutboxMessage.state == WAITING)).one(),
        outbox_dead=session.exec(outbox.where(OutboxMessage.state == DEAD)).one(),
        peers=session.exec(select(func.count()).select_from(Peer)).one(),
    )
