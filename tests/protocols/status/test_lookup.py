"""From a fetched list to an answer: what is accepted, what is refused, and how long it counts (threat C4)."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.proofs import check_proofs
from protocols.status.acceptance import LIST_READING, Snapshot, accept_list
from protocols.status.bitstring import compress, encode, new_bits, set_bit
from protocols.status.entry import StatusEntry
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusVerificationError
from protocols.status.freshness import Freshness, FreshnessPolicy, judge
from protocols.status.lookup import StatusAnswer, StatusOutcome, status_of
from protocols.status.publish import status_list_credential
from tests.support.badges import COLLEGE, DOCUMENTS, NOW, STRANGER, signed

URL = "https://college.example/status/1"
MADE = NOW - timedelta(hours=1)
POLICY = FreshnessPolicy(fresh_s=3600, usable_s=86_400)
ENTRY = StatusEntry(list_url=URL, index=94567, purpose="revocation")


def _list(*set_: int, **changes: Any) -> dict[str, Any]:
    bits = new_bits()
    for index in set_:
        bits = set_bit(bits, index)
    arguments: dict[str, Any] = {
        "url": URL,
        "issuer": COLLEGE,
        "purpose": "revocation",
        "bits": bits,
        "valid_from": MADE,
        "valid_until": NOW + timedelta(days=7),
        "ttl_ms": 600_000,
    }
    return status_list_credential(**{**arguments, **changes})


def _accept(document: dict[str, Any], previous: Snapshot | None = None, **changes: Any) -> Snapshot:
    results = check_proofs(
        document,
        DOCUMENTS,
        purpose="assertionMethod",
        now=NOW,
        expected_controller=COLLEGE,
        reading=LIST_READING,
    )
    arguments: dict[str, Any] = {"url": URL, "fetched_at": NOW, "expected_issuer": COLLEGE, "previous": previous}
    return accept_list(document, results, **{**arguments, **changes})


def _snapshot(*set_: int, **changes: Any) -> Snapshot:
    return _accept(signed(_list(*set_, **changes), created=MADE))


def test_a_published_list_conforms_and_becomes_a_snapshot() -> None:
    document = signed(_list(94567), created=MADE)
    assert parse_credential(document).types == ("VerifiableCredential", "BitstringStatusListCredential")
    assert _accept(document) == Snapshot(
        url=URL,
        issuer=COLLEGE,
        purposes=("revocation",),
        compressed=compress(set_bit(new_bits(), 94567)),
        fetched_at=NOW,
        valid_from=MADE,
        valid_until=NOW + timedelta(days=7),
        made_at=MADE,
        ttl_s=600.0,
        verification_method=f"{COLLEGE}#key-1",
        signed_at=MADE,
    )


def test_a_list_of_2_mib_that_does_not_compress_is_still_verified() -> None:
    bits = random.Random(1).randbytes(2 * 1024 * 1024)
    assert len(_accept(signed(_list(bits=bits), created=MADE, reading=LIST_READING)).compressed) > 2 * 1024 * 1024


def test_a_list_signed_by_someone_else_is_refused() -> None:
    with pytest.raises(StatusVerificationError, match="proof") as caught:
        _accept(signed(_list(), by=STRANGER, created=MADE))
    assert caught.value.found == f"The key belongs to {STRANGER}, but {COLLEGE} had to sign."


def test_a_list_without_proof_is_refused() -> None:
    with pytest.raises(StatusVerificationError, match="proof"):
        _accept(_list())
    with pytest.raises(StatusVerificationError, match="proof"):
        accept_list(_list(), (), url=URL, fetched_at=NOW, expected_issuer=COLLEGE, previous=None)


def test_a_list_that_names_another_issuer_is_refused() -> None:
    with pytest.raises(StatusVerificationError, match="another issuer's"):
        _accept(signed(_list(issuer=STRANGER), created=MADE))


def test_a_list_of_the_issuer_for_another_address_is_refused() -> None:
    with pytest.raises(StatusVerificationError, match="another list"):
        _accept(signed(_list(url="https://college.example/status/2"), created=MADE))


def test_a_list_out_of_its_dates_is_refused() -> None:
    with pytest.raises(StatusVerificationError, match="out of its dates"):
        _accept(signed(_list(valid_until=NOW - timedelta(seconds=1)), created=MADE))
    with pytest.raises(StatusVerificationError, match="out of its dates"):
        _accept(signed(_list(valid_from=NOW + timedelta(seconds=1)), created=MADE))


def test_there_is_no_way_back_to_an_older_list() -> None:
    newer = _snapshot(94567)
    with pytest.raises(StatusVerificationError, match="older list"):
        _accept(signed(_list(valid_from=MADE - timedelta(seconds=1)), created=MADE), newer)
    undated = _list()
    del undated["validFrom"]
    with pytest.raises(StatusVerificationError, match="older list"):
        _accept(signed(undated, created=MADE - timedelta(seconds=1)), newer)
    assert _accept(signed(_list(94567), created=MADE), newer).cleared_count == 0


def test_a_list_signed_earlier_with_the_same_valid_from_is_not_gone_back_to() -> None:
    newer = _accept(signed(_list(94567), created=NOW - timedelta(minutes=5)))
    with pytest.raises(StatusVerificationError, match="older list"):
        _accept(signed(_list(), created=NOW - timedelta(minutes=6)), newer)
    later = _accept(signed(_list(94567), created=NOW - timedelta(minutes=4)), newer)
    assert later.signed_at == NOW - timedelta(minutes=4)


def test_a_list_that_clears_revocations_is_accepted_and_says_how_many() -> None:
    before = _snapshot(1, 2, 94567)
    after = _accept(signed(_list(2, 5, valid_from=NOW), created=NOW), before)
    assert after.cleared_count == 2
    again = _accept(signed(_list(5, valid_from=NOW), created=NOW), after)
    assert again.cleared_count == 3, "what was taken back stays known"

    answer = status_of(replace(ENTRY, index=1), again, now=NOW, policy=POLICY)
    assert (answer.outcome, answer.cleared_count) == ("clear", 3)


def test_clearing_a_suspension_is_what_suspensions_are_for() -> None:
    before = _snapshot(1, purpose="suspension")
    assert _accept(signed(_list(purpose="suspension"), created=MADE), before).cleared_count == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"type": "Other"}, MalformedValueError),
        ({"encodedList": 5}, MalformedValueError),
        ({"encodedList": "u!"}, MalformedValueError),
        ({"statusPurpose": []}, MalformedValueError),
        ({"statusPurpose": [5]}, MalformedValueError),
        ({"ttl": "600000"}, MalformedValueError),
        ({"ttl": -1}, MalformedValueError),
        ({"encodedList": "uH4sIAAAAAAACA2NgAAAAAP__"}, MalformedValueError),
    ],
)
def test_a_broken_list_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    made = _list()
    document = signed(
        {**made, "credentialSubject": {**made["credentialSubject"], **change}}, created=MADE, suite="eddsa-jcs-2022"
    )
    with pytest.raises(error):
        _accept(document)


def test_a_list_too_short_to_hide_in_is_refused() -> None:
    made = _list()
    made["credentialSubject"]["encodedList"] = encode(bytes(16_383))
    with pytest.raises(StatusListLengthError, match="too short"):
        _accept(signed(made, created=MADE))


def test_any_credential_is_not_a_list() -> None:
    made = {**_list(), "type": ["VerifiableCredential"]}
    with pytest.raises(MalformedValueError, match="not a status list"):
        _accept(signed(made, created=MADE))
    with pytest.raises(MalformedValueError, match="not a credential"):
        _accept({"hello": "world"})


# answers


def test_a_list_of_another_issuer_says_nothing_of_a_credential() -> None:
    answer = status_of(ENTRY, _snapshot(94567), now=NOW, policy=POLICY, issuer=STRANGER)
    assert answer == StatusAnswer(
        outcome=StatusOutcome.UNKNOWN,
        freshness=Freshness.FRESH,
        reason="STATUS_VERIFICATION_ERROR: the list is not by the issuer of the credential.",
        fetched_at=NOW,
        error="STATUS_VERIFICATION_ERROR",
    )
    assert status_of(ENTRY, _snapshot(94567), now=NOW, policy=POLICY, issuer=COLLEGE).outcome == "set"


@pytest.mark.parametrize(
    ("trouble", "reason", "error"),
    [
        (
            "STATUS_RETRIEVAL_ERROR: no connection",
            "The status list has not been fetched yet.",
            "STATUS_RETRIEVAL_ERROR",
        ),
        (
            "STATUS_VERIFICATION_ERROR: the proof of the list does not hold",
            "The list is of no use: STATUS_VERIFICATION_ERROR: the proof of the list does not hold.",
            "STATUS_VERIFICATION_ERROR",
        ),
    ],
)
def test_why_there_is_no_list_is_said_by_the_specifications_name(trouble: str, reason: str, error: str) -> None:
    answer = status_of(ENTRY, None, now=NOW, policy=POLICY, trouble=trouble)
    assert (answer.outcome, answer.reason, answer.error) == ("unknown", reason, error)


def test_errors_come_in_the_order_of_the_specification() -> None:
    """The purpose before the length, the length before the index (section 3.2, steps 5, 9, 10)."""
    everything = replace(ENTRY, purpose="suspension", size=2, messages={}, index=10**6)
    names = [
        status_of(entry, _snapshot(), now=NOW, policy=POLICY).error
        for entry in (everything, replace(everything, purpose="revocation"), replace(ENTRY, index=10**6))
    ]
    assert names == ["STATUS_VERIFICATION_ERROR", "STATUS_LIST_LENGTH_ERROR", "RANGE_ERROR"]


def test_a_message_is_shown_in_one_line_that_no_screen_obeys() -> None:
    bits = compress(b"\x80" + bytes(32_767))
    names = {0: "none", 1: "one", 2: "two\n\x1b[31mred\u202e" + "x" * 300, 3: "three"}
    entry = StatusEntry(list_url=URL, index=0, purpose="message", size=2, messages=names)
    snapshot = replace(_snapshot(), purposes=("message",), compressed=bits)
    answer = status_of(entry, snapshot, now=NOW, policy=POLICY)
    assert answer.message == "two [31mred" + "x" * 187


def test_a_fresh_list_answers_for_set_and_clear() -> None:
    snapshot = _snapshot(94567)
    assert status_of(ENTRY, snapshot, now=NOW, policy=POLICY) == StatusAnswer(
        outcome=StatusOutcome.SET,
        freshness=Freshness.FRESH,
        reason="The list of 2026-11-24T12:00:00Z says revocation: yes.",
        fetched_at=NOW,
        value=1,
    )
    assert status_of(replace(ENTRY, index=94568), snapshot, now=NOW, policy=POLICY) == StatusAnswer(
        outcome=StatusOutcome.CLEAR,
        freshness=Freshness.FRESH,
        reason="The list of 2026-11-24T12:00:00Z says revocation: no.",
        fetched_at=NOW,
        value=0,
    )


def test_a_list_that_was_not_fetched_yet_answers_nothing() -> None:
    unknown = StatusAnswer(
        outcome=StatusOutcome.UNKNOWN,
        freshness=Freshness.UNKNOWN,
        reason="The status list has not been fetched yet.",
    )
    assert status_of(ENTRY, None, now=NOW, policy=POLICY) == unknown
    assert status_of(replace(ENTRY, list_url="urn:other"), _snapshot(), now=NOW, policy=POLICY) == unknown


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"purpose": "suspension"}, "STATUS_VERIFICATION_ERROR"),
        ({"index": 131_072}, "RANGE_ERROR"),
        ({"index": 10**15}, "RANGE_ERROR"),
        ({"size": 2, "messages": {}}, "STATUS_LIST_LENGTH_ERROR"),
    ],
)
def test_what_the_list_cannot_answer_is_unknown_by_the_specifications_name(change: dict[str, Any], name: str) -> None:
    answer = status_of(replace(ENTRY, **change), _snapshot(), now=NOW, policy=POLICY)
    assert (answer.outcome, answer.reason.partition(":")[0], answer.value) == ("unknown", name, None)


@pytest.mark.parametrize(
    ("age", "clear", "set_"),
    [
        (timedelta(minutes=10), ("clear", "fresh"), ("set", "fresh")),
        (timedelta(minutes=11), ("clear", "stale"), ("set", "stale")),
        (timedelta(days=1), ("clear", "stale"), ("set", "stale")),
        (timedelta(days=1, seconds=1), ("unknown", "unknown"), ("set", "unknown")),
    ],
)
def test_a_clear_entry_ages_and_a_set_one_keeps_counting(
    age: timedelta, clear: tuple[str, str], set_: tuple[str, str]
) -> None:
    snapshot = _snapshot(94567)
    answers = [status_of(replace(ENTRY, index=n), snapshot, now=NOW + age, policy=POLICY) for n in (1, 94567)]
    assert [(answer.outcome, answer.freshness) for answer in answers] == [clear, set_]


def test_a_list_past_its_own_end_says_nothing_is_clear() -> None:
    snapshot = _snapshot(valid_until=NOW + timedelta(seconds=5))
    answer = status_of(ENTRY, snapshot, now=NOW + timedelta(seconds=6), policy=POLICY)
    assert (answer.outcome, answer.freshness) == ("unknown", "unknown")


def test_an_entry_with_messages_answers_with_its_own() -> None:
    snapshot = replace(_snapshot(), purposes=("message",), compressed=compress(bytes([0b01_10_00_00]) + bytes(32_767)))
    names = {0: "pending", 1: "accepted", 2: "rejected", 3: "lost"}
    entry = StatusEntry(list_url=URL, index=1, purpose="message", size=2, messages=names)
    answer = status_of(entry, snapshot, now=NOW, policy=POLICY)
    assert (answer.outcome, answer.value, answer.message) == ("set", 2, "rejected")


def test_the_issuers_ttl_can_only_shorten_what_is_fresh() -> None:
    age = NOW + timedelta(minutes=30)
    assert [judge(NOW, ttl_s, age, POLICY) for ttl_s in (None, 60, 10**9)] == ["fresh", "stale", "fresh"]
    assert judge(NOW, 10**9, NOW + timedelta(hours=2), POLICY) == "stale"


def test_a_clock_that_went_backwards_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="from the future"):
        judge(NOW, None, NOW - timedelta(seconds=1), POLICY)
