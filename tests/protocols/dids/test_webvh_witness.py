"""Witnesses of a did:webvh: how many approved of what, and what does not count as approval."""

from collections.abc import Callable

import pytest

from protocols.dids.webvh import LogRefused, Wanted, read_log
from protocols.dids.webvh.history import History
from protocols.dids.webvh.proof import sign_proof
from protocols.dids.webvh.witness import MAX_ITEMS, MAX_WITNESS_BYTES
from protocols.jose.encoding import canonical_json
from tests.support import webvh
from tests.support.webvh import BEGUN, NOW, Owner, document, key, keys, witness_file, witnesses

WITNESSED = Owner().start({**keys("a"), "witness": witnesses(2, "w", "x", "y")}).add().add()
"""Three entries, each of which two of three have to approve of."""
FIRST, SECOND, THIRD = WITNESSED.ids()


def read(owner: Owner, witness_proofs: bytes | None) -> History:
    return webvh.read(owner.log, owner.did, witness_proofs)


def refusal(owner: Owner, witness_proofs: bytes | None) -> str:
    return webvh.refusal(owner.log, owner.did, witness_proofs)


def proof(version_id: str, name: str) -> dict[str, object]:
    return sign_proof({"versionId": version_id}, key(name), BEGUN)


@pytest.mark.parametrize(
    "approvals",
    [
        [(THIRD, "w"), (THIRD, "x")],
        [(THIRD, "w"), (THIRD, "y"), (FIRST, "x")],
        [(name, witness) for name in (FIRST, SECOND, THIRD) for witness in ("w", "x", "y")],
        [(THIRD, "w"), (THIRD, "x"), ("4-" + "Q" * 46, "y"), (THIRD, "stranger")],
    ],
)
def test_enough_approval_of_the_last_entry_is_approval_of_all(approvals: list[tuple[str, str]]) -> None:
    assert read(WITNESSED, witness_file(*approvals)).document().id == WITNESSED.did


NOT_ENOUGH: dict[str, tuple[Callable[[], bytes | None], str]] = {
    "no file": (lambda: None, "witness_file"),
    "no JSON": (lambda: b"{", "witness_file"),
    "no list": (lambda: b"{}", "witness_file"),
    "too many items": (lambda: canonical_json([{}] * (MAX_ITEMS + 1)), "witness_file"),
    "too many bytes": (lambda: b" " * (MAX_WITNESS_BYTES + 1), "too_large"),
    "nobody": (lambda: b"[]", "threshold"),
    "one": (lambda: witness_file((THIRD, "w")), "threshold"),
    "one, twice": (lambda: witness_file((THIRD, "w"), (THIRD, "w")), "threshold"),
    "one, and a stranger": (lambda: witness_file((THIRD, "w"), (THIRD, "stranger")), "threshold"),
    "one, and one for another log": (
        lambda: witness_file((THIRD, "w"), (Owner("other.example").start().ids()[0], "x")),
        "threshold",
    ),
    "one, and a proof for another version": (
        lambda: canonical_json([{"versionId": THIRD, "proof": [proof(THIRD, "w"), proof(SECOND, "x")]}]),
        "threshold",
    ),
    "one, and a proof that another took over": (
        lambda: canonical_json(
            [
                {
                    "versionId": THIRD,
                    "proof": [
                        proof(THIRD, "w"),
                        {**proof(THIRD, "w"), "verificationMethod": proof(THIRD, "x")["verificationMethod"]},
                    ],
                }
            ]
        ),
        "threshold",
    ),
    "things that are no proofs": (
        lambda: canonical_json(
            [
                1,
                {"versionId": 1},
                {"versionId": THIRD},
                {"versionId": THIRD, "proof": [1]},
                {"versionId": THIRD, "proof": {}},
            ]
        ),
        "threshold",
    ),
}


@pytest.mark.parametrize("lacking", NOT_ENOUGH)
def test_without_enough_approval_there_is_no_document(lacking: str) -> None:
    file, rule = NOT_ENOUGH[lacking]
    assert refusal(WITNESSED, file()) == rule


def test_what_was_approved_of_stays_when_the_rest_was_not() -> None:
    history = read(WITNESSED, witness_file((SECOND, "w"), (SECOND, "x"), (THIRD, "y")))
    assert [version.id for version in history.versions] == [FIRST, SECOND]
    assert history.fault is not None
    assert history.fault.rule == "threshold"
    assert history.document(Wanted(at=BEGUN)).id == WITNESSED.did
    with pytest.raises(LogRefused):
        history.document()


def test_a_proof_that_does_not_hold_hides_no_older_one_that_does() -> None:
    owner = Owner().start({**keys("a"), "witness": witnesses(1, "w")}).add({"witness": {}})
    broken = {**proof(owner.ids()[1], "w"), "created": "2026-01-01T12:00:01Z"}
    items = [
        {"versionId": owner.ids()[1], "proof": [broken]},
        {"versionId": owner.ids()[0], "proof": [proof(owner.ids()[0], "w")]},
    ]
    assert [version.number for version in read(owner, canonical_json(items)).versions] == [1]


def test_new_witnesses_are_asked_after_the_old_ones_let_them_in() -> None:
    owner = Owner().start({**keys("a"), "witness": witnesses(1, "w")}).add({"witness": witnesses(1, "x")}).add()
    ids = owner.ids()
    assert read(owner, witness_file((ids[1], "w"), (ids[2], "x"))).version().number == 3
    assert [v.number for v in read(owner, witness_file((ids[0], "w"), (ids[2], "x"))).versions] == [1]


def test_the_first_witnesses_approve_of_the_entry_that_names_them() -> None:
    owner = Owner().start().add({"witness": witnesses(1, "w")})
    assert refusal(owner, b"[]") == "threshold"
    assert read(owner, witness_file((owner.ids()[1], "w"))).version().number == 2


def test_witnesses_approve_of_their_own_end_and_of_nothing_after() -> None:
    owner = Owner().start({**keys("a"), "witness": witnesses(1, "w")}).add({"witness": {}}).add()
    assert read(owner, witness_file((owner.ids()[1], "w"))).version().number == 3
    assert refusal(owner, witness_file((owner.ids()[0], "w"))) == "threshold"


def test_a_log_without_witnesses_needs_no_file() -> None:
    owner = Owner().start()
    assert not read_log(owner.log, owner.did, now=NOW).needs_witnesses
    assert read_log(WITNESSED.log, WITNESSED.did, now=NOW).needs_witnesses


def test_a_place_that_no_witness_approved_of_is_no_place_of_the_did() -> None:
    owner = Owner().start({**keys("a"), "portable": True, "witness": witnesses(1, "w")})
    moved = owner.did.replace("peer", "other")
    owner.add(state=document(moved, alsoKnownAs=[owner.did]))
    assert read(owner, witness_file((owner.ids()[1], "w"))).document().id == moved
    assert refusal(owner, witness_file((owner.ids()[0], "w"))) == "other_did"


def test_a_log_rewritten_with_every_key_of_its_owner_lacks_its_witnesses() -> None:
    """Who has the keys and the web server still cannot write another past: the witnesses approved of one."""
    rewritten = Owner(entries=WITNESSED.entries[:1]).add(state=document(WITNESSED.did, "thief"))
    proofs = witness_file((FIRST, "w"), (FIRST, "x"), (THIRD, "w"), (THIRD, "x"))
    assert refusal(rewritten, proofs) == "threshold"
