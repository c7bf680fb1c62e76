"""What a transaction puts into the outbox waits as long as its sender says, and never longer than a week."""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from node.adapters.keystore import Sealer
from node.services.outbox import Outbox
from node.storage.tables.messages import OutboxMessage
from protocols.didcomm.message import Message
from tests.support.storage import storage_in

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def _ends(session: Session) -> datetime:
    return session.exec(select(OutboxMessage.expires_at)).one()


@pytest.mark.parametrize(
    ("asked_for", "is_stranger", "kept_for"),
    [
        (HOUR, False, HOUR),
        (400 * DAY, False, 7 * DAY),
        (None, False, 7 * DAY),
        (MINUTE, True, MINUTE),
        (HOUR, True, 10 * MINUTE),
        (None, True, 10 * MINUTE),
    ],
)
async def test_a_message_waits_a_week_at_most_and_ten_minutes_for_a_stranger(
    tmp_path: Path, asked_for: timedelta | None, is_stranger: bool, kept_for: timedelta
) -> None:
    expires = None if asked_for is None else NOW + asked_for
    message = Message(id="m", type="https://example.org/a/1.0/a", to=("did:web:peer.example",), expires_time=expires)
    storage = storage_in(tmp_path)
    await storage.start()
    try:
        outbox = Outbox(Sealer([bytes(32)]))
        await storage.run("put", partial(outbox.enqueue, message=message, now=NOW, is_stranger=is_stranger))
        assert await storage.read(_ends) == NOW + kept_for
    finally:
        await storage.close()
