"""Messages on their way in, through and out, and the slow work that they cause."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row

WAITING = "waiting"
DEAD = "dead"


class InboxEntry(Row, table=True):
    """A message that was seen: `digest` is of sender (or envelope), recipient and id. `reply` is the packed answer."""

    digest: str = Field(primary_key=True)
    received_at: datetime
    expires_at: datetime = Field(index=True)
    reply: bytes | None = None


class FlowThread(Row, table=True):
    """One conversation of one of our DIDs in one flow (`flow` is its PIURI)."""

    flow: str = Field(primary_key=True)
    ours: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    organisation: str = MAIN
    role: str
    state: str
    theirs: str | None = Field(default=None, index=True)
    data: dict[str, Any] = Field(sa_type=Json)
    updated_at: datetime = Field(index=True)


class OutboxDestination(Row, table=True):
    """A party that messages wait for: in flight while leased, backed off while `next_at` is ahead.

    A stranger is nobody this node knows; their messages have slots of their own and are not kept when given up.
    It stands as long as a message for it does, so `failures` ends with a success, or with the last message.
    """

    destination: str = Field(primary_key=True)
    is_stranger: bool = False
    failures: int = 0
    next_at: datetime = Field(index=True)
    leased_until: datetime | None = None


class OutboxMessage(Row, table=True):
    """A message for `destination` (a DID): `sealed` before it is packed, `packed` for `endpoint` where it was."""

    __table_args__ = (
        Index("ix_outbox_message_turn", "destination", "state", "attempts", "next_at", "id"),
        Index("ix_outbox_message_expiry", "state", "expires_at"),
    )

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    destination: str = Field(foreign_key="outbox_destination.destination")
    message_id: str
    sealed: bytes | None = None
    packed: bytes | None = None
    endpoint: str | None = None
    attempts: int = 0
    created_at: datetime
    next_at: datetime
    expires_at: datetime
    leased_until: datetime | None = None
    state: str = WAITING
    last_error: str | None = None


class MailboxGrant(Row, table=True):
    """A DID (or key) that mail is taken in for, and the learner's mediation DID that owns it."""

    recipient: str = Field(primary_key=True)
    owner: str = Field(index=True)
    organisation: str = MAIN
    since: datetime


class MailboxMessage(Row, table=True):
    """An envelope that waits for its owner. Ids ascend, so they are also the order of arrival."""

    __table_args__ = (
        Index("ix_mailbox_message_owner_id", "owner", "id"),
        Index("ix_mailbox_message_recipient_size", "recipient", "size_bytes"),
    )

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    recipient: str
    owner: str
    envelope: bytes
    size_bytes: int
    received_at: datetime
    expires_at: datetime = Field(index=True)


class WorkItem(Row, table=True):
    """Slow work to be done at least once; a `key` stands at most once in the table."""

    __table_args__ = (Index("ix_work_item_due", "state", "next_at"),)

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    kind: str
    key: str | None = Field(default=None, unique=True)
    payload: dict[str, Any] = Field(sa_type=Json)
    sealed: bytes | None = None
    attempts: int = 0
    created_at: datetime
    next_at: datetime
    leased_until: datetime | None = None
    state: str = WAITING
    last_error: str | None = None


class KnownDid(Row, table=True):
    """A did:peer:4 that was seen in its long form, by its short form."""

    did: str = Field(primary_key=True)
    long_form: str
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    learned_at: datetime


class Invitation(Row, table=True):
    """An out-of-band invitation as published, and what it is about (`payload`, ours alone)."""

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    goal_code: str
    message: dict[str, Any] = Field(sa_type=Json)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    created_at: datetime
    expires_at: datetime | None = Field(default=None, index=True)
