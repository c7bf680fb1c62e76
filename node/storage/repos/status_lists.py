"""The status lists we publish, and whose each place is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from node.storage.tables.credentials import StatusIndex, StatusList
from node.storage.unit import Session

__all__ = ["StatusList"]


def get(session: Session, id: str) -> StatusList:
    return session.get_one(StatusList, id)


def find(session: Session, id: str) -> StatusList | None:
    return session.get(StatusList, id)


def open_list(
    session: Session, purpose: str, *, full_at: int, meaning: dict[str, Any] | None = None
) -> StatusList | None:
    """The newest list for `purpose`, unless `full_at` places of it are taken or its values mean something else."""
    query = select(StatusList).where(StatusList.purpose == purpose).order_by(col(StatusList.id).desc())
    row = session.exec(query.limit(1)).first()
    if row is None or row.meaning != meaning:
        return None
    return row if taken(session, row.id) < full_at else None


def taken(session: Session, list_id: str) -> int:
    """How many places of a list are somebody's."""
    return session.exec(select(func.count()).select_from(StatusIndex).where(StatusIndex.list_id == list_id)).one()


def add_list(
    session: Session,
    id: str,
    purpose: str,
    size: int,
    bits: bytes,
    *,
    now: datetime,
    meaning: dict[str, Any] | None = None,
) -> StatusList:
    row = StatusList(id=id, purpose=purpose, size=size, bits=bits, meaning=meaning, changed_at=now, updated_at=now)
    session.add(row)
    session.flush()
    return row


def take_index(session: Session, list_id: str, index: int, credential_id: str) -> bool:
    """Gives a place to a credential; False when it is taken."""
    if session.get(StatusIndex, (list_id, index)) is not None:
        return False
    session.add(StatusIndex(list_id=list_id, index=index, credential_id=credential_id))
    session.flush()
    return True


def places(session: Session, credential_id: str) -> Sequence[tuple[StatusList, int]]:
    """(list, index) of each place that a credential has, in the order of the lists."""
    query = (
        select(StatusList, StatusIndex.index)
        .join(StatusIndex, col(StatusList.id) == col(StatusIndex.list_id))
        .where(StatusIndex.credential_id == credential_id)
        .order_by(col(StatusIndex.list_id))
    )
    return session.exec(query).all()


def change(session: Session, row: StatusList, bits: bytes, *, now: datetime) -> None:
    row.bits, row.changed_at = bits, now
    session.add(row)
    session.flush()


def published(session: Session, row: StatusList, document: dict[str, Any], etag: str, *, now: datetime) -> None:
    row.document, row.etag, row.updated_at = document, etag, now
    session.add(row)
    session.flush()


def published_ids(session: Session) -> Sequence[str]:
    """Lists that have been signed at least once, oldest first."""
    query = select(StatusList.id).where(col(StatusList.etag).is_not(None)).order_by(col(StatusList.id))
    return session.exec(query).all()


def page(session: Session, *, limit: int, after: str | None) -> Sequence[StatusList]:
    """Lists in the order they were opened, from the one after id `after`."""
    query = select(StatusList).order_by(col(StatusList.id)).limit(limit)
    return session.exec(query if after is None else query.where(col(StatusList.id) > after)).all()


def signed_before(session: Session, at: datetime) -> Sequence[StatusList]:
    return session.exec(select(StatusList).where(StatusList.updated_at < at)).all()
