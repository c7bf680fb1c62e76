"""Other issuers' status lists as last fetched, kept compressed."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import Json, Row


class StatusSnapshot(Row, table=True):
    """A list by its URL. `fetched_at` is when its bytes came, `checked_at` when we last heard that they still hold.

    `document` is what came, as evidence, compressed; `bits` its list, and `snapshot` what else the rules read of it.
    """

    url: str = Field(primary_key=True)
    issuer: str | None = None
    document: bytes | None = None
    bits: bytes | None = None
    snapshot: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    etag: str | None = None
    ttl_s: int | None = None
    valid_until: datetime | None = None
    fetched_at: datetime | None = None
    checked_at: datetime | None = None
    next_at: datetime = Field(index=True)
    failures: int = 0
    error: str | None = None


class StatusReliance(Row, table=True):
    """A presentation whose report rests on a list, and is made anew when the list changes."""

    url: str = Field(primary_key=True)
    presentation_id: str = Field(primary_key=True, index=True)
