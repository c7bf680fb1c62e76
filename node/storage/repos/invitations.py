"""Out-of-band invitations."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from node.storage.tables.messages import Invitation
from node.storage.unit import Session


def add(
    session: Session,
    id: str,
    goal_code: str,
    message: dict[str, Any],
    payload: dict[str, Any],
    *,
    now: datetime,
    expires_at: datetime | None,
) -> None:
    session.add(
        Invitation(id=id, goal_code=goal_code, message=message, payload=payload, created_at=now, expires_at=expires_at)
    )


def get(session: Session, id: str, *, now: datetime) -> Invitation | None:
    """The invitation, unless it has expired."""
    row = session.get(Invitation, id)
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return row


def forget_expired(session: Session, *, before: datetime) -> int:
    """Removes invitations that expired before `before`; how many."""
    return session.exec(delete(Invitation).where(col(Invitation.expires_at) < before)).rowcount
