"""Other issuers' status lists: what is wanted, when it is due, what came, and which presentations rest on it."""

import gzip
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from node.storage.statements import insert_new
from node.storage.tables.status import StatusReliance, StatusSnapshot
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject, parse_object
from protocols.status.lookup import MAX_LIST_DOCUMENT_BYTES

__all__ = ["StatusSnapshot"]


def get(session: Session, url: str) -> StatusSnapshot | None:
    return session.get(StatusSnapshot, url)


def want(session: Session, url: str, *, issuer: str, now: datetime) -> bool:
    """Keeps a list fresh from now on, fetched soon; False where it was wanted before."""
    return insert_new(session, StatusSnapshot, {"url": url, "issuer": issuer, "next_at": now, "failures": 0})


def rely(session: Session, url: str, presentation_id: str) -> None:
    """The report on a presentation rests on a list: it is made anew when the list changes."""
    insert_new(session, StatusReliance, {"url": url, "presentation_id": presentation_id})


def due(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """URLs of the lists that are to be looked at, the longest due first."""
    query = select(StatusSnapshot.url).where(StatusSnapshot.next_at <= now).order_by(col(StatusSnapshot.next_at))
    return session.exec(query.limit(limit)).all()


def all(session: Session, *, limit: int, after: str | None) -> Sequence[StatusSnapshot]:
    query = select(StatusSnapshot).order_by(col(StatusSnapshot.url)).limit(limit)
    return session.exec(query if after is None else query.where(col(StatusSnapshot.url) > after)).all()


def make_due(session: Session, *, now: datetime) -> int:
    """Every list is due at `now` at the latest; how many lists there are."""
    rows = session.exec(select(StatusSnapshot)).all()
    for row in rows:
        row.next_at = min(row.next_at, now)
        session.add(row)
    session.flush()
    return len(rows)


def relying(session: Session, url: str) -> Sequence[str]:
    """Ids of the presentations whose reports rest on a list."""
    return session.exec(select(StatusReliance.presentation_id).where(StatusReliance.url == url)).all()


def document_of(row: StatusSnapshot) -> JsonObject:
    """The list as it came; empty where it never did."""
    return parse_object(gzip.decompress(row.document), max_bytes=MAX_LIST_DOCUMENT_BYTES) if row.document else {}


def keep(session: Session, row: StatusSnapshot) -> None:
    session.add(row)
    session.flush()
