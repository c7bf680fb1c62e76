"""What an institution issues: achievements, credentials, and the status lists they point to."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class Achievement(Row, table=True):
    __table_args__ = (UniqueConstraint("organisation", "slug"),)

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    slug: str
    document: dict[str, Any] = Field(sa_type=Json)
    updated_at: datetime


class IssuedCredential(Row, table=True):
    """A credential from its offer on; `document` is the signed one, None until the wallet named its holder DID."""

    id: str = Field(primary_key=True)
    organisation: str = Field(default=MAIN, index=True)
    learner_id: str = Field(index=True)
    achievement_id: str = Field(index=True)
    thread_id: str | None = Field(default=None, index=True)
    state: str
    request: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    holder: str | None = None
    offered_at: datetime
    issued_at: datetime | None = None
    valid_until: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None


class StatusList(Row, table=True):
    """A list of `size` bits: `bits` is what is true, gzip-compressed; `document` is what is published, signed.

    `meaning` is what its values mean, `{messages, reference}`: for good, as credentials repeat it. None: one bit says
    yes or no.
    """

    id: str = Field(primary_key=True)
    organisation: str = Field(default=MAIN, index=True)
    purpose: str
    size: int
    bits: bytes
    meaning: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    etag: str | None = None
    changed_at: datetime
    updated_at: datetime


class StatusIndex(Row, table=True):
    """Which place of a list is whose; a place is given once and never again."""

    __table_args__ = (UniqueConstraint("list_id", "credential_id"),)

    list_id: str = Field(primary_key=True)
    index: int = Field(primary_key=True)
    credential_id: str = Field(index=True)
