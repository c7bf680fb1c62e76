"""The log of this node's did:webvh, where it publishes one."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class HistoryEntry(Row, table=True):
    """One entry, and the key that is to sign the one after it.

    `line` is the entry as it is published, byte for byte. The next key is announced in it by its hash alone;
    `next_sealed` is its private part, encrypted under the master key, and goes when it has signed.
    """

    organisation: str = Field(default=MAIN, primary_key=True)
    number: int = Field(primary_key=True)
    version_id: str
    line: str
    written_at: datetime
    next_kid: str
    next_public_jwk: dict[str, Any] = Field(sa_type=Json)
    next_sealed: bytes | None = None
