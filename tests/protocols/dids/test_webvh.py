"""did:webvh: what a log says when every rule holds, and the name of each rule that is broken."""

from datetime import timedelta

import pytest

from protocols.dids.parse import parse_document
from protocols.dids.webvh import LogRefused, Wanted, log_url, scid_of, witness_url
from protocols.dids.webvh.entry import entry_hash
from protocols.dids.webvh.history import NoSuchVersion
from protocols.dids.webvh.identifier import web_twin
from protocols.dids.webvh.proof import sign_proof
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject
from tests.support.webvh import (
    BEGUN,
    DAY,
    NOW,
    PLAIN,
    ROTATED,
    Owner,
    changed,
    document,
    key,
    keys,
    lines,
    multikey,
    read,
    refusal,
)

SCID = "QmPEQVM1JPTyrvEgBcDXwjK4TeyLGSX1PxjgyeAisdWM1p"
PORTABLE = Owner().start({**keys("a"), "portable": True})
MOVED_TO = f"did:webvh:{scid_of(PORTABLE.did)}:new.example:campus"
MOVED = Owner(entries=[*PORTABLE.entries]).add(state=document(MOVED_TO, alsoKnownAs=[PORTABLE.did]))


@pytest.mark.parametrize(
    ("location", "folder"),
    [
        ("example.com", "https://example.com/.well-known"),
        ("issuer.example.com", "https://issuer.example.com/.well-known"),
        ("example.com:dids:issuer", "https://example.com/dids/issuer"),
        ("example.com%3A3000:dids:issuer", "https://example.com:3000/dids/issuer"),
        ("example.com%3A3000", "https://example.com:3000/.well-known"),
        ("xn--jp-cd2fp15c.xn--fsq.jp", "https://xn--jp-cd2fp15c.xn--fsq.jp/.well-known"),
    ],
)
def test_the_log_and_the_witness_proofs_stand_where_the_did_says(location: str, folder: str) -> None:
    did = f"did:webvh:{SCID}:{location}"
    assert (log_url(did), witness_url(did)) == (f"{folder}/did.jsonl", f"{folder}/did-witness.json")
    assert (scid_of(did), web_twin(did)) == (SCID, f"did:web:{location}")


@pytest.mark.parametrize(
    "did",
    [
        "did:web:example.com",
        "did:webvh:example.com",
        f"did:webvh:{SCID}",
        f"did:webvh:{SCID}:",
        f"did:webvh:{SCID}:127.0.0.1",
        f"did:webvh:{SCID}:Example.com",
        f"did:webvh:{SCID}:例.jp",
        f"did:webvh:{SCID}:example.com%3A0",
        f"did:webvh:{SCID}:example.com%3A70000",
        f"did:webvh:{SCID}:example.com:%2E%2E",
        f"did:webvh:{SCID}:example.com:..",
        f"did:webvh:{SCID[:-1]}0:example.com",
        f"did:webvh:{SCID[:-1]}:example.com",
        f"did:webvh:{SCID}Q:example.com",
    ],
)
def test_what_is_no_place_for_a_log_is_no_did(did: str) -> None:
    with pytest.raises(DidError):
        log_url(did)


def test_a_log_tells_the_document_of_today_and_of_every_version_before() -> None:
    history = read(PLAIN.log, PLAIN.did)
    assert history.document() == parse_document(document(PLAIN.did, "key-4"), PLAIN.did)
    assert [history.version(Wanted(number=number)).id for number in (1, 2, 3, 4)] == PLAIN.ids()
    assert [history.version(Wanted(version_id=name)).state for name in PLAIN.ids()] == [
        document(PLAIN.did, name) for name in ("first", "key-2", "key-3", "key-4")
    ]


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (BEGUN, "first"),
        (BEGUN + DAY - timedelta(seconds=1), "first"),
        (BEGUN + DAY, "key-2"),
        (BEGUN + 2.5 * DAY, "key-3"),
        (NOW + DAY, "key-4"),
    ],
)
def test_a_time_names_the_version_that_was_there_then(at, name: str) -> None:
    assert read(PLAIN.log, PLAIN.did).document(Wanted(at=at)) == parse_document(document(PLAIN.did, name), PLAIN.did)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(at=BEGUN - timedelta(seconds=1)),
        Wanted(number=5),
        Wanted(version_id="1-" + SCID),
        Wanted(number=2, version_id=PLAIN.ids()[0]),
        Wanted(number=2, at=BEGUN),
    ],
)
def test_a_version_that_there_never_was_is_not_found(wanted: Wanted) -> None:
    with pytest.raises(NoSuchVersion):
        read(PLAIN.log, PLAIN.did).version(wanted)


