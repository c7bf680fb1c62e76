"""Trust marks: those granted here, what an anchor says of their types, delegations, those held, and those of peers."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import Json, Row


class GrantedMark(Row, table=True):
    """A mark that this node granted to `subject` (entity id). Never deleted; it is revoked once, with its day and why.

    `scope` are the claims that say what it accredits for; {} where it is no accreditation. `is_endorsed`: it has places
    in status lists, which its endorsements point to.
    """

    id: str = Field(primary_key=True)
    trust_mark_type: str = Field(index=True)
    subject: str = Field(index=True)
    scope: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    ref: str | None = None
    logo_uri: str | None = None
    granted_at: datetime
    granted_by: str
    ends_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    revoked_reason: str | None = None
    is_endorsed: bool = False


class MarkType(Row, table=True):
    """A type of marks that this node, as an anchor, recognises: who may issue it ([]: anyone), and who owns it.

    `owner_jwks` are the keys of an owner outside the network; a member's are those that it publishes.
    """

    trust_mark_type: str = Field(primary_key=True)
    issuers: list[str] = Field(default_factory=list, sa_type=Json)
    owner: str | None = None
    owner_jwks: dict[str, Any] | None = Field(default=None, sa_type=Json, nullable=True)
    changed_at: datetime
    changed_by: str


class MarkDelegation(Row, table=True):
    """A delegation that this node signed as the owner of a type, or was given as an issuer; `id` is its digest."""

    id: str = Field(primary_key=True)
    trust_mark_type: str = Field(index=True)
    owner: str
    issuer: str
    token: str
    ends_at: datetime | None = None
    added_at: datetime
    added_by: str


class HeldMark(Row, table=True):
    """A mark about this node, as its issuer gave it; `token` None: it gave none.

    `is_wanted`: an operator named it; the others are looked for because the anchor lists type and issuer.
    """

    issuer: str = Field(primary_key=True)
    trust_mark_type: str = Field(primary_key=True)
    is_wanted: bool = False
    token: str | None = None
    fetched_at: datetime | None = None
    next_at: datetime = Field(index=True)
    problem: str | None = None


class PeerMark(Row, table=True):
    """A mark that a member published and that was good; kept when it has ended, for what was issued until then.

    `id` stays the same when a mark is renewed. `ended_because`: withdrawn, revoked, unknown, or the rule that it broke.
    """

    id: str = Field(primary_key=True)
    did: str = Field(index=True)
    trust_mark_type: str
    issuer: str
    token: str
    since: datetime
    expires_at: datetime | None = None
    seen_at: datetime
    asked_at: datetime | None = None
    ended_at: datetime | None = None
    ended_because: str | None = None
