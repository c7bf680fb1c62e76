"""Slow work as rows: claimed under a lease, removed together with its outcome."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, update
from sqlmodel import Session, col, select

from node.errors import Conflict
from node.storage.repos.backoff import backoff
from node.storage.statements import insert_new, table_of
from node.storage.tables.base import MAIN
from node.storage.tables.messages import DEAD, WAITING, WorkItem
from node.storage.unit import wake
from protocols.jose.encoding import JsonObject

CHANNEL = "work"
TRIED_FOR = timedelta(days=7)

_TABLE = table_of(WorkItem)


def enqueue(
    session: Session,
    *,
    id: str,
    kind: str,
    key: str | None,
    payload: JsonObject,
    next_at: datetime,
    now: datetime,
    sealed: bytes | None = None,
    organisation: str = MAIN,
) -> bool:
    """Wants `kind` done, not before `next_at`; False, and nothing added, where work of the same `key` stands."""
    values = {
        "id": id,
        "organisation": organisation,
        "kind": kind,
        "key": key,
        "payload": payload,
        "sealed": sealed,
        "attempts": 0,
        "created_at": now,
        "next_at": next_at,
        "state": WAITING,
    }
    added = insert_new(session, WorkItem, values)
    if added:
        wake(session, CHANNEL)
    return added


def claim(session: Session, *, now: datetime, lease: timedelta, limit: int) -> list[WorkItem]:
    """Up to `limit` items that are due, the longest due first; nobody else gets them before `lease` is over.

    A lease that ran out counts as a failed attempt: perhaps the work took the whole process with it.
    """
    free = or_(col(WorkItem.leased_until).is_(None), col(WorkItem.leased_until) <= now)
    due = (
        select(WorkItem.id)
        .where(WorkItem.state == WAITING, col(WorkItem.next_at) <= now, free)
        .order_by(col(WorkItem.next_at), col(WorkItem.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = session.exec(due).all()
    if not ids:
        return []
    attempts = case((_TABLE.c.leased_until.is_(None), _TABLE.c.attempts), else_=_TABLE.c.attempts + 1)
    session.exec(update(_TABLE).where(_TABLE.c.id.in_(ids)).values(leased_until=now + lease, attempts=attempts))
    claimed = select(WorkItem).where(col(WorkItem.id).in_(ids)).order_by(col(WorkItem.next_at), col(WorkItem.id))
    return list(session.exec(claimed.execution_options(populate_existing=True)).all())


def done(session: Session, id: str) -> None:
    """Removes the item, in the transaction that keeps its outcome.

    Raises:
        Conflict: another worker, after this one's lease had run out, was faster; this outcome must not be kept too.
    """
    if session.exec(delete(_TABLE).where(_TABLE.c.id == id)).rowcount != 1:
        raise Conflict("the work was done by another worker meanwhile")


def failed(session: Session, id: str, *, now: datetime, jitter: float, error: str, permanent: bool) -> None:
    """Notes a failed attempt: later again; a dead item where it is permanent or was tried for a week."""
    item = session.get(WorkItem, id, populate_existing=True)
    if item is None or item.state == DEAD:
        return
    item.attempts += 1
    item.last_error = error
    item.leased_until = None
    item.next_at = now + backoff(item.attempts, jitter)
    if permanent or item.next_at >= item.created_at + TRIED_FOR:
        item.state = DEAD
    session.add(item)


def remove_dead(session: Session, *, before: datetime) -> int:
    """Removes what was given up and added before `before`; how many."""
    gone = delete(_TABLE).where(_TABLE.c.state == DEAD, _TABLE.c.created_at < before)
    return session.connection().execute(gone).rowcount


def next_due_at(session: Session) -> datetime | None:
    """When the next item is due that nobody has; None where none waits."""
    waiting = (WorkItem.state == WAITING, col(WorkItem.leased_until).is_(None))
    return session.exec(select(func.min(WorkItem.next_at)).where(*waiting)).one()


def dead_items(session: Session, *, limit: int) -> Sequence[WorkItem]:
    """What was given up, the newest first."""
    return session.exec(
        select(WorkItem).where(WorkItem.state == DEAD).order_by(col(WorkItem.id).desc()).limit(limit)
    ).all()


def retry(session: Session, id: str, *, now: datetime) -> bool:
    """Does a dead item anew; False where there is no such one."""
    item = session.get(WorkItem, id)
    if item is None or item.state != DEAD:
        return False
    item.state, item.attempts, item.last_error, item.next_at, item.created_at = WAITING, 0, None, now, now
    session.add(item)
    wake(session, CHANNEL)
    return True