def test_the_metadata_tell_of_the_version_and_of_the_did() -> None:
    owner = Owner().start({**keys("a"), "ttl": 60, "watchers": ["https://watch.example"], "portable": True}).add()
    history = read(owner.log, owner.did)
    assert history.metadata(history.version(Wanted(number=1))) == {
        "versionId": owner.ids()[0],
        "versionTime": "2026-01-01T12:00:00Z",
        "created": "2026-01-01T12:00:00Z",
        "updated": "2026-01-02T12:00:00Z",
        "scid": scid_of(owner.did),
        "portable": True,
        "deactivated": False,
        "ttl": "60",
        "witness": {},
        "watchers": ["https://watch.example"],
    }


def test_keys_rotated_in_advance_hold_and_may_end_being_so() -> None:
    owner = Owner(entries=[*ROTATED.entries]).add({"updateKeys": [multikey("d")], "nextKeyHashes": []}, by="d")
    owner.add(keys("e"), by="d").add(by="e")
    assert read(owner.log, owner.did).document().id == owner.did


def test_a_log_that_moved_is_that_of_its_new_place_and_tells_when_it_was_elsewhere() -> None:
    history = read(MOVED.log, MOVED_TO)
    assert history.document().id == MOVED_TO
    with pytest.raises(LogRefused) as refused:
        history.document(Wanted(number=1))
    assert refused.value.rule == "moved"
    assert history.version(Wanted(number=1)).state["id"] == PORTABLE.did
    old = read(MOVED.log, PORTABLE.did)
    assert old.document(Wanted(at=BEGUN)).id == PORTABLE.did
    with pytest.raises(LogRefused, match="another place"):
        old.document()


def test_a_deactivated_did_has_only_a_past() -> None:
    owner = Owner().start().add({"deactivated": True, "updateKeys": []})
    history = read(owner.log, owner.did)
    assert history.is_deactivated
    assert history.metadata(history.version())["deactivated"] is True
    assert history.document(Wanted(at=BEGUN)).id == owner.did
    assert refusal(owner.log, owner.did) == "deactivated"


def test_null_stands_for_what_is_usual_as_the_first_programs_wrote_it() -> None:
    given = {**keys("a"), "nextKeyHashes": None, "witness": None, "watchers": None, "ttl": None}
    owner = Owner().start(given).add({"updateKeys": None})
    parameters = read(owner.log, owner.did).version().parameters
    assert (parameters.update_keys, parameters.ttl_s, parameters.witnesses) == ((), 3600, None)


def test_other_names_of_a_key_may_sign_beside_it_and_a_lone_proof_need_not_be_in_a_list() -> None:
    owner = Owner().start({"updateKeys": [multikey("a"), multikey("b")]})
    entry = owner.entries[0]
    signed = {name: value for name, value in entry.items() if name != "proof"}
    both = {**signed, "proof": [sign_proof(signed, key(name), BEGUN) for name in ("a", "b")]}
    for one in (both, {**signed, "proof": entry["proof"][0]}):
        assert read(lines([one]), owner.did).document().id == owner.did


def test_a_last_line_need_not_end() -> None:
    assert read(PLAIN.log.removesuffix(b"\n"), PLAIN.did).version().number == 4


def test_a_log_that_moved_without_saying_where_from_is_refused() -> None:
    for also in ([], [MOVED_TO], PORTABLE.did):
        state = document(MOVED_TO, alsoKnownAs=also)
        data = lines(changed(MOVED.entries, 2, state=state))
        history = read(data, PORTABLE.did)
        assert history.fault is not None
        assert history.fault.rule == "also_known_as"


def test_nothing_follows_a_deactivated_did() -> None:
    owner = Owner().start().add({"deactivated": True}).add()
    assert refusal(owner.log, owner.did) == "deactivated"
    history = read(owner.log, owner.did)
    assert history.fault is not None
    assert (len(history.versions), history.fault.rule) == (2, "deactivated")


