"""What goes on the day that was promised, and what stays as proof."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio

from node.storage.repos import exchange as rows
from node.storage.unit import Session, Storage
from tests.support.storage import storage_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SUBJECT = "did:peer:4zQmLearner"


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = storage_in(tmp_path)
    await storage.start()
    yield storage
    await storage.close()


def _shared(session: Session, id: str, delete_at: datetime) -> None:
    rows.add_asked_learner(
        session,
        id=f"asked-{id}",
        request_id=id,
        subject=SUBJECT,
        long_form="did:peer:4long",
        thread_id=f"thread-{id}",
        jws=f"request-{id}",
        now=NOW,
    )
    rows.add_presentation(
        session,
        id=id,
        request_id=id,
        subject=SUBJECT,
        record_jws="record",
        use_jws="use",
        record_hash=f"record-hash-{id}",
        payload_hash=f"payload-hash-{id}",
        sealed=b"sealed",
        now=NOW,
        delete_at=delete_at,
    )
    row = rows.presentation(session, id)
    rows.add_report(session, id=f"report-{id}", presentation=row, verdict="verified", document={"a": 1}, now=NOW)


async def test_what_was_shared_goes_on_its_day_and_the_verdict_stays(storage: Storage) -> None:
    def share(session: Session) -> None:
        _shared(session, "due", NOW + DAY)
        _shared(session, "later", NOW + 30 * DAY)

    def look(session: Session) -> dict[str, tuple]:
        found = {}
        for id in ("due", "later"):
            row, asked = rows.presentation(session, id), rows.asked_learner(session, id, SUBJECT)
            report = rows.report(session, f"report-{id}")
            found[id] = (row.sealed, row.record_jws, asked.jws, asked.long_form, report.document, report.verdict)
        return found

    await storage.run("test.share", share)
    whole = {
        id: (b"sealed", "record", f"request-{id}", "did:peer:4long", {"a": 1}, "verified") for id in ("due", "later")
    }
    assert await storage.run("test.forget", lambda session: rows.forget_due(session, now=NOW)) == 0
    assert await storage.read(look) == whole
    assert await storage.run("test.forget", lambda session: rows.forget_due(session, now=NOW + DAY)) == 1
    assert await storage.read(look) == {**whole, "due": (None, "", None, None, None, "verified")}
    assert await storage.run("test.forget", lambda session: rows.forget_due(session, now=NOW + DAY)) == 0
