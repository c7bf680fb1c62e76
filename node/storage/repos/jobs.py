"""When jobs are due, and the lease under which one replica runs each."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from node.storage.statements import insert_new
from node.storage.tables.jobs import Job


def is_due(session: Session, name: str, *, now: datetime) -> bool:
    """Whether `take` would give a lease, were nobody faster. A job that was never run is due."""
    job = session.get(Job, name)
    return job is None or _is_free(job, now)


def take(session: Session, name: str, owner: str, *, now: datetime, lease: timedelta) -> int | None:
    """A lease on a job that is due, as its fence; None where it is not due, or somebody else's."""
    insert_new(session, Job, {"name": name, "next_at": now, "fence": 0})
    statement = select(Job).where(Job.name == name).with_for_update(skip_locked=True)
    job = session.exec(statement.execution_options(populate_existing=True)).first()
    if job is None or not _is_free(job, now):
        return None
    job.lease_owner, job.lease_until, job.fence = owner, now + lease, job.fence + 1
    session.add(job)
    return job.fence


def give_back(
    session: Session, name: str, fence: int, *, now: datetime, next_at: datetime, error: str | None = None
) -> bool:
    """Ends a lease and says when the job is due next; False, and nothing done, where another was given meanwhile."""
    job = session.get(Job, name, populate_existing=True)
    if job is None or job.fence != fence:
        return False
    job.lease_owner = job.lease_until = None
    job.next_at, job.last_run_at, job.last_error = next_at, now, error
    session.add(job)
    return True


def forget_unused(session: Session, *, before: datetime) -> int:
    """Removes jobs that were last due before `before` and nobody runs: those of replicas that are gone; how many."""
    free = or_(col(Job.lease_until).is_(None), col(Job.lease_until) < before)
    return session.exec(delete(Job).where(col(Job.next_at) < before, free)).rowcount


def _is_free(job: Job, now: datetime) -> bool:
    return job.next_at <= now and (job.lease_until is None or job.lease_until <= now)
