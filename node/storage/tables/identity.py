"""Who this node is: its organisations, their keys, and settings that are made at run time."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class Organisation(Row, table=True):
    id: str = Field(default=MAIN, primary_key=True)
    did: str = Field(unique=True)
    name: str
    created_at: datetime


class Key(Row, table=True):
    """A key pair. `purpose` is authentication, assertionMethod, keyAgreement or federation.

    `sealed` is the private key, encrypted under the master key; a retired key stays for what was signed with it.
    `revoked_at` is when it was reported that others have it.
    """

    kid: str = Field(primary_key=True)
    organisation: str = Field(default=MAIN, index=True)
    purpose: str
    crv: str
    public_jwk: dict[str, Any] = Field(sa_type=Json)
    sealed: bytes
    created_at: datetime
    retired_at: datetime | None = None
    revoked_at: datetime | None = None


class Setting(Row, table=True):
    """A value that the node sets itself; what operators set stands in node.toml."""

    name: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_type=Json, nullable=True)
