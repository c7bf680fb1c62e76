"""What must be true of a database, and that each way it can be untrue shows."""

import os
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.adapters.keystore import Keystore, Sealer
from node.clock import SystemClock, new_id
from node.errors import ConfigurationError
from node.services.consistency import Check, Consistency, Outcome
from node.services.identity import Identity
from node.storage.repos import issuance_log, membership, status_lists
from node.storage.repos.membership import NewEvent
from node.storage.unit import Session, Storage
from protocols.jose.encoding import b64url_encode
from protocols.trust.issuance_log.inclusion import leaf_of
from protocols.trust.issuance_log.merkle import Tree
from protocols.trust.membership import MembershipEvent
from protocols.trust.membership_log import GENESIS, append
from tests.support.storage import FILE, storage_in

LOG = "https://node.example"
MASTER = bytes(32)
NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
NAMES = ["database file", "foreign keys", "membership log", "issuance log", "status lists", "sealed keys"]


def keystore() -> Keystore:
    return Keystore(Sealer([MASTER]))


def add_members(session: Session) -> None:
    previous = GENESIS
    for seq, name in enumerate(("applied", "approved", "suspended"), start=1):
        at = NOW + timedelta(minutes=seq)
        event = MembershipEvent(event=name, at=at, reason=None)  # pyright: ignore[reportArgumentType]
        subject, did = "https://member.example", "did:web:member.example"
        hash = append(previous, event, subject=subject, did=did, actor="did:web:node.example", detail={})
        new = NewEvent(
            entity_id=subject, did=did, event=name, at=at, actor="did:web:node.example", reason=None, detail={}
        )
        membership.append(session, new_id(), new, seq=seq, previous_hash=previous, hash=hash)
        previous = hash


def add_leaves(session: Session) -> None:
    tree = Tree()
    for size in (4, 7):
        for position in range(tree.size, size):
            salt, digest = os.urandom(16), os.urandom(32)
            leaf = leaf_of(salt, digest)
            row = issuance_log.add_leaf(
                session,
                new_id(),
                credential_id=None,
                digest=b64url_encode(digest),
                salt=b64url_encode(salt),
                leaf=b64url_encode(leaf),
                now=NOW,
            )
            issuance_log.place(session, row, position)
            tree.extend([leaf])
        issuance_log.add_head(
            session, log=LOG, size=size, root=b64url_encode(tree.root()), token="t", path=[], signed_at=NOW
        )
    issuance_log.add_head(session, log="https://other.example", size=9, root="r", token="t", path=[], signed_at=NOW)


def add_list(session: Session) -> None:
    status_lists.add_list(session, "list-1", "revocation", 131_072, zlib.compress(bytes(16_384)), now=NOW)


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    """A database with something of everything in it."""
    opened = storage_in(tmp_path)
    await opened.start()
    await Identity(
        storage=opened, keystore=keystore(), clock=SystemClock(), did="did:web:node.example", base_url=LOG, name="N"
    ).create()
    for add in (add_members, add_leaves, add_list):
        await opened.run("test.add", add)
    yield opened
    await opened.close()


async def examined(storage: Storage, open_keystore: Callable[[], Keystore] = keystore) -> dict[str, Check]:
    return {check.name: check for check in await Consistency(storage, open_keystore, LOG).examine()}


async def test_a_database_that_is_whole_says_so_of_each_part(storage: Storage) -> None:
    checks = await examined(storage)

    assert [(check.name, check.outcome, check.found, check.problems) for check in checks.values()] == [
        ("database file", Outcome.OK, "whole", ()),
        ("foreign keys", Outcome.OK, "all lead somewhere", ()),
        ("membership log", Outcome.OK, "3 entries, each after the one before", ()),
        ("issuance log", Outcome.OK, "7 leaves under 2 heads", ()),
        ("status lists", Outcome.OK, "1 lists, each of its size", ()),
        ("sealed keys", Outcome.OK, "6 keys, all open", ()),
    ]


