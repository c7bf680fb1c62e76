"""API tokens, by their hash."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, or_, select

from node.storage.tables.base import MAIN
from node.storage.tables.jobs import ApiToken
from node.storage.unit import Session


def add(
    session: Session, *, id: str, hash: str, name: str, roles: Sequence[str], now: datetime, organisation: str = MAIN
) -> None:
    session.add(ApiToken(id=id, organisation=organisation, hash=hash, name=name, roles=list(roles), created_at=now))


def find(session: Session, hash: str, *, now: datetime) -> ApiToken | None:
    """The token of this hash that is neither revoked nor past its time."""
    query = select(ApiToken).where(
        ApiToken.hash == hash,
        col(ApiToken.revoked_at).is_(None),
        or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > now),
    )
    return session.exec(query).first()
