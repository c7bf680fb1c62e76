"""Issuance logs: the leaves of our own, and of every log the chain of heads and who cosigned them."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import Json, Row


class IssuanceLeaf(Row, table=True):
    """One leaf of our own log: a credential's, or a dummy that only makes the size say nothing.

    `position` is None until the next head takes it in; `told_at` is when its proof went to the learner.
    """

    id: str = Field(primary_key=True)
    credential_id: str | None = Field(default=None, index=True)
    digest: str
    salt: str
    leaf: str
    position: int | None = Field(default=None, unique=True, nullable=True)
    created_at: datetime
    told_at: datetime | None = None


class LogHead(Row, table=True):
    """One head of anybody's log; `path` proves that it begins with the one before it in this table."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    root: str
    token: str
    path: list[str] = Field(default_factory=list, sa_type=Json)
    signed_at: datetime


class LogCosignature(Row, table=True):
    """What a witness said of a head: ours of others' logs, others' of ours."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    witness: str = Field(primary_key=True)
    root: str
    token: str
    signed_at: datetime


class LogFork(Row, table=True):
    """Two signed heads of one size: from then on no date in that log counts."""

    log: str = Field(primary_key=True)
    size: int
    tokens: list[Any] = Field(sa_type=Json)
    seen_at: datetime
