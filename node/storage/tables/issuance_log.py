"""Issuance logs: the leaves of our own, and of every log the chain of heads and who cosigned them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from node.storage.tables.base import Json, Row

_UNTOLD = "told_at IS NULL AND credential_id IS NOT NULL"


class IssuanceLeaf(Row, table=True):
    """One leaf of our own log: a credential's, or a dummy that only makes the size say nothing.

    `position` is None until the next head takes it in; `told_at` is when its proof went to the learner.
    """

    id: str = Field(primary_key=True)
    credential_id: str | None = Field(default=None, index=True)
    digest: str
    salt: str
    leaf: str
    position: int | None = Field(default=None, unique=True, nullable=True, sa_type=BigInteger)
    created_at: datetime
    told_at: datetime | None = None

    __table_args__ = (
        Index("ix_issuance_leaf_untold", "position", sqlite_where=text(_UNTOLD), postgresql_where=text(_UNTOLD)),
    )


class LogHead(Row, table=True):
    """One head of anybody's log; `path` proves that it begins with the one before it in this table."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    root: str
    token: str
    path: list[str] = Field(default_factory=list, sa_type=Json)
    signed_at: datetime


class LogCosignature(Row, table=True):
    """What a witness said of a head: ours of others' logs, others' of ours."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    witness: str = Field(primary_key=True)
    root: str
    token: str
    signed_at: datetime


class LogFork(Row, table=True):
    """Two signed heads of one size: from then on no date in that log counts."""

    log: str = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    tokens: list[Any] = Field(sa_type=Json)
    seen_at: datetime


class Succession(Row, table=True):
    """Who looks after an institution's records, by its id: as we named them ourselves, as they were entrusted to us
    (`taken_at`), or as a custodian publishes it. Believed only as `protocols.trust.succession.check_custody` says.
    """

    institution: str = Field(primary_key=True)
    custodian: str
    token: str
    date: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    confirmations: list[str] = Field(default_factory=list, sa_type=Json)
    named_at: datetime
    taken_at: datetime | None = None


class CustodyList(Row, table=True):
    """A status list of an institution that we publish in its place; `bits` compressed as in `status_list`."""

    url: str = Field(primary_key=True)
    institution: str = Field(index=True)
    purpose: str
    size: int
    bits: bytes
    changed_at: datetime


class CustodyRecord(Row, table=True):
    """A credential that was entrusted to us, sealed, with its places in the lists."""

    institution: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    sealed: bytes
    places: list[Any] = Field(sa_type=Json)
