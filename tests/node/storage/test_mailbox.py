"""Learners' mail, on both databases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from node.clock import new_id
from node.storage.repos import mailbox
from node.storage.repos.mailbox import Summary
from node.storage.unit import MailboxMessage, Session, Storage

WEEK = timedelta(days=7)
OWNER, KEY = "did:peer:4owner", "did:key:z6mailbox"


async def deposit(storage: Storage, now: datetime, envelope: bytes = b"{}", **options) -> bool:
    values = {"id": new_id(), "recipient": OWNER, "owner": OWNER, "now": now, "expires_at": now + WEEK, **options}
    return await storage.run("deposit", partial(mailbox.deposit, envelope=envelope, **values))


def ids(rows: Sequence[MailboxMessage]) -> list[str]:
    return [row.id for row in rows]


async def test_a_recipient_belongs_to_whoever_was_first(storage: Storage, now: datetime) -> None:
    def grants(session: Session) -> list[bool]:
        return [mailbox.grant(session, recipient=KEY, owner=owner, now=now) for owner in (OWNER, "did:other", OWNER)]

    assert await storage.run("grant", grants) == [True, False, True]
    assert await storage.read(partial(mailbox.owner_of, recipient=KEY)) == OWNER
    ungranted = [
        await storage.run("ungrant", partial(mailbox.ungrant, recipient=KEY, owner=owner))
        for owner in ("did:other", OWNER, OWNER)
    ]
    assert ungranted == [False, True, False]
    assert await storage.read(partial(mailbox.owner_of, recipient=KEY)) is None


async def test_the_keylist_is_in_the_order_it_grew(storage: Storage, now: datetime) -> None:
    def grow(session: Session) -> None:
        for number, recipient in enumerate(("z", "a", "m")):
            mailbox.grant(session, recipient=recipient, owner=OWNER, now=now + timedelta(seconds=number))

    await storage.run("grant", grow)
    assert list(await storage.read(partial(mailbox.recipients_of, owner=OWNER))) == ["z", "a", "m"]


async def test_mail_waits_in_the_order_it_came(storage: Storage, now: datetime) -> None:
    names = [new_id() for _ in range(5)]
    for number, id in enumerate(names):
        at = now + timedelta(seconds=number)
        await deposit(storage, at, b"x" * number, id=id, recipient=KEY if number % 2 else OWNER)

    def look(session: Session) -> list[object]:
        newest = mailbox.newest(session, OWNER)
        return [
            mailbox.summary(session, OWNER),
            mailbox.summary(session, OWNER, KEY),
            mailbox.summary(session, OWNER, None, without=names[1:]),
            mailbox.summary(session, "did:nobody"),
            ids(mailbox.list_messages(session, OWNER, None, 3)),
            ids(mailbox.list_messages(session, OWNER, KEY, 9, without=[names[1]])),
            ids(mailbox.list_after(session, OWNER, names[2], 9)),
            ids(mailbox.list_after(session, OWNER, "", 1)),
            newest and newest.id,
        ]

    second = timedelta(seconds=1)
    assert await storage.read(look) == [
        Summary(count=5, total_bytes=10, oldest=now, newest=now + 4 * second),
        Summary(count=2, total_bytes=4, oldest=now + second, newest=now + 3 * second),
        Summary(count=1, total_bytes=0, oldest=now, newest=now),
        Summary(count=0, total_bytes=0, oldest=None, newest=None),
        names[:3],
        [names[3]],
        names[3:],
        names[:1],
        names[4],
    ]


async def test_only_the_owner_removes_mail(storage: Storage, now: datetime) -> None:
    await deposit(storage, now, id="1")
    await deposit(storage, now, id="2")
    removed = [
        await storage.run("remove", partial(mailbox.remove, owner=owner, ids=wanted))
        for owner, wanted in (("did:other", ["1", "2"]), (OWNER, ["1", "nothing"]), (OWNER, []))
    ]
    assert removed == [0, 1, 0]
    assert ids(await storage.read(lambda session: mailbox.list_messages(session, OWNER, None, 9))) == ["2"]


async def test_the_1000th_message_is_the_last_until_one_is_taken(storage: Storage, now: datetime) -> None:
    def fill(session: Session) -> set[bool]:
        return {
            mailbox.deposit(
                session, id=f"{number:04}", recipient=OWNER, owner=OWNER, envelope=b"x", now=now, expires_at=now + WEEK
            )
            for number in range(1000)
        }

    assert await storage.run("fill", fill) == {True}
    assert not await deposit(storage, now)
    assert await deposit(storage, now, recipient=KEY)
    await storage.run("remove", partial(mailbox.remove, owner=OWNER, ids=["0500"]))
    assert [await deposit(storage, now), await deposit(storage, now)] == [True, False]


async def test_50_mib_are_full_to_the_byte(storage: Storage, now: datetime) -> None:
    assert mailbox.MOST_BYTES == 50 * 1024 * 1024
    sizes = (600, 400, 1)
    assert [await deposit(storage, now, b"x" * size, most_bytes=1000) for size in sizes] == [True, True, False]


async def test_mail_goes_when_its_time_is_over(storage: Storage, now: datetime) -> None:
    await deposit(storage, now)
    removed = [await storage.run("x", partial(mailbox.remove_expired, now=t)) for t in (now, now + WEEK)]
    assert removed == [0, 1]
