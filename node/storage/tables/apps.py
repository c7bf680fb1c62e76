"""Apps that learners let in: OAuth clients, what was granted to them, and the codes and tokens that came of it.

Every secret is kept as its hash alone. What a learner granted is one row, and whatever was handed out for it names
that row: ending it ends them all.
"""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class OauthClient(Row, table=True):
    """A registered client. `description` is what it says of itself; `secret_hash` None for a public client.

    `granted_at` is when somebody last approved it: one that nobody ever did is forgotten soon.
    """

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    description: dict[str, Any] = Field(sa_type=Json)
    secret_hash: str | None = None
    created_at: datetime
    granted_at: datetime | None = Field(default=None, index=True)


class OauthGrant(Row, table=True):
    """A learner's consent: this client may do this until then. `ended_because` says who ended it, or what."""

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    learner_id: str = Field(index=True)
    client_id: str = Field(index=True)
    scopes: list[str] = Field(sa_type=Json)
    granted_at: datetime
    expires_at: datetime = Field(index=True)
    ended_at: datetime | None = None
    ended_because: str | None = None


class OauthCode(Row, table=True):
    """An authorization code. It is kept for a while after its use, so that a second use shows."""

    hash: str = Field(primary_key=True)
    organisation: str = MAIN
    grant_id: str = Field(index=True)
    client_id: str
    redirect_uri: str
    code_challenge: str
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None


class OauthToken(Row, table=True):
    """An access or refresh token (`kind`). A refresh token that was used is kept: a second use ends the grant."""

    hash: str = Field(primary_key=True)
    organisation: str = MAIN
    kind: str
    grant_id: str = Field(index=True)
    scopes: list[str] = Field(sa_type=Json)
    created_at: datetime
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None


class SignInCode(Row, table=True):
    """A one-time code by which a learner shows who they are in a browser, as its hash."""

    hash: str = Field(primary_key=True)
    organisation: str = MAIN
    learner_id: str = Field(index=True)
    created_at: datetime
    expires_at: datetime = Field(index=True)
    used_at: datetime | None = None
