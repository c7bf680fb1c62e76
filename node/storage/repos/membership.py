"""The anchor's append-only log of its members, and the invitations it gave out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select

from node.storage.tables.federation import JoinInvitation, MemberEvent
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject

__all__ = ["JoinInvitation", "MemberEvent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """One entry to be appended. `detail` is what was decided besides: name, roles, keys, the application."""

    entity_id: str
    did: str
    event: str
    at: datetime
    actor: str
    reason: str | None
    detail: JsonObject


def head(session: Session) -> MemberEvent | None:
    """The last entry of the log."""
    return session.exec(select(MemberEvent).order_by(col(MemberEvent.seq).desc()).limit(1)).first()


def append(session: Session, id: str, new: NewEvent, *, seq: int, previous_hash: str, hash: str) -> None:
    session.add(
        MemberEvent(
            id=id,
            seq=seq,
            entity_id=new.entity_id,
            did=new.did,
            event=new.event,
            at=new.at,
            actor=new.actor,
            reason=new.reason,
            detail=new.detail,
            previous_hash=previous_hash,
            hash=hash,
        )
    )
    session.flush()


def log(session: Session) -> Sequence[MemberEvent]:
    """Every entry from the first."""
    return session.exec(select(MemberEvent).order_by(col(MemberEvent.seq))).all()


def about(session: Session, entity_id: str) -> Sequence[MemberEvent]:
    """Every entry about one entity, oldest first."""
    query = select(MemberEvent).where(MemberEvent.entity_id == entity_id).order_by(col(MemberEvent.seq))
    return session.exec(query).all()


def invite(session: Session, row: JoinInvitation) -> None:
    session.add(row)
    session.flush()


def invitation(session: Session, token_hash: str) -> JoinInvitation | None:
    return session.get(JoinInvitation, token_hash)


def use_invitation(session: Session, token_hash: str, entity_id: str, *, now: datetime) -> bool:
    """Uses an invitation up; False when it was used or has expired."""
    used = session.connection().execute(
        update(JoinInvitation)
        .where(
            col(JoinInvitation.token_hash) == token_hash,
            col(JoinInvitation.used_at).is_(None),
            col(JoinInvitation.expires_at) > now,
        )
        .values(used_at=now, used_by=entity_id)
    )
    return used.rowcount == 1
