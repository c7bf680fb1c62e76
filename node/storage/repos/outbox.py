"""Messages that wait for delivery: at most one in flight a destination, and one back-off for all that go there.

    outbox_destination   in flight while leased, backed off while next_at is ahead; stands while a message does
    outbox_message       its own tries and due time; whoever was tried least goes first, so that one message that
                         a destination cannot take does not hold up the others

A lease belongs to the destination's row, so two workers cannot both have it, on whatever replica they are.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, exists, func, or_, update
from sqlmodel import Session, col, select

from node.storage.repos.backoff import backoff
from node.storage.statements import insert_new, insert_row, table_of
from node.storage.tables.base import MAIN
from node.storage.tables.messages import DEAD, WAITING, OutboxDestination, OutboxMessage
from node.storage.unit import wake

CHANNEL = "outbox"
MOST_FOR_STRANGERS = 500

_MESSAGES = table_of(OutboxMessage)
_PLACES = table_of(OutboxDestination)
_FIRST_DUE = (
    select(OutboxMessage.id)
    .where(
        OutboxMessage.destination == bindparam("place"),
        OutboxMessage.state == WAITING,
        col(OutboxMessage.next_at) <= bindparam("now"),
    )
    .order_by(col(OutboxMessage.attempts), col(OutboxMessage.next_at), col(OutboxMessage.id))
    .limit(1)
)


def enqueue(
    session: Session,
    *,
    id: str,
    destination: str,
    message_id: str,
    sealed: bytes | None,
    now: datetime,
    expires_at: datetime,
    not_before: datetime | None = None,
    packed: bytes | None = None,
    endpoint: str | None = None,
    organisation: str = MAIN,
    is_stranger: bool = False,
) -> None:
    """A message for `destination` goes out after this transaction commits, or when its destination's back-off ends.

    For a stranger nothing is kept while `MOST_FOR_STRANGERS` messages wait for strangers.
    """
    if is_stranger and _waiting_for_strangers(session) >= MOST_FOR_STRANGERS:
        return
    place = {"destination": destination, "is_stranger": is_stranger, "failures": 0, "next_at": now}
    if not insert_new(session, OutboxDestination, place) and not is_stranger:
        session.exec(update(_PLACES).where(_PLACES.c.destination == destination).values(is_stranger=False))
    values = {
        "id": id,
        "organisation": organisation,
        "destination": destination,
        "message_id": message_id,
        "sealed": sealed,
        "packed": packed,
        "endpoint": endpoint,
        "attempts": 0,
        "created_at": now,
        "next_at": not_before or now,
        "expires_at": expires_at,
        "state": WAITING,
    }
    insert_row(session, OutboxMessage, values)
    wake(session, CHANNEL)


def claim(
    session: Session, *, now: datetime, lease: timedelta, limit: int, is_stranger: bool = False
) -> list[OutboxMessage]:
    """Up to `limit` messages that are due, of as many destinations, the longest due first; nobody else gets them
    before `lease` is over. Messages past their expiry become dead letters, those for strangers are removed."""
    _bury_expired(session, now)
    places = _claim_places(session, now=now, until=now + lease, limit=limit, is_stranger=is_stranger)
    ids = [id for place in places if (id := _first_due(session, place, now))]
    if not ids:
        return []
    session.exec(update(_MESSAGES).where(_MESSAGES.c.id.in_(ids)).values(leased_until=now + lease))
    rows = session.exec(
        select(OutboxMessage).where(col(OutboxMessage.id).in_(ids)).execution_options(populate_existing=True)
    ).all()
    return sorted(rows, key=lambda row: (row.next_at, row.id))


def delivered(session: Session, id: str) -> None:
    """Removes a message that its destination took, and whatever held back the others that go there."""
    gone = session.exec(
        delete(_MESSAGES).where(_MESSAGES.c.id == id).returning(_MESSAGES.c.destination, _MESSAGES.c.leased_until)
    ).first()
    if gone is None:
        return
    destination, lease = gone
    if not _close_if_empty(session, destination):
        _release(session, destination, lease, failures=0)
        wake(session, CHANNEL)  # the next one for the same destination was not to be had until now


def failed(
    session: Session, id: str, *, now: datetime, jitter: float, error: str, permanent: bool, alone: bool = False
) -> None:
    """Notes a failed try: later again, for the whole destination; a dead letter where it is permanent or too late.

    Args:
        alone: it is this message that is in the way; the destination takes others meanwhile.
    """
    message = session.get(OutboxMessage, id, populate_existing=True)
    if message is None or message.state == DEAD:
        return
    place = session.get_one(OutboxDestination, message.destination, populate_existing=True)
    is_free = permanent or alone
    failures = place.failures if is_free else place.failures + 1
    lease, message.leased_until = message.leased_until, None
    message.attempts += 1
    message.last_error = error
    message.next_at = now + backoff(message.attempts, jitter)
    if permanent or message.next_at >= message.expires_at:
        message.state = DEAD
    session.add(message)
    session.flush()
    next_at = place.next_at if is_free else now + backoff(failures, jitter)
    _release(session, place.destination, lease, failures=failures, next_at=next_at)
    if is_free:
        wake(session, CHANNEL)


def dead_letters(session: Session, *, limit: int, organisation: str = MAIN) -> Sequence[OutboxMessage]:
    """What was given up, the newest first."""
    statement = select(OutboxMessage).where(OutboxMessage.state == DEAD, OutboxMessage.organisation == organisation)
    return session.exec(statement.order_by(col(OutboxMessage.id).desc()).limit(limit)).all()


def waiting(session: Session, *, limit: int, organisation: str = MAIN) -> Sequence[OutboxMessage]:
    """What is still tried, the next due first."""
    statement = select(OutboxMessage).where(OutboxMessage.state == WAITING, OutboxMessage.organisation == organisation)
    return session.exec(statement.order_by(col(OutboxMessage.next_at), col(OutboxMessage.id)).limit(limit)).all()


def resend(session: Session, id: str, *, now: datetime, expires_at: datetime) -> bool:
    """Tries a dead letter anew, at once; False where there is no such one."""
    message = session.get(OutboxMessage, id)
    if message is None or message.state != DEAD:
        return False
    message.state, message.attempts, message.last_error = WAITING, 0, None
    message.next_at, message.expires_at = now, expires_at
    session.add(message)
    session.exec(update(_PLACES).where(_PLACES.c.destination == message.destination).values(failures=0, next_at=now))
    wake(session, CHANNEL)
    return True


def forget(session: Session, destination: str) -> int:
    """Removes everything that waits for `destination`, dead letters too; how many messages that were.

    What is under way at this very moment may still arrive.
    """
    gone = session.exec(delete(_MESSAGES).where(_MESSAGES.c.destination == destination)).rowcount
    session.exec(delete(_PLACES).where(_PLACES.c.destination == destination))
    return gone


def remove_dead(session: Session, *, before: datetime) -> int:
    """Removes dead letters that expired before `before`, and destinations without messages; how many letters."""
    gone = session.exec(delete(_MESSAGES).where(_MESSAGES.c.state == DEAD, _MESSAGES.c.expires_at < before)).rowcount
    left = exists().where(_MESSAGES.c.destination == _PLACES.c.destination)
    session.exec(delete(_PLACES).where(~left))
    return gone


def _bury_expired(session: Session, now: datetime) -> None:
    leased = or_(_MESSAGES.c.leased_until.is_(None), _MESSAGES.c.leased_until <= now)
    session.exec(
        update(_MESSAGES)
        .where(_MESSAGES.c.state == WAITING, _MESSAGES.c.expires_at <= now, leased)
        .values(state=DEAD, leased_until=None, last_error="expired before it could be delivered")
    )
    strangers = select(OutboxDestination.destination).where(_PLACES.c.is_stranger)
    session.exec(delete(_MESSAGES).where(_MESSAGES.c.state == DEAD, _MESSAGES.c.destination.in_(strangers)))


def _waiting_for_strangers(session: Session) -> int:
    waiting = select(func.count()).select_from(_MESSAGES.join(_PLACES)).where(_PLACES.c.is_stranger)
    return session.connection().execute(waiting).scalar_one()


def _claim_places(session: Session, *, now: datetime, until: datetime, limit: int, is_stranger: bool) -> list[str]:
    waits = exists().where(
        _MESSAGES.c.destination == _PLACES.c.destination, _MESSAGES.c.state == WAITING, _MESSAGES.c.next_at <= now
    )
    free = or_(_PLACES.c.leased_until.is_(None), _PLACES.c.leased_until <= now)
    due = (
        select(OutboxDestination.destination)
        .where(_PLACES.c.is_stranger == is_stranger, _PLACES.c.next_at <= now, free, waits)
        .order_by(_PLACES.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    places = list(session.exec(due).all())
    if places:
        session.exec(update(_PLACES).where(_PLACES.c.destination.in_(places)).values(leased_until=until))
    return places


def _first_due(session: Session, destination: str, now: datetime) -> str | None:
    return session.exec(_FIRST_DUE, params={"place": destination, "now": now}).first()


def _release(
    session: Session, destination: str, lease: datetime | None, *, failures: int, next_at: datetime | None = None
) -> None:
    """Ends a lease, unless it ran out and another worker has one of its own by now."""
    leased_until = case((_PLACES.c.leased_until == lease, None), else_=_PLACES.c.leased_until)
    values: dict[str, Any] = {"failures": failures, "leased_until": leased_until}
    if next_at is not None:
        values["next_at"] = next_at
    session.exec(update(_PLACES).where(_PLACES.c.destination == destination).values(**values))


def _close_if_empty(session: Session, destination: str) -> bool:
    left = exists().where(_MESSAGES.c.destination == _PLACES.c.destination)
    return session.exec(delete(_PLACES).where(_PLACES.c.destination == destination, ~left)).rowcount == 1
