"""Marks about this node, and those that members publish, as last verified."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select

from node.storage.tables.trust_marks import HeldMark, PeerMark
from node.storage.unit import Session

__all__ = ["HeldMark", "PeerMark"]


def keep(session: Session, row: HeldMark | PeerMark) -> None:
    session.add(row)
    session.flush()


def held(session: Session) -> Sequence[HeldMark]:
    """Every mark that was looked for, by issuer and type."""
    return session.exec(select(HeldMark).order_by(col(HeldMark.issuer), col(HeldMark.trust_mark_type))).all()


def held_one(session: Session, issuer: str, trust_mark_type: str) -> HeldMark | None:
    return session.get(HeldMark, (issuer, trust_mark_type))


def forget(session: Session, row: HeldMark) -> None:
    session.delete(row)
    session.flush()


def peer_mark(session: Session, id: str) -> PeerMark | None:
    return session.get(PeerMark, id)


def of_peer(session: Session, did: str) -> Sequence[PeerMark]:
    """The marks of one member, ended ones too, the oldest first."""
    query = select(PeerMark).where(PeerMark.did == did).order_by(col(PeerMark.since), col(PeerMark.id))
    return session.exec(query).all()


def of_peers(session: Session) -> Sequence[PeerMark]:
    """The marks of all members, ended ones too, by member."""
    return session.exec(select(PeerMark).order_by(col(PeerMark.did), col(PeerMark.since), col(PeerMark.id))).all()


def to_ask_about(
    session: Session, *, but_for: str, now: datetime, asked_before: datetime, limit: int
) -> Sequence[PeerMark]:
    """Good marks, but those of type `but_for`, whose issuers were not asked since `asked_before`.

    Those that waited longest come first.
    """
    query = (
        select(PeerMark)
        .where(col(PeerMark.ended_at).is_(None))
        .where(or_(col(PeerMark.expires_at).is_(None), col(PeerMark.expires_at) > now))
        .where(PeerMark.trust_mark_type != but_for)
        .where(or_(col(PeerMark.asked_at).is_(None), col(PeerMark.asked_at) < asked_before))
        .order_by(col(PeerMark.asked_at), col(PeerMark.id))
        .limit(limit)
    )
    return session.exec(query).all()
