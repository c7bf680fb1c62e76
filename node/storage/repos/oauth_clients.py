"""Registered clients."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select

from node.storage.tables.apps import OauthClient, OauthGrant
from node.storage.unit import Session

__all__ = ["OauthClient"]


def add(
    session: Session, id: str, description: dict[str, Any], secret_hash: str | None, *, now: datetime
) -> OauthClient:
    row = OauthClient(id=id, description=description, secret_hash=secret_hash, created_at=now)
    session.add(row)
    session.flush()
    return row


def find(session: Session, id: str) -> OauthClient | None:
    return session.get(OauthClient, id)


def named(session: Session, ids: Sequence[str]) -> dict[str, OauthClient]:
    """Those of `ids` that are there, by id."""
    rows = session.exec(select(OauthClient).where(col(OauthClient.id).in_(ids))).all()
    return {row.id: row for row in rows}


def granted(session: Session, row: OauthClient, *, now: datetime) -> None:
    row.granted_at = now
    session.add(row)
    session.flush()


def count_unused(session: Session) -> int:
    """How many were never approved by anybody."""
    query = select(func.count()).select_from(OauthClient).where(col(OauthClient.granted_at).is_(None))
    return session.exec(query).one()


def forget_unused(session: Session, *, before: datetime) -> int:
    """Removes those registered before `before` whom nobody approved, or for whom no grant is left; how many."""
    left = select(OauthGrant.client_id)
    statement = delete(OauthClient).where(col(OauthClient.created_at) < before, col(OauthClient.id).not_in(left))
    return session.connection().execute(statement).rowcount
