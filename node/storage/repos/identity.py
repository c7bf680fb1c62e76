"""Organisations and their keys."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from node.storage.tables.base import MAIN
from node.storage.tables.identity import Key, Organisation
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key pair to be stored; `sealed` is its private part."""

    kid: str
    purpose: str
    crv: str
    public_jwk: JsonObject
    sealed: bytes


def organisation(session: Session, id: str = MAIN) -> Organisation | None:
    return session.get(Organisation, id)


def keys(session: Session, organisation_id: str = MAIN) -> list[Key]:
    """Every key the organisation ever had, oldest first."""
    query = select(Key).where(Key.organisation == organisation_id).order_by(col(Key.created_at), col(Key.kid))
    return list(session.exec(query))


def add_organisation(session: Session, *, did: str, name: str, now: datetime, id: str = MAIN) -> None:
    session.add(Organisation(id=id, did=did, name=name, created_at=now))


def add_key(session: Session, key: NewKey, *, now: datetime, organisation_id: str = MAIN) -> None:
    session.add(
        Key(
            kid=key.kid,
            organisation=organisation_id,
            purpose=key.purpose,
            crv=key.crv,
            public_jwk=key.public_jwk,
            sealed=key.sealed,
            created_at=now,
        )
    )


def revoke(session: Session, kid: str, *, now: datetime) -> None:
    """From `now` on this one counts as known to others."""
    key = session.get_one(Key, kid)
    key.revoked_at = now
    session.add(key)


def retire(session: Session, kid: str, *, now: datetime) -> None:
    """From `now` on another key is used in its place; the row stays."""
    key = session.get_one(Key, kid)
    key.retired_at = now
    session.add(key)
