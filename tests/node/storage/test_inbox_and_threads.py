"""Seen messages, conversations and long-form DIDs, on both databases."""

import asyncio
from datetime import datetime, timedelta

from node.storage.repos import inbox, known_dids, threads
from node.storage.unit import Session, Storage
from protocols.flow import Thread

WEEK = timedelta(days=7)


async def test_a_message_is_new_once_however_many_bring_it_at_the_same_time(storage: Storage, now: datetime) -> None:
    def seen(session: Session) -> bool:
        return inbox.remember(session, "digest", now=now, expires_at=now + WEEK)

    assert sorted(await asyncio.gather(*(storage.run("inbox", seen) for _ in range(20)))) == [False] * 19 + [True]


async def test_a_message_whose_unit_of_work_failed_is_still_new(storage: Storage, now: datetime) -> None:
    def refused(session: Session) -> None:
        inbox.remember(session, "digest", now=now, expires_at=now + WEEK)
        raise LookupError("refused")

    await asyncio.gather(storage.run("inbox", refused), return_exceptions=True)
    assert await storage.run("inbox", lambda s: inbox.remember(s, "digest", now=now, expires_at=now + WEEK))


async def test_the_first_answer_is_given_again(storage: Storage, now: datetime) -> None:
    def first(session: Session) -> None:
        inbox.remember(session, "answered", now=now, expires_at=now + WEEK)
        inbox.keep_reply(session, "answered", b"packed")
        inbox.remember(session, "silent", now=now, expires_at=now + WEEK)

    await storage.run("inbox", first)
    answers = [await storage.read(lambda s, d=digest: inbox.reply_of(s, d)) for digest in ("answered", "silent", "no")]
    assert answers == [b"packed", None, None]


async def test_what_was_seen_is_forgotten_after_its_time_and_not_before(storage: Storage, now: datetime) -> None:
    await storage.run("inbox", lambda s: inbox.remember(s, "digest", now=now, expires_at=now + WEEK))
    forget = [await storage.run("forget", lambda s, t=t: inbox.forget_expired(s, now=t)) for t in (now, now + WEEK)]
    assert forget == [0, 1]


async def test_a_thread_comes_back_as_it_was_saved_last(storage: Storage, now: datetime) -> None:
    thread = Thread(
        id="t1", flow="https://didcomm.org/x/1.0", role="asker", state="asked", ours="did:web:a", data={"n": [1]}
    )
    await storage.run("save", lambda s: threads.save(s, thread, now=now))
    later = Thread(
        id="t1", flow=thread.flow, role="asker", state="done", ours="did:web:a", theirs="did:peer:b", data={"n": [1, 2]}
    )

    def load_change_load(session: Session) -> tuple[Thread | None, Thread | None]:
        before = threads.load(session, thread.flow, "did:web:a", "t1")
        threads.save(session, later, now=now)
        return before, threads.load(session, thread.flow, "did:web:a", "t1")

    assert await storage.run("change", load_change_load) == (thread, later)
    assert await storage.read(lambda s: threads.load(s, thread.flow, "did:web:other", "t1")) is None


async def test_a_long_form_is_learned_once(storage: Storage, now: datetime) -> None:
    def learn(session: Session) -> None:
        known_dids.learn(session, "did:peer:4zQm", long_form="did:peer:4zQm:z1", now=now)

    await asyncio.gather(*(storage.run("learn", learn) for _ in range(3)))
    assert await storage.read(lambda s: known_dids.long_form_of(s, "did:peer:4zQm")) == "did:peer:4zQm:z1"
    await storage.run("forget", lambda s: known_dids.forget(s, "did:peer:4zQm"))
    assert await storage.read(lambda s: known_dids.long_form_of(s, "did:peer:4zQm")) is None
