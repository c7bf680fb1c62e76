"""What learners granted to clients, and the codes and tokens that came of it, by their hashes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlmodel import col, select

from node.storage.tables.apps import OauthCode, OauthGrant, OauthToken
from node.storage.unit import Session

__all__ = ["ACCESS", "REFRESH", "OauthCode", "OauthGrant", "OauthToken"]

ACCESS = "access"
REFRESH = "refresh"


def add(
    session: Session,
    id: str,
    *,
    learner_id: str,
    client_id: str,
    scopes: Sequence[str],
    now: datetime,
    expires_at: datetime,
) -> OauthGrant:
    row = OauthGrant(
        id=id,
        learner_id=learner_id,
        client_id=client_id,
        scopes=list(scopes),
        granted_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, id: str) -> OauthGrant:
    return session.get_one(OauthGrant, id)


def find(session: Session, id: str) -> OauthGrant | None:
    return session.get(OauthGrant, id)


def of_learner(session: Session, learner_id: str, *, limit: int) -> Sequence[OauthGrant]:
    """What a learner granted, the newest first."""
    query = select(OauthGrant).where(OauthGrant.learner_id == learner_id).order_by(col(OauthGrant.id).desc())
    return session.exec(query.limit(limit)).all()


def end(session: Session, id: str, because: str, *, now: datetime) -> bool:
    """Ends a grant, and so everything that was handed out for it; False where it had ended already."""
    ended = update(OauthGrant).where(col(OauthGrant.id) == id, col(OauthGrant.ended_at).is_(None))
    return session.connection().execute(ended.values(ended_at=now, ended_because=because)).rowcount == 1


def add_code(
    session: Session, hash: str, grant: OauthGrant, *, redirect_uri: str, code_challenge: str, expires_at: datetime
) -> None:
    session.add(
        OauthCode(
            hash=hash,
            grant_id=grant.id,
            client_id=grant.client_id,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            expires_at=expires_at,
        )
    )


def code(session: Session, hash: str) -> OauthCode | None:
    return session.get(OauthCode, hash)


def use_code(session: Session, hash: str, *, now: datetime) -> bool:
    """Uses a code up; False when it was used already: of two at once, one gets True."""
    used = update(OauthCode).where(col(OauthCode.hash) == hash, col(OauthCode.used_at).is_(None)).values(used_at=now)
    return session.connection().execute(used).rowcount == 1


def add_token(
    session: Session, hash: str, kind: str, grant_id: str, scopes: Sequence[str], *, now: datetime, expires_at: datetime
) -> None:
    session.add(
        OauthToken(hash=hash, kind=kind, grant_id=grant_id, scopes=list(scopes), created_at=now, expires_at=expires_at)
    )


def token(session: Session, hash: str) -> OauthToken | None:
    return session.get(OauthToken, hash)


def use_token(session: Session, hash: str, *, now: datetime) -> bool:
    """Uses a refresh token up; False when it was used already: of two at once, one gets True."""
    used = update(OauthToken).where(col(OauthToken.hash) == hash, col(OauthToken.used_at).is_(None))
    return session.connection().execute(used.values(used_at=now)).rowcount == 1


def forget_token(session: Session, hash: str) -> None:
    session.connection().execute(delete(OauthToken).where(col(OauthToken.hash) == hash))


def forget_expired(session: Session, *, now: datetime, codes_before: datetime, grants_before: datetime) -> None:
    """Removes tokens past their time, codes that ran out before `codes_before`, grants over before `grants_before`."""
    over = or_(col(OauthGrant.ended_at) < grants_before, col(OauthGrant.expires_at) < grants_before)
    for statement in (
        delete(OauthToken).where(col(OauthToken.expires_at) < now),
        delete(OauthCode).where(col(OauthCode.expires_at) < codes_before),
        delete(OauthGrant).where(over),
    ):
        session.connection().execute(statement)
