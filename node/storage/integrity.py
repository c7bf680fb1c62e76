"""What the database itself can say about whether it is whole. PostgreSQL has no such question to answer."""

from collections.abc import Iterator, Sequence

from sqlmodel import col, select

from node.storage.tables.credentials import StatusList
from node.storage.tables.issuance_log import CustodyList, IssuanceLeaf, LogHead
from node.storage.unit import Session

MOST_PROBLEMS = 100
LEAVES_AT_ONCE = 10_000


def file_problems(session: Session) -> Sequence[str] | None:
    """What is wrong with pages, rows and indexes of the file; None where there is no file."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    rows = session.connection().exec_driver_sql(f"PRAGMA integrity_check({MOST_PROBLEMS})")
    return [problem for (problem,) in rows if problem != "ok"]


def foreign_key_problems(session: Session) -> Sequence[str] | None:
    """Rows that refer to none, at most `MOST_PROBLEMS`; None where the database never lets one in."""
    if session.get_bind().dialect.name != "sqlite":
        return None
    rows = session.connection().exec_driver_sql("PRAGMA foreign_key_check").fetchmany(MOST_PROBLEMS)
    return [f"row {rowid} of {table} refers to no row of {parent}" for table, rowid, parent, _ in rows]


def placed_leaves(session: Session) -> Iterator[tuple[int, str, str, str]]:
    """(position, leaf, salt, digest) of each leaf of our log that has a place, in order; there may be millions."""
    query = select(IssuanceLeaf.position, IssuanceLeaf.leaf, IssuanceLeaf.salt, IssuanceLeaf.digest)
    query = query.where(col(IssuanceLeaf.position).is_not(None)).order_by(col(IssuanceLeaf.position))
    for position, leaf, salt, digest in session.exec(query.execution_options(yield_per=LEAVES_AT_ONCE)):
        yield position or 0, leaf, salt, digest


def heads(session: Session, log: str) -> Sequence[tuple[int, str]]:
    """(size, root) of every head of `log`, by size."""
    return session.exec(select(LogHead.size, LogHead.root).where(LogHead.log == log).order_by(col(LogHead.size))).all()


def status_list_names(session: Session) -> Sequence[str]:
    """Our own lists by id, then those that were entrusted to us by URL; a list is a lot to hold, so one at a time."""
    own = session.exec(select(StatusList.id).order_by(col(StatusList.id))).all()
    entrusted = session.exec(select(CustodyList.url).order_by(col(CustodyList.url))).all()
    return [*own, *entrusted]


def status_list(session: Session, name: str) -> tuple[bytes, int]:
    """(compressed bits, how many bits there should be) of one of `status_list_names`."""
    own = select(StatusList.bits, StatusList.size).where(StatusList.id == name)
    entrusted = select(CustodyList.bits, CustodyList.size).where(CustodyList.url == name)
    return session.exec(own).first() or session.exec(entrusted).one()
