"""Messages for nobody we know: few slots, a bounded number, and no trace once they are given up."""

from datetime import UTC, datetime, timedelta
from functools import partial

from node.storage.repos import acquaintances, known_dids, outbox
from node.storage.repos import learners as learner_rows
from node.storage.unit import Session, Storage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=1)


def _enqueue(session: Session, id: str, destination: str, *, is_stranger: bool, lives_s: int = 600) -> None:
    outbox.enqueue(
        session,
        id=id,
        destination=destination,
        message_id=id,
        sealed=b"sealed",
        now=NOW,
        expires_at=NOW + timedelta(seconds=lives_s),
        is_stranger=is_stranger,
    )


async def test_strangers_take_no_slot_of_those_we_know(storage: Storage) -> None:
    def fill(session: Session) -> None:
        for number in range(40):
            _enqueue(session, f"s{number:02}", f"did:example:stranger-{number}", is_stranger=True)
        _enqueue(session, "known", "did:web:member.example", is_stranger=False)

    await storage.run("fill", fill)
    claim = partial(outbox.claim, now=NOW, lease=LEASE, limit=16)
    known = await storage.run("claim", lambda session: [row.id for row in claim(session)])
    strangers = await storage.run("claim", lambda session: [row.id for row in claim(session, is_stranger=True)])
    assert (known, len(strangers)) == (["known"], 16)


async def test_past_their_number_nothing_is_kept_for_strangers_and_the_given_up_are_removed(storage: Storage) -> None:
    def fill(session: Session) -> int:
        for number in range(outbox.MOST_FOR_STRANGERS + 20):
            _enqueue(session, f"s{number:04}", f"did:example:stranger-{number}", is_stranger=True)
        return len(outbox.waiting(session, limit=1000))

    assert await storage.run("fill", fill) == outbox.MOST_FOR_STRANGERS
    later = NOW + timedelta(minutes=11)
    await storage.run("claim", partial(outbox.claim, now=later, lease=LEASE, limit=1))
    left = await storage.read(
        lambda session: (len(outbox.waiting(session, limit=9)), len(outbox.dead_letters(session, limit=9)))
    )
    assert left == (0, 0)


async def test_a_stranger_who_became_known_is_served_like_everybody(storage: Storage) -> None:
    def fill(session: Session) -> None:
        _enqueue(session, "a", "did:example:x", is_stranger=True)
        _enqueue(session, "b", "did:example:x", is_stranger=False)

    await storage.run("fill", fill)
    claimed = await storage.run("claim", partial(outbox.claim, now=NOW, lease=LEASE, limit=9))
    assert [row.id for row in claimed] == ["a"]


async def test_learners_are_known_and_what_was_learned_of_strangers_is_forgotten(storage: Storage) -> None:
    learner, stranger = "did:peer:4learner", "did:peer:4stranger"

    def meet(session: Session) -> None:
        learner_rows.add(session, "l-1", "Ada", "S-1", now=NOW)
        learner_rows.bind(session, "l-1", learner, "one-time-code")
        for did in (learner, stranger):
            known_dids.learn(session, did, long_form=f"{did}:long", now=NOW)

    await storage.run("meet", meet)
    assert await storage.read(lambda s: [acquaintances.knows(s, did) for did in (learner, stranger)]) == [True, False]
    forget = partial(acquaintances.forget_strangers, before=NOW + timedelta(days=1))
    assert await storage.run("forget", forget) == 1
    assert await storage.read(lambda session: known_dids.long_form_of(session, learner)) == f"{learner}:long"
