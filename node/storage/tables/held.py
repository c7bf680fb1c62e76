"""What a learner keeps here beside what this institution issued: badges of others, and their own profile."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class HeldCredential(Row, table=True):
    """A badge that a client brought for a learner: a `document` with proofs in it, or a `token` around one.

    `identity` is a digest of issuer and id: of those that are the same credential, a learner has one.
    """

    __table_args__ = (
        UniqueConstraint("learner_id", "identity"),
        Index("ix_held_credential_order", "learner_id", "valid_from", "id"),
    )

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    learner_id: str
    client_id: str
    identity: str
    document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    token: str | None = None
    valid_from: datetime
    stored_at: datetime


class LearnerProfile(Row, table=True):
    """What a learner says of themselves through a client: nothing in it was checked by anybody."""

    learner_id: str = Field(primary_key=True)
    organisation: str = MAIN
    document: dict[str, Any] = Field(sa_type=Json)
    updated_at: datetime
