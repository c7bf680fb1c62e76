"""Presentations: what was asked, of whom, what came, what it was found to be; and the relays' part in it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class PresentationRequest(Row, table=True):
    """What an employer asks for; `query` is ours (see protocols.requests), `jws` its signed form where it is one."""

    id: str = Field(primary_key=True)
    organisation: str = Field(default=MAIN, index=True)
    jws: str | None = None
    query: dict[str, Any] = Field(sa_type=Json)
    purpose: dict[str, Any] = Field(sa_type=Json)
    retention_days: int
    invitation_id: str | None = Field(default=None, index=True)
    created_at: datetime
    expires_at: datetime


class AskedLearner(Row, table=True):
    """One learner's answer to one request, known by a DID made for this asker only."""

    __table_args__ = (UniqueConstraint("request_id", "per_asker_did"),)

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    request_id: str
    per_asker_did: str = Field(index=True)
    long_form: str | None = None
    thread_id: str | None = Field(default=None, index=True)
    jws: str | None = None
    state: str
    created_at: datetime
    updated_at: datetime


class Presentation(Row, table=True):
    """What arrived; `sealed` is the opened presentation, encrypted, and goes on the day `delete_at`."""

    __table_args__ = (UniqueConstraint("record_hash", "payload_hash"),)

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    request_id: str = Field(index=True)
    per_asker_did: str
    record_jws: str
    use_jws: str
    record_hash: str
    payload_hash: str
    sealed: bytes | None = None
    received_at: datetime
    delete_at: datetime = Field(index=True)
    deleted_at: datetime | None = None


class Report(Row, table=True):
    """A verification report; `document` goes on the day `delete_at`, the verdict stays."""

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    request_id: str = Field(index=True)
    presentation_id: str = Field(index=True)
    verdict: str
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime
    delete_at: datetime = Field(index=True)


class Receipt(Row, table=True):
    """A receipt of what arrived: `signatures` holds the asker's, then the learner's."""

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    request_id: str = Field(index=True)
    per_asker_did: str
    record_hash: str | None = Field(default=None, index=True)
    payload: dict[str, Any] = Field(sa_type=Json)
    signatures: list[Any] = Field(default_factory=list, sa_type=Json)
    state: str
    created_at: datetime
    updated_at: datetime


class RelayRoute(Row, table=True):
    """At an exit: the way back to a per-asker DID, a mailbox at the entry `via`. Whose mailbox is not known here."""

    per_asker_did: str = Field(primary_key=True)
    organisation: str = MAIN
    asker: str
    via: str
    mailbox: str
    until: datetime = Field(index=True)
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)


class ConsentUse(Row, table=True):
    """One use of a consent record; however often it is delivered, it is one."""

    record_hash: str = Field(primary_key=True)
    payload_hash: str = Field(primary_key=True)
    organisation: str = MAIN
    requester: str
    used_at: datetime


class RelayCount(Row, table=True):
    """At an entry: how many messages a learner had relayed on a day (UTC)."""

    owner: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    count: int = 0