@pytest.mark.parametrize(
    "did", [Owner("other.example").start().did, f"{PLAIN.did}:path", PLAIN.did.replace("peer", "other")]
)
def test_a_log_of_another_did_is_refused(did: str) -> None:
    rule = "entry_hash" if scid_of(did) != scid_of(PLAIN.did) else "other_did"
    with pytest.raises(LogRefused) as refused:
        read(PLAIN.log, did)
    assert refused.value.rule == rule


def test_of_a_log_that_breaks_off_only_what_is_certain_is_told() -> None:
    history = read(lines(changed(PLAIN.entries, 3, by="thief")), PLAIN.did)
    assert [version.number for version in history.versions] == [1, 2]
    assert history.version(Wanted(number=2)).id == PLAIN.ids()[1]
    assert history.version(Wanted(version_id=PLAIN.ids()[1])).number == 2
    assert history.version(Wanted(at=BEGUN + DAY / 2)).number == 1
    for unknown in (Wanted(), Wanted(at=BEGUN + 2 * DAY), Wanted(number=3), Wanted(version_id=PLAIN.ids()[2])):
        with pytest.raises(LogRefused) as refused:
            history.version(unknown)
        assert refused.value.rule == "authority"


def test_a_document_that_is_none_is_refused_only_where_it_is_wanted() -> None:
    owner = Owner().start(assertionMethod=1).add()
    history = read(owner.log, owner.did)
    assert history.document().id == owner.did
    with pytest.raises(DidError, match="not a list"):
        history.document(Wanted(number=1))


def test_a_log_written_anew_from_an_old_key_is_known_by_who_saw_the_other() -> None:
    """Whoever has a key that was replaced since can begin again where it was in use; by itself that log holds."""
    fork = Owner(entries=PLAIN.entries[:2]).add(keys("thief")).add(by="thief")
    history = read(fork.log, PLAIN.did)
    assert history.document().id == PLAIN.did
    seen = read(lines(PLAIN.entries[:3]), PLAIN.did).version()
    read(PLAIN.log, PLAIN.did).check_follows(seen.number, seen.id)
    for other in (history, read(lines(PLAIN.entries[:2]), PLAIN.did)):
        with pytest.raises(LogRefused) as refused:
            other.check_follows(seen.number, seen.id)
        assert refused.value.rule == "forked"


def test_with_keys_rotated_in_advance_an_old_key_begins_nothing() -> None:
    fork = Owner(entries=ROTATED.entries[:1]).add(keys("a", "thief"), by="a")
    assert refusal(fork.log, ROTATED.did) == "pre_rotation"


def test_the_example_of_the_specification_has_the_hash_it_says() -> None:
    scid = "QmdmPkUdYzbr9txmx8gM2rsHPgr5L6m3gHjJGAf4vUFoGE"
    names = (
        "z6Mkkc51mg2vpQzKWAbWQZupeGYhowaBjYkmvcKMTqteqHB4",
        "z6MkuDdJdKLCgwZuQuEi9xG6LVgJJ9Tebr74CXPYPSumqgJs",
        "z6MkoSWmQyp4fTk4ZQy4KUsss9dFX51XfEUzKKKj1J1JUsrF",
    )
    entry: JsonObject = {
        "versionId": scid,
        "versionTime": "2025-04-01T17:39:50Z",
        "parameters": {
            "witness": {"threshold": 2, "witnesses": [{"id": f"did:key:{name}", "weight": 1} for name in names]},
            "updateKeys": ["z6MkgzBDcBFV3sk4ypPE5YXMZHmS213A3HpYY2LmcVKV15jr"],
            "nextKeyHashes": ["QmZreDcjvWEpyRFznQeExWNCsvMLk5i59AcRJJuQC8UodJ"],
            "method": "did:webvh:0.5",
            "scid": scid,
        },
        "state": {"@context": ["https://www.w3.org/ns/did/v1"], "id": f"did:webvh:{scid}:domain.example"},
    }
    assert entry_hash(entry, scid) == "QmQ6FJ4fk2xheSSQoEjVpTgx9AQPKhJgtR9hn1nr4EeCrZ"
