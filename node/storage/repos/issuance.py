"""Credentials from award to revocation. `achievement_id` holds the achievement's slug, or its URL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from node.storage.tables.credentials import IssuedCredential
from node.storage.unit import Session

__all__ = ["ISSUED", "OFFERED", "REQUESTED", "REVOKED", "SUSPENDED", "WAITING", "IssuedCredential"]

WAITING = "waiting"
OFFERED = "offered"
REQUESTED = "requested"
ISSUED = "issued"
SUSPENDED = "suspended"
REVOKED = "revoked"


def add(
    session: Session,
    id: str,
    learner_id: str,
    achievement: str,
    *,
    thread_id: str,
    valid_until: datetime | None,
    now: datetime,
    draft: dict[str, Any] | None = None,
    replaces: str | None = None,
) -> IssuedCredential:
    """A new award. `replaces` is the credential of the same person that ends when this one is issued."""
    request = {"badge": draft, "replaces": replaces}
    row = IssuedCredential(
        id=id,
        learner_id=learner_id,
        achievement_id=achievement,
        thread_id=thread_id,
        state=WAITING,
        offered_at=now,
        valid_until=valid_until,
        request={name: value for name, value in request.items() if value is not None},
    )
    session.add(row)
    session.flush()
    return row


def draft_of(row: IssuedCredential) -> dict[str, Any] | None:
    """The badge that an award was made with; None for an award of a published achievement."""
    return row.request.get("badge")


def predecessor_of(row: IssuedCredential) -> str | None:
    """The id of the credential that this one is to take the place of."""
    return row.request.get("replaces")


def get(session: Session, id: str) -> IssuedCredential:
    return session.get_one(IssuedCredential, id)


def find(session: Session, id: str) -> IssuedCredential | None:
    return session.get(IssuedCredential, id)


def by_thread(session: Session, thread_id: str) -> IssuedCredential | None:
    return session.exec(select(IssuedCredential).where(IssuedCredential.thread_id == thread_id)).first()


def of_learner(session: Session, learner_id: str, *states: str) -> Sequence[IssuedCredential]:
    """A person's awards in any of `states`, oldest first."""
    return session.exec(
        select(IssuedCredential)
        .where(IssuedCredential.learner_id == learner_id, col(IssuedCredential.state).in_(states))
        .order_by(col(IssuedCredential.id))
    ).all()


def page(session: Session, *, limit: int, after: str | None) -> Sequence[IssuedCredential]:
    query = select(IssuedCredential).order_by(col(IssuedCredential.id)).limit(limit)
    return session.exec(query if after is None else query.where(col(IssuedCredential.id) > after)).all()


def offered(session: Session, row: IssuedCredential, *, now: datetime) -> None:
    row.state, row.offered_at = OFFERED, now
    _keep(session, row)


def taken_back(session: Session, row: IssuedCredential, thread_id: str) -> None:
    """Nobody was offered it: it waits for a wallet, in a conversation of its own."""
    row.state, row.holder, row.thread_id = WAITING, None, thread_id
    _keep(session, row)


def requested(session: Session, row: IssuedCredential, holder: str) -> None:
    row.state, row.holder = REQUESTED, holder
    _keep(session, row)


def issued(session: Session, row: IssuedCredential, document: dict[str, Any], *, now: datetime) -> None:
    row.state, row.document, row.issued_at = ISSUED, document, now
    _keep(session, row)


def revoked(session: Session, row: IssuedCredential, reason: str, *, now: datetime) -> None:
    row.state, row.revoked_at, row.reason = REVOKED, now, reason
    _keep(session, row)


def suspended(session: Session, row: IssuedCredential, reason: str) -> None:
    row.state, row.reason = SUSPENDED, reason
    _keep(session, row)


def reinstated(session: Session, row: IssuedCredential, reason: str) -> None:
    row.state, row.reason = ISSUED, reason
    _keep(session, row)


def _keep(session: Session, row: IssuedCredential) -> None:
    session.add(row)
    session.flush()
