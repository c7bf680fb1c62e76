"""Achievements, by slug."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from node.storage.tables.credentials import Achievement
from node.storage.unit import Session


def put(session: Session, id: str, slug: str, document: dict[str, Any], *, now: datetime) -> None:
    """Adds or replaces; the row's own id stays."""
    row = by_slug(session, slug) or Achievement(id=id, slug=slug, document=document, updated_at=now)
    row.document, row.updated_at = document, now
    session.add(row)


def by_slug(session: Session, slug: str) -> Achievement | None:
    return session.exec(select(Achievement).where(Achievement.slug == slug)).first()


def all(session: Session) -> Sequence[Achievement]:
    return session.exec(select(Achievement).order_by(col(Achievement.slug))).all()