@pytest.mark.parametrize(
    ("statement", "check", "problem"),
    [
        (
            "UPDATE member_event SET actor = 'did:web:mallory.example' WHERE seq = 2",
            "membership log",
            "entry 1 was changed: its hash does not fit",
        ),
        ("DELETE FROM member_event WHERE seq = 2", "membership log", "entry 1 does not follow the one before it"),
        (
            "UPDATE member_event SET detail = '[]' WHERE seq = 2",
            "membership log",
            "a row that cannot be read: AttributeError",
        ),
        ("DELETE FROM issuance_leaf WHERE position = 2", "issuance log", "no leaf stands at 2, the next one at 3"),
        ("DELETE FROM issuance_leaf WHERE position = 6", "issuance log", "the head of 7 leaves counts more than the 6"),
        (
            "UPDATE issuance_leaf SET digest = salt WHERE position = 5",
            "issuance log",
            "leaf 5 does not commit to its digest",
        ),
        (
            f"UPDATE log_head SET root = (SELECT leaf FROM issuance_leaf LIMIT 1) WHERE size = 4 AND log = '{LOG}'",
            "issuance log",
            "the head of 4 leaves has another root than they have",
        ),
        (
            f"DELETE FROM log_head WHERE size = 7 AND log = '{LOG}'",
            "issuance log",
            "3 leaves have a place and are under no head",
        ),
        ("UPDATE status_list SET bits = x'FFFF'", "status lists", "list list-1 does not inflate"),
        ("UPDATE status_list SET size = 131064", "status lists", "list list-1 is not of its 131064 bits"),
        ("UPDATE status_list SET size = 131080", "status lists", "list list-1 is not of its 131080 bits"),
        (
            "UPDATE key SET sealed = x'01' WHERE kid LIKE '%#agree-1'",
            "sealed keys",
            "a stored key does not open: did:web:node.example#agree-1",
        ),
        (
            "INSERT INTO outbox_message (id, organisation, destination, message_id, attempts, created_at, next_at,"
            " expires_at, state) VALUES ('m', 'main', 'nobody', 'i', 0, '2026', '2026', '2026', 'dead')",
            "foreign keys",
            "row 1 of outbox_message refers to no row of outbox_destination",
        ),
    ],
)
async def test_each_way_to_be_wrong_shows_in_its_own_check_alone(
    storage: Storage, tmp_path: Path, statement: str, check: str, problem: str
) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute(statement)
        database.commit()

    checks = await examined(storage)

    assert [name for name, found in checks.items() if found.outcome is not Outcome.OK] == [check]
    assert problem in checks[check].problems[0]
    assert checks[check].found.startswith(checks[check].problems[0])


async def test_an_index_that_was_lost_shows_in_the_file(storage: Storage, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("DELETE FROM sqlite_schema WHERE name = 'ix_learner_reference'")
        database.commit()

    checks = await examined(storage)

    assert checks["database file"].outcome is Outcome.WRONG
    assert list(checks) == NAMES


async def test_another_master_key_opens_none_of_the_keys(storage: Storage) -> None:
    check = (await examined(storage, lambda: Keystore(Sealer([b"x" * 32]))))["sealed keys"]

    assert (check.outcome, len(check.problems)) == (Outcome.WRONG, 6)
    assert check.found.endswith(", and 5 more")


async def test_no_master_key_is_a_finding_among_the_others(storage: Storage) -> None:
    def none() -> Keystore:
        raise ConfigurationError("no master key", found="nothing", expected="one")

    checks = await examined(storage, none)

    assert {name: check.outcome for name, check in checks.items()} == {
        **dict.fromkeys(NAMES, Outcome.OK),
        "sealed keys": Outcome.WRONG,
    }
    assert checks["sealed keys"].found == "no master key: found nothing, expected one"


async def test_many_problems_are_counted_and_the_first_are_listed(storage: Storage, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        for number in range(30):
            row = (f"l{number:02}", "main", "revocation", 8, b"xx", "2026-01-01", "2026-01-01")
            database.execute(
                "INSERT INTO status_list (id, organisation, purpose, size, bits, changed_at, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        database.commit()

    check = (await examined(storage))["status lists"]

    assert (len(check.problems), check.problems[-1]) == (21, "and 10 more")
    assert check.found == "list l00 does not inflate, and 29 more"
