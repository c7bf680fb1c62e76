"""Conversations, by flow, our DID and thread id; whose the other side is stands in the thread (`theirs`)."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col, select

from node.storage.statements import upsert
from node.storage.tables.base import MAIN
from node.storage.tables.messages import FlowThread
from protocols.flow import Thread


def load(session: Session, flow: str, ours: str, id: str) -> Thread | None:
    """The thread as its flow left it."""
    row = session.get(FlowThread, (flow, ours, id), populate_existing=True)
    if row is None:
        return None
    return _thread(row)


def find(session: Session, ours: str, id: str) -> list[Thread]:
    """The threads of one id, whatever their flow: what a problem report may be about."""
    rows = session.exec(select(FlowThread).where(FlowThread.ours == ours, FlowThread.id == id)).all()
    return [_thread(row) for row in rows]


def save(session: Session, thread: Thread, *, now: datetime, organisation: str = MAIN) -> None:
    """Keeps the thread, in place of what was kept of it before."""
    values = {
        "flow": thread.flow,
        "ours": thread.ours,
        "id": thread.id,
        "organisation": organisation,
        "role": thread.role,
        "state": thread.state,
        "theirs": thread.theirs,
        "data": dict(thread.data),
        "updated_at": now,
    }
    upsert(session, FlowThread, values)


def forget_unused(session: Session, *, before: datetime) -> int:
    """Removes threads that nothing has happened in since `before`; how many."""
    return session.exec(delete(FlowThread).where(col(FlowThread.updated_at) < before)).rowcount


def forget_with(session: Session, ours: str, theirs: str) -> int:
    """Removes every conversation with `theirs`, whatever its flow; how many."""
    with_them = (col(FlowThread.ours) == ours, col(FlowThread.theirs) == theirs)
    return session.exec(delete(FlowThread).where(*with_them)).rowcount


def _thread(row: FlowThread) -> Thread:
    return Thread(
        id=row.id, flow=row.flow, role=row.role, state=row.state, ours=row.ours, theirs=row.theirs, data=row.data
    )
