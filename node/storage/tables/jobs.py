"""Jobs that run on their own, and the tokens of those who call the operators' side."""

from datetime import datetime

from sqlmodel import Field

from node.storage.tables.base import MAIN, Json, Row


class Job(Row, table=True):
    """When a job is due and who runs it; `fence` rises with every lease, so that a late runner is known."""

    name: str = Field(primary_key=True)
    next_at: datetime
    lease_owner: str | None = None
    lease_until: datetime | None = None
    fence: int = 0
    last_run_at: datetime | None = None
    last_error: str | None = None


class ApiToken(Row, table=True):
    """A token as its hash; `roles` are names of node.services.tokens.Role."""

    id: str = Field(primary_key=True)
    organisation: str = MAIN
    hash: str = Field(unique=True)
    name: str
    roles: list[str] = Field(sa_type=Json)
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
