"""Who looks after whose records, and what was entrusted to us."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from node.storage.statements import upsert
from node.storage.tables.issuance_log import CustodyList, CustodyRecord, Succession
from node.storage.unit import Session

__all__ = ["CustodyList", "CustodyRecord", "Succession"]


def succession(session: Session, institution: str) -> Succession | None:
    return session.get(Succession, institution)


def successions(session: Session) -> Sequence[Succession]:
    """All that are known here, by institution."""
    return session.exec(select(Succession).order_by(col(Succession.institution))).all()


def keep(session: Session, row: Succession) -> None:
    session.add(row)
    session.flush()


def keep_list(
    session: Session, url: str, *, institution: str, purpose: str, size: int, bits: bytes, now: datetime
) -> None:
    values = {"url": url, "institution": institution, "purpose": purpose, "size": size, "bits": bits, "changed_at": now}
    upsert(session, CustodyList, values)


def status_list(session: Session, url: str) -> CustodyList | None:
    return session.get(CustodyList, url)


def change_list(session: Session, row: CustodyList, bits: bytes, *, now: datetime) -> None:
    row.bits, row.changed_at = bits, now
    session.add(row)
    session.flush()


def keep_record(session: Session, id: str, *, institution: str, sealed: bytes, places: list[Any]) -> None:
    upsert(session, CustodyRecord, {"id": id, "institution": institution, "sealed": sealed, "places": places})


def record(session: Session, institution: str, id: str) -> CustodyRecord | None:
    return session.get(CustodyRecord, (institution, id))


def records(session: Session, institution: str) -> int:
    """How many credentials of an institution were entrusted to us."""
    query = select(func.count()).select_from(CustodyRecord).where(CustodyRecord.institution == institution)
    return session.exec(query).one()
