"""Learners and their one-time codes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select

from node.storage.tables.learners import EnrolmentCode, Learner
from node.storage.unit import Session

__all__ = ["EnrolmentCode", "Learner"]


def add(session: Session, id: str, name: str, reference: str, *, now: datetime) -> Learner:
    row = Learner(id=id, name=name, reference=reference, created_at=now)
    session.add(row)
    session.flush()
    return row


def get(session: Session, id: str) -> Learner | None:
    return session.get(Learner, id)


def by_reference(session: Session, reference: str) -> Learner | None:
    return session.exec(select(Learner).where(Learner.reference == reference)).first()


def by_did(session: Session, did: str) -> Learner | None:
    return session.exec(select(Learner).where(Learner.did == did)).first()


def page(session: Session, *, limit: int, after: str | None) -> Sequence[Learner]:
    """In the order they were added; ids ascend."""
    query = select(Learner).order_by(col(Learner.id)).limit(limit)
    return session.exec(query if after is None else query.where(col(Learner.id) > after)).all()


def bind(session: Session, id: str, did: str, assurance: str) -> None:
    row = session.get_one(Learner, id)
    row.did, row.assurance = did, assurance
    session.add(row)
    session.flush()


def unbind(session: Session, row: Learner) -> None:
    """The wallet that was bound to them is nobody's here."""
    row.did, row.assurance = None, None
    session.add(row)
    session.flush()


def set_suspended(session: Session, row: Learner, suspended: bool) -> None:
    row.suspended = suspended
    session.add(row)
    session.flush()


def add_code(session: Session, hash: str, learner_id: str, *, now: datetime, expires_at: datetime) -> None:
    session.add(EnrolmentCode(hash=hash, learner_id=learner_id, created_at=now, expires_at=expires_at))


def code(session: Session, hash: str) -> tuple[EnrolmentCode, Learner] | None:
    """A code and whose it is."""
    row = session.get(EnrolmentCode, hash)
    return None if row is None else (row, session.get_one(Learner, row.learner_id))


def use_code(session: Session, hash: str, *, now: datetime) -> bool:
    """Uses the code up; False when it was used or has expired."""
    used = session.connection().execute(
        update(EnrolmentCode)
        .where(
            col(EnrolmentCode.hash) == hash,
            col(EnrolmentCode.used_at).is_(None),
            col(EnrolmentCode.expires_at) > now,
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def end_codes(session: Session, learner_id: str, *, now: datetime) -> None:
    """No code of a person that was not used yet opens anything from `now` on."""
    session.connection().execute(
        update(EnrolmentCode)
        .where(
            col(EnrolmentCode.learner_id) == learner_id,
            col(EnrolmentCode.used_at).is_(None),
            col(EnrolmentCode.expires_at) > now,
        )
        .values(expires_at=now)
    )


def forget_codes(session: Session, *, before: datetime) -> int:
    """Removes codes that ran out before `before`, used or not; how many."""
    return session.connection().execute(delete(EnrolmentCode).where(col(EnrolmentCode.expires_at) < before)).rowcount
