"""The wallet's file: steps that happen whole or not at all, and keys that nobody reads out of it."""

import sqlite3
import stat
from pathlib import Path

import pytest

from node.demo.wallet.errors import Locked, WalletError
from node.demo.wallet.identities import holder, new_peer
from node.demo.wallet.rows import consents, keys, messages
from node.demo.wallet.sealing import KEY_FILE, seal_of
from node.demo.wallet.storage import SCHEMA_VERSION, SCHEMAS, NoPoints, Store
from protocols.dids.peer import resolve_peer4
from tests.support.federation import NOW
from tests.support.wallet_world import COLLEGE


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path / "wallet.sqlite3", NoPoints())
    yield store
    store.close()


def test_a_step_that_fails_leaves_nothing(store: Store):
    def fails() -> None:
        with store.step("test") as db:
            keys.set_setting(db, "a", "1")
            raise Locked("in the middle of it")

    with pytest.raises(Locked):
        fails()
    with store.read() as db:
        assert keys.setting(db, "a") is None


def test_what_is_committed_is_durable_and_in_a_log_of_its_own(store: Store, tmp_path: Path):
    with store.read() as db:
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = db.execute("PRAGMA synchronous").fetchone()[0]
    assert (mode, synchronous) == ("wal", 2)


def test_a_file_of_another_version_is_not_touched(tmp_path: Path):
    with sqlite3.connect(tmp_path / "w") as db:
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(WalletError, match="another version"):
        Store(tmp_path / "w", NoPoints())


def test_a_wallet_of_the_first_version_gets_what_it_lacks_and_loses_nothing(tmp_path: Path):
    with sqlite3.connect(tmp_path / "w") as db:
        db.executescript(SCHEMAS[0])
        keys.set_setting(db, "origins", "{}")
        db.execute("PRAGMA user_version = 1")
    for _ in range(2):
        store = Store(tmp_path / "w", NoPoints())
        with store.read() as db:
            assert keys.setting(db, "origins") == "{}"
            assert consents.shown(db, "a-request", "null") is None
            assert db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
        store.close()


def test_an_envelope_is_kept_once_however_often_it_is_delivered(store: Store):
    with store.step("test") as db:
        for _ in range(2):
            messages.keep_mail(db, COLLEGE.did, "d-1", b"{}")
        first = messages.next_mail(db, 0)
        assert first is not None
        assert messages.next_mail(db, first.number) is None


def test_a_message_is_new_once(store: Store):
    with store.step("test") as db:
        assert [messages.remember(db, "digest", now=NOW) for _ in range(2)] == [True, False]


def test_notes_of_what_was_thrown_away_do_not_fill_the_disk(store: Store):
    with store.step("test") as db:
        for number in range(1100):
            messages.drop(db, "e.p.msg", f"{number} " + "x" * 1000, now=NOW)
        notes = messages.dropped(db)
    assert (len(notes), max(len(str(note["detail"])) for note in notes)) == (1000, 200)


def test_keys_open_only_under_what_they_were_sealed_with(store: Store, tmp_path: Path):
    seal = seal_of(tmp_path, "correct horse")
    with store.step("test") as db:
        did = new_peer(db, seal, mediator=COLLEGE.did)
        kept = holder(db, seal)
        assert holder(db, seal_of(tmp_path, "correct horse")) == kept
        for wrong in ("wrong horse", None):
            with pytest.raises(Locked, match="does not open"):
                keys.key(db, seal_of(tmp_path, wrong), f"{did}#key-1")


def test_a_sealed_key_is_worth_nothing_under_another_name(store: Store, tmp_path: Path):
    seal = seal_of(tmp_path, None)
    with store.step("test") as db:
        did = new_peer(db, seal, mediator=COLLEGE.did)
        db.execute("UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE kid LIKE '%#key-2')")
        with pytest.raises(Locked):
            keys.key(db, seal, f"{did}#key-1")


def test_the_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    assert seal_of(tmp_path / "w", None) == seal_of(tmp_path / "w", None)
    file = tmp_path / "w" / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [KEY_FILE]
    file.write_bytes(b"short")
    with pytest.raises(Locked, match="damaged"):
        seal_of(tmp_path / "w", None)


def test_a_did_for_an_institution_resolves_by_itself_to_its_mediator(store: Store, tmp_path: Path):
    seal = seal_of(tmp_path, None)
    with store.step("test") as db:
        did = new_peer(db, seal, mediator=COLLEGE.did)
        document = resolve_peer4(keys.long_form(db, did), as_short=True)
        secret = keys.key(db, seal, f"{did}#key-2")
    assert document.id == did
    assert document.didcomm_endpoint is not None
    assert document.didcomm_endpoint.uri == COLLEGE.did
    assert [method.key for method in document.keys_for("keyAgreement")] == [secret.public]
