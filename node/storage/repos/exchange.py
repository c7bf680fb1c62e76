"""Requests, the learners who answered them, what they shared, reports and receipts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from node.storage.tables.exchange import AskedLearner, Presentation, PresentationRequest, Receipt, Report
from node.storage.unit import Session

__all__ = [
    "ASKED",
    "DECLINED",
    "SHARED",
    "UNREADABLE",
    "AskedLearner",
    "Presentation",
    "PresentationRequest",
    "Receipt",
    "Report",
]

ASKED = "asked"
SHARED = "shared"
DECLINED = "declined"
UNREADABLE = "unreadable"
SENT = "sent"
COMPLETE = "complete"


def add_request(
    session: Session,
    *,
    id: str,
    query: dict[str, Any],
    purpose: dict[str, Any],
    retention_days: int,
    invitation_id: str,
    now: datetime,
    expires_at: datetime,
) -> PresentationRequest:
    row = PresentationRequest(
        id=id,
        query=query,
        purpose=purpose,
        retention_days=retention_days,
        invitation_id=invitation_id,
        created_at=now,
        expires_at=expires_at,
    )
    return _kept(session, row)


def request(session: Session, id: str) -> PresentationRequest | None:
    return session.get(PresentationRequest, id)


def requests(session: Session, *, limit: int, after: str | None) -> Sequence[PresentationRequest]:
    """In the order they were made; ids ascend."""
    query = select(PresentationRequest).order_by(col(PresentationRequest.id)).limit(limit)
    return session.exec(query if after is None else query.where(col(PresentationRequest.id) > after)).all()


def learner_states(session: Session, request_id: str) -> dict[str, int]:
    """How many learners stand where: {"asked": 2, "shared": 1}."""
    query = (
        select(AskedLearner.state, func.count())
        .where(AskedLearner.request_id == request_id)
        .group_by(AskedLearner.state)
    )
    return dict(session.exec(query).all())


def add_asked_learner(
    session: Session,
    *,
    id: str,
    request_id: str,
    subject: str,
    long_form: str,
    thread_id: str,
    jws: str,
    now: datetime,
) -> None:
    _kept(
        session,
        AskedLearner(
            id=id,
            request_id=request_id,
            per_asker_did=subject,
            long_form=long_form,
            thread_id=thread_id,
            jws=jws,
            state=ASKED,
            created_at=now,
            updated_at=now,
        ),
    )


def asked_learner(session: Session, request_id: str, subject: str) -> AskedLearner | None:
    query = select(AskedLearner).where(AskedLearner.request_id == request_id, AskedLearner.per_asker_did == subject)
    return session.exec(query).first()


def asked_by_thread(session: Session, thread_id: str) -> AskedLearner:
    return session.exec(select(AskedLearner).where(AskedLearner.thread_id == thread_id)).one()


def asked_by_jws(session: Session, jws: str) -> AskedLearner | None:
    """Whom we gave this very request."""
    return session.exec(select(AskedLearner).where(AskedLearner.jws == jws)).first()


def set_learner_state(session: Session, row: AskedLearner, state: str, *, now: datetime) -> None:
    row.state, row.updated_at = state, now
    _kept(session, row)


def add_presentation(
    session: Session,
    *,
    id: str,
    request_id: str,
    subject: str,
    record_jws: str,
    use_jws: str,
    record_hash: str,
    payload_hash: str,
    sealed: bytes,
    now: datetime,
    delete_at: datetime,
) -> None:
    _kept(
        session,
        Presentation(
            id=id,
            request_id=request_id,
            per_asker_did=subject,
            record_jws=record_jws,
            use_jws=use_jws,
            record_hash=record_hash,
            payload_hash=payload_hash,
            sealed=sealed,
            received_at=now,
            delete_at=delete_at,
        ),
    )


def expected_presentation(session: Session, request_id: str, subject: str) -> Presentation:
    """The newest presentation of a learner for a request."""
    query = (
        select(Presentation)
        .where(Presentation.request_id == request_id, Presentation.per_asker_did == subject)
        .order_by(col(Presentation.id).desc())
        .limit(1)
    )
    return session.exec(query).one()


def keep_presentation(session: Session, row: Presentation, sealed: bytes, *, now: datetime) -> None:
    row.sealed, row.received_at = sealed, now
    _kept(session, row)


def presentation(session: Session, id: str) -> Presentation:
    return session.get_one(Presentation, id)


def find_presentation(session: Session, id: str) -> Presentation | None:
    return session.get(Presentation, id)


def add_report(
    session: Session, *, id: str, presentation: Presentation, verdict: str, document: dict[str, Any], now: datetime
) -> None:
    _kept(
        session,
        Report(
            id=id,
            request_id=presentation.request_id,
            presentation_id=presentation.id,
            verdict=verdict,
            document=document,
            created_at=now,
            delete_at=presentation.delete_at,
        ),
    )


def reports(session: Session, request_id: str) -> Sequence[Report]:
    return session.exec(
        select(Report).where(Report.request_id == request_id).order_by(col(Report.created_at), col(Report.id))
    ).all()


def last_report(session: Session, presentation_id: str) -> Report | None:
    """The newest report on a presentation; None before the first."""
    query = select(Report).where(Report.presentation_id == presentation_id)
    return session.exec(query.order_by(col(Report.created_at).desc(), col(Report.id).desc()).limit(1)).first()


def report(session: Session, id: str) -> Report | None:
    return session.get(Report, id)


def forget_due(session: Session, *, now: datetime) -> int:
    """Deletes what learners shared on its day: presentation, consent record, reports' content, their DID's document.

    The verdicts, the digests and the receipts, which name fields and no values, stay as proof. How many presentations.
    """
    due = session.exec(
        select(Presentation).where(col(Presentation.delete_at) <= now, col(Presentation.deleted_at).is_(None))
    ).all()
    for row in due:
        row.sealed, row.record_jws, row.use_jws, row.deleted_at = None, "", "", now
        session.add(row)
        asked = asked_learner(session, row.request_id, row.per_asker_did)
        if asked is not None:
            asked.long_form = asked.jws = None
            session.add(asked)
    reports = select(Report).where(col(Report.delete_at) <= now, col(Report.document).is_not(None))
    for report in session.exec(reports).all():
        report.document = None
        session.add(report)
    session.flush()
    return len(due)


def add_receipt(
    session: Session,
    *,
    id: str,
    presentation: Presentation,
    payload: dict[str, Any],
    signatures: list[str],
    now: datetime,
) -> None:
    _kept(
        session,
        Receipt(
            id=id,
            request_id=presentation.request_id,
            per_asker_did=presentation.per_asker_did,
            record_hash=presentation.record_hash,
            payload=payload,
            signatures=signatures,
            state=SENT,
            created_at=now,
            updated_at=now,
        ),
    )


def receipt_of(session: Session, record_hash: str) -> Receipt | None:
    return session.exec(select(Receipt).where(Receipt.record_hash == record_hash)).first()


def complete_receipt(session: Session, id: str, signatures: list[str], *, now: datetime) -> None:
    row = session.get_one(Receipt, id)
    row.signatures, row.state, row.updated_at = list(signatures), COMPLETE, now
    _kept(session, row)


def receipts(session: Session, request_id: str) -> Sequence[Receipt]:
    return session.exec(select(Receipt).where(Receipt.request_id == request_id).order_by(col(Receipt.created_at))).all()


def _kept(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
