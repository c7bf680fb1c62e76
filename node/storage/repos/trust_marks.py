"""Marks granted here, delegations, and what an anchor says of types."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select

from node.storage.tables.trust_marks import GrantedMark, MarkDelegation, MarkType
from node.storage.unit import Session

__all__ = ["GrantedMark", "MarkDelegation", "MarkType"]


def add(session: Session, row: GrantedMark | MarkDelegation | MarkType) -> None:
    session.add(row)
    session.flush()


def granted(session: Session, id: str) -> GrantedMark | None:
    return session.get(GrantedMark, id)


def grants(session: Session, *, trust_mark_type: str | None = None) -> Sequence[GrantedMark]:
    """Every mark that was ever granted here, in that order."""
    query = select(GrantedMark).order_by(col(GrantedMark.id))
    if trust_mark_type is not None:
        query = query.where(GrantedMark.trust_mark_type == trust_mark_type)
    return session.exec(query).all()


def has_grants(session: Session) -> bool:
    """Whether any mark was ever granted here."""
    return session.exec(select(GrantedMark.id).limit(1)).first() is not None


def in_force(
    session: Session, *, now: datetime, trust_mark_type: str | None = None, subject: str | None = None
) -> Sequence[GrantedMark]:
    """The marks that are neither revoked nor at their end, in the order they were granted."""
    query = (
        select(GrantedMark)
        .where(col(GrantedMark.revoked_at).is_(None))
        .where(or_(col(GrantedMark.ends_at).is_(None), col(GrantedMark.ends_at) > now))
        .order_by(col(GrantedMark.id))
    )
    if trust_mark_type is not None:
        query = query.where(GrantedMark.trust_mark_type == trust_mark_type)
    if subject is not None:
        query = query.where(GrantedMark.subject == subject)
    return session.exec(query).all()


def types(session: Session) -> Sequence[MarkType]:
    return session.exec(select(MarkType).order_by(col(MarkType.trust_mark_type))).all()


def type_named(session: Session, trust_mark_type: str) -> MarkType | None:
    return session.get(MarkType, trust_mark_type)


def remove_type(session: Session, row: MarkType) -> None:
    session.delete(row)
    session.flush()


def delegation(session: Session, id: str) -> MarkDelegation | None:
    return session.get(MarkDelegation, id)


def delegations(session: Session, *, trust_mark_type: str | None = None) -> Sequence[MarkDelegation]:
    """Delegations given and got, the newest first."""
    query = select(MarkDelegation).order_by(col(MarkDelegation.added_at).desc(), col(MarkDelegation.id))
    if trust_mark_type is not None:
        query = query.where(MarkDelegation.trust_mark_type == trust_mark_type)
    return session.exec(query).all()
