"""People the institution knows, and the codes that bind a wallet to them."""

from datetime import datetime

from sqlmodel import Field

from node.storage.tables.base import MAIN, Row


class Learner(Row, table=True):
    """`did` is the mediation DID of their wallet once it is bound; `assurance` says how sure the binding is."""

    id: str = Field(primary_key=True)
    organisation: str = Field(default=MAIN, index=True)
    name: str
    reference: str = Field(index=True)
    did: str | None = Field(default=None, unique=True)
    assurance: str | None = None
    suspended: bool = False
    created_at: datetime


class EnrolmentCode(Row, table=True):
    """A one-time code, as its hash."""

    hash: str = Field(primary_key=True)
    organisation: str = MAIN
    learner_id: str = Field(index=True)
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
