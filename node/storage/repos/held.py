"""A learner's badges, ours and those brought from elsewhere, as one list; and what they say of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Select, Subquery, func, literal, union_all
from sqlmodel import col, select

from node.storage.repos.issuance import ISSUED, SUSPENDED
from node.storage.statements import upsert
from node.storage.tables.base import MAIN
from node.storage.tables.credentials import IssuedCredential
from node.storage.tables.held import HeldCredential, LearnerProfile
from node.storage.unit import Session

__all__ = ["HeldCredential", "LearnerProfile"]

_OURS, _BROUGHT = "ours", "brought"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A badge of a learner: a `document` with proofs in it, or else a `token`."""

    document: dict[str, Any] | None
    token: str | None


def count(session: Session, learner_id: str, *, since: datetime | None) -> int:
    """How many badges a learner has that were issued after `since`."""
    return session.exec(select(func.count()).select_from(_all(learner_id, since))).one()


def page(session: Session, learner_id: str, *, since: datetime | None, limit: int, offset: int) -> Sequence[Listed]:
    """Badges in the order of their issuing, from the one at place `offset` on. What was revoked is not among them."""
    badges = _all(learner_id, since)
    places = select(badges.c.origin, badges.c.id).order_by(badges.c.issued_at, badges.c.id).limit(limit).offset(offset)
    found = [(str(origin), str(id)) for origin, id in session.exec(places).all()]
    ours = _by_id(session, IssuedCredential, [id for origin, id in found if origin == _OURS])
    brought = _by_id(session, HeldCredential, [id for origin, id in found if origin == _BROUGHT])
    listed: list[Listed] = []
    for origin, id in found:
        if origin == _OURS:
            listed.append(Listed(document=ours[id].document, token=None))
        else:
            listed.append(Listed(document=brought[id].document, token=brought[id].token))
    return listed


def holders(session: Session, learner_id: str) -> frozenset[str]:
    """The DIDs that this institution issued to for a learner: keys in the learner's wallet."""
    query = select(IssuedCredential.holder).where(
        IssuedCredential.learner_id == learner_id, col(IssuedCredential.holder).is_not(None)
    )
    return frozenset(holder for holder in session.exec(query.distinct()).all() if holder)


def issued(session: Session, id: str) -> IssuedCredential | None:
    return session.get(IssuedCredential, id)


def count_brought(session: Session, learner_id: str) -> int:
    query = select(func.count()).select_from(HeldCredential).where(HeldCredential.learner_id == learner_id)
    return session.exec(query).one()


def brought(session: Session, learner_id: str, identity: str) -> HeldCredential | None:
    """The credential of this issuer and id that a learner keeps here."""
    return session.exec(
        select(HeldCredential).where(HeldCredential.learner_id == learner_id, HeldCredential.identity == identity)
    ).first()


def add(session: Session, row: HeldCredential) -> None:
    session.add(row)
    session.flush()


def replace(
    session: Session,
    row: HeldCredential,
    *,
    client_id: str,
    document: dict[str, Any] | None,
    token: str | None,
    valid_from: datetime,
    now: datetime,
) -> None:
    row.client_id, row.document, row.token = client_id, document, token
    row.valid_from, row.stored_at = valid_from, now
    session.add(row)
    session.flush()


def profile(session: Session, learner_id: str) -> dict[str, Any] | None:
    row = session.get(LearnerProfile, learner_id)
    return None if row is None else row.document


def set_profile(session: Session, learner_id: str, document: dict[str, Any], *, now: datetime) -> None:
    values = {"learner_id": learner_id, "organisation": MAIN, "document": document, "updated_at": now}
    upsert(session, LearnerProfile, values)


def _all(learner_id: str, since: datetime | None) -> Subquery:
    """Place and origin of every badge."""
    ours = _places(_OURS, IssuedCredential.id, IssuedCredential.issued_at).where(
        col(IssuedCredential.learner_id) == learner_id,
        col(IssuedCredential.state).in_((ISSUED, SUSPENDED)),
        col(IssuedCredential.document).is_not(None),
    )
    brought = _places(_BROUGHT, HeldCredential.id, HeldCredential.valid_from).where(
        col(HeldCredential.learner_id) == learner_id
    )
    if since is not None:
        ours = ours.where(col(IssuedCredential.issued_at) > since)
        brought = brought.where(col(HeldCredential.valid_from) > since)
    return union_all(ours, brought).subquery("badges")


def _places(origin: str, id: Any, issued_at: Any) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        literal(origin).label("origin"),
        col(id).label("id"),
        col(issued_at).label("issued_at"),
    ]
    return sqlalchemy.select(*columns)


def _by_id(session: Session, model: Any, ids: Sequence[str]) -> dict[str, Any]:
    return {row.id: row for row in session.exec(select(model).where(col(model.id).in_(ids))).all()} if ids else {}
