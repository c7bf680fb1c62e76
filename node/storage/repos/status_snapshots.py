"""Other issuers' status lists: what is wanted, when it is due, what came, and which presentations rest on it."""

import gzip
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.orm import defer
from sqlmodel import col, select

from node.storage.statements import insert_new, table_of
from node.storage.tables.exchange import Presentation
from node.storage.tables.status import StatusReliance, StatusSnapshot
from node.storage.unit import Session

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
    """By URL, from the one after `after`; the lists themselves are not read, they would fill the memory."""
    query = select(StatusSnapshot).order_by(col(StatusSnapshot.url)).limit(limit)
    for large in (col(StatusSnapshot.document), col(StatusSnapshot.bits)):
        query = query.options(defer(large))  # pyright: ignore[reportArgumentType]
    return session.exec(query if after is None else query.where(col(StatusSnapshot.url) > after)).all()


def make_due(session: Session, *, now: datetime) -> int:
    """Every list is due at `now` at the latest; how many lists there are."""
    table = table_of(StatusSnapshot)
    session.connection().execute(table.update().where(table.c.next_at > now).values(next_at=now))
    return session.exec(select(func.count()).select_from(StatusSnapshot)).one()


def confirm(session: Session, url: str, *, now: datetime, next_at: datetime) -> None:
    """A list was heard to hold still; what is kept of it is neither read nor written."""
    table = table_of(StatusSnapshot)
    changed = {"checked_at": now, "next_at": next_at, "failures": 0, "error": None}
    session.connection().execute(table.update().where(table.c.url == url), changed)


def put_off(session: Session, url: str, *, next_at: datetime) -> None:
    """A list is looked at later; nothing else is said of it."""
    table = table_of(StatusSnapshot)
    session.connection().execute(table.update().where(table.c.url == url).values(next_at=next_at))


def forget(session: Session, *, but: Collection[str]) -> int:
    """Takes lists away that no presentation rests on which is still there, unless they are of an issuer in `but`."""
    held = select(Presentation.id).where(col(Presentation.deleted_at).is_(None))
    session.exec(delete(StatusReliance).where(col(StatusReliance.presentation_id).not_in(held)))
    unneeded = select(StatusSnapshot.url, StatusSnapshot.issuer).where(
        col(StatusSnapshot.url).not_in(select(StatusReliance.url))
    )
    gone = [url for url, issuer in session.exec(unneeded).all() if issuer not in but]
    for url in gone:
        session.exec(delete(StatusSnapshot).where(col(StatusSnapshot.url) == url))
    return len(gone)


def relying(session: Session, url: str) -> Sequence[str]:
    """Ids of the presentations whose reports rest on a list."""
    return session.exec(select(StatusReliance.presentation_id).where(StatusReliance.url == url)).all()


def document_of(row: StatusSnapshot) -> bytes:
    """The list as it came, JSON or a token; empty where it never did."""
    return gzip.decompress(row.document) if row.document else b""


def keep(session: Session, row: StatusSnapshot) -> None:
    session.add(row)
    session.flush()
