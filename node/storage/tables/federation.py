"""The trust network: our place in it, its log where we are the anchor, and the synced copy of every member."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import Json, Row


class NetworkConfig(Row, table=True):
    """A network this node is the anchor of (`role` anchor) or belongs to, by the anchor's entity id and keys.

    `terms` are {version, sha256, text} of what applicants agree to, at the anchor.
    """

    anchor: str = Field(primary_key=True)
    role: str
    name: str
    jwks: dict[str, Any] = Field(sa_type=Json)
    state: str
    registration: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    terms: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    created_at: datetime
    updated_at: datetime


class MemberEvent(Row, table=True):
    """One entry of the anchor's log; `hash` covers the entry and `previous_hash`.

    `detail` has what was decided or handed in besides, `successor` and `until` of the event among it.
    """

    id: str = Field(primary_key=True)
    seq: int = Field(unique=True)
    entity_id: str = Field(index=True)
    did: str
    event: str
    at: datetime
    actor: str
    reason: str | None = None
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    previous_hash: str
    hash: str = Field(unique=True)


class JoinInvitation(Row, table=True):
    """A one-time invitation to apply, as the hash of its token.

    `invitee` is the entity id of the only one that may use it, None where anybody may; `approved_by` the operator who
    approved the invitee with it.
    """

    token_hash: str = Field(primary_key=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = None
    invitee: str | None = None
    approved_by: str | None = None


class Peer(Row, table=True):
    """A member as last synced and verified. `issuer_metadata` is what it publishes at /issuer.

    `past_keys` are the keys that it published once and no more (node/services/past_keys.py).
    `revision` is a number that is higher than any before, whenever something changed that the member is found by.
    """

    did: str = Field(primary_key=True)
    entity_id: str = Field(unique=True)
    host: str
    statement_jws: str | None = None
    configuration_jws: str | None = None
    did_document: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    membership: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    issuer_metadata: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    etags: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    past_keys: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    fetched_at: datetime | None = None
    next_at: datetime = Field(index=True)
    failures: int = 0
    error: str | None = None
    revision: int = Field(default=0, index=True, sa_column_kwargs={"server_default": "0"})
