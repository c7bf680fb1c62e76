"""Leaves, heads and cosignatures of issuance logs."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from node.storage.statements import insert_new
from node.storage.tables.issuance_log import IssuanceLeaf, LogCosignature, LogFork, LogHead
from node.storage.unit import Session

__all__ = ["IssuanceLeaf", "LogCosignature", "LogHead"]


def add_leaf(
    session: Session, id: str, *, credential_id: str | None, digest: str, salt: str, leaf: str, now: datetime
) -> IssuanceLeaf:
    """A leaf without a place yet."""
    row = IssuanceLeaf(id=id, credential_id=credential_id, digest=digest, salt=salt, leaf=leaf, created_at=now)
    session.add(row)
    session.flush()
    return row


def waiting_leaves(session: Session, *, limit: int) -> Sequence[IssuanceLeaf]:
    """Those that no head has taken in yet, oldest first."""
    query = select(IssuanceLeaf).where(col(IssuanceLeaf.position).is_(None)).order_by(col(IssuanceLeaf.created_at))
    return session.exec(query.limit(limit)).all()


def place(session: Session, row: IssuanceLeaf, position: int) -> None:
    row.position = position
    session.add(row)
    session.flush()


def leaves_from(session: Session, position: int) -> Sequence[str]:
    """The hashes of the leaves from `position` on, in order."""
    query = select(IssuanceLeaf.leaf).where(col(IssuanceLeaf.position) >= position)
    return session.exec(query.order_by(col(IssuanceLeaf.position))).all()


def leaf_of(session: Session, digest: str) -> IssuanceLeaf | None:
    """The leaf that commits to what has this digest."""
    return session.exec(select(IssuanceLeaf).where(IssuanceLeaf.digest == digest).limit(1)).first()


def leaf_of_credential(session: Session, credential_id: str) -> IssuanceLeaf | None:
    """The leaf of an award of ours."""
    return session.exec(select(IssuanceLeaf).where(IssuanceLeaf.credential_id == credential_id).limit(1)).first()


def untold(session: Session, *, below: int, limit: int) -> Sequence[IssuanceLeaf]:
    """Leaves of credentials, with a place below `below`, whose learners have no proof yet."""
    query = select(IssuanceLeaf).where(
        col(IssuanceLeaf.position) < below,
        col(IssuanceLeaf.told_at).is_(None),
        col(IssuanceLeaf.credential_id).is_not(None),
    )
    return session.exec(query.order_by(col(IssuanceLeaf.position)).limit(limit)).all()


def told(session: Session, row: IssuanceLeaf, *, now: datetime) -> None:
    row.told_at = now
    session.add(row)
    session.flush()


def add_head(
    session: Session, *, log: str, size: int, root: str, token: str, path: list[str], signed_at: datetime
) -> None:
    session.add(LogHead(log=log, size=size, root=root, token=token, path=path, signed_at=signed_at))
    session.flush()


def head(session: Session, log: str, size: int) -> LogHead | None:
    return session.get(LogHead, (log, size))


def last_head(session: Session, log: str) -> LogHead | None:
    query = select(LogHead).where(LogHead.log == log).order_by(col(LogHead.size).desc()).limit(1)
    return session.exec(query).first()


def heads(session: Session, log: str, *, after: int, limit: int) -> Sequence[LogHead]:
    """By size, from the first over `after`."""
    query = select(LogHead).where(LogHead.log == log, col(LogHead.size) > after)
    return session.exec(query.order_by(col(LogHead.size)).limit(limit)).all()


def logs(session: Session) -> Sequence[str]:
    """Every log that we have a head of."""
    return session.exec(select(LogHead.log).distinct().order_by(col(LogHead.log))).all()


def add_cosignature(
    session: Session, *, log: str, size: int, witness: str, root: str, token: str, signed_at: datetime
) -> bool:
    """False where that witness's was known already."""
    values = {"log": log, "size": size, "witness": witness, "root": root, "token": token, "signed_at": signed_at}
    return insert_new(session, LogCosignature, values)


def cosignatures(session: Session, log: str, size: int) -> Sequence[LogCosignature]:
    """Everybody's of one head, the earliest first."""
    query = select(LogCosignature).where(LogCosignature.log == log, LogCosignature.size == size)
    return session.exec(query.order_by(col(LogCosignature.signed_at), col(LogCosignature.witness))).all()


def last_cosigned(session: Session, log: str, witness: str) -> LogCosignature | None:
    """The largest head of `log` that `witness` signed."""
    query = select(LogCosignature).where(LogCosignature.log == log, LogCosignature.witness == witness)
    return session.exec(query.order_by(col(LogCosignature.size).desc()).limit(1)).first()


def is_forked(session: Session, log: str) -> bool:
    return session.get(LogFork, log) is not None


def forked(session: Session, log: str, size: int, tokens: list[str], *, now: datetime) -> bool:
    """Keeps the two heads as evidence; False where a fork of this log was known already."""
    return insert_new(session, LogFork, {"log": log, "size": size, "tokens": tokens, "seen_at": now})


def forks(session: Session) -> int:
    """How many logs were ever seen with two pasts."""
    return session.exec(select(func.count()).select_from(LogFork)).one()
