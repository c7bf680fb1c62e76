"""The one-time codes by which learners sign in with a browser."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col

from node.storage.tables.apps import SignInCode
from node.storage.unit import Session


def add(session: Session, hash: str, learner_id: str, *, now: datetime, expires_at: datetime) -> None:
    session.add(SignInCode(hash=hash, learner_id=learner_id, created_at=now, expires_at=expires_at))


def find(session: Session, hash: str, *, now: datetime) -> SignInCode | None:
    """The code, unless it was used or ran out."""
    row = session.get(SignInCode, hash)
    return None if row is None or row.used_at is not None or row.expires_at <= now else row


def use(session: Session, hash: str, *, now: datetime) -> bool:
    """Uses the code up; False when it was used or has expired."""
    used = update(SignInCode).where(
        col(SignInCode.hash) == hash, col(SignInCode.used_at).is_(None), col(SignInCode.expires_at) > now
    )
    return session.connection().execute(used.values(used_at=now)).rowcount == 1


def drop_unused(session: Session, learner_id: str) -> None:
    """Removes what a learner has not used: a new code replaces the one before."""
    unused = delete(SignInCode).where(col(SignInCode.learner_id) == learner_id, col(SignInCode.used_at).is_(None))
    session.connection().execute(unused)


def forget_expired(session: Session, *, before: datetime) -> int:
    """Removes codes that ran out before `before`, used or not; how many."""
    return session.connection().execute(delete(SignInCode).where(col(SignInCode.expires_at) < before)).rowcount
