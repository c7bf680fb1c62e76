"""Status List Tokens: signed, accepted, refused by name (section 8.3), and what they say of a credential."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.credentials.enveloped.token import compact, parse_token
from protocols.jose.keys import PrivateKey
from protocols.status.acceptance import Snapshot
from protocols.status.entry import Form, StatusEntry, token_uri
from protocols.status.errors import MalformedValueError, StatusListError, StatusListLengthError, StatusVerificationError
from protocols.status.freshness import Freshness, FreshnessPolicy
from protocols.status.lookup import StatusAnswer, StatusOutcome, status_of
from protocols.status.token_list import accept_token, issuer_named, parse_list_token, sign_status_list
from protocols.status.token_status import encode_list, pack
from tests.support.badges import COLLEGE, DOCUMENTS, NOW, STRANGER, document_of, key_of

URI = "https://college.example/status/1"
ENTRY = StatusEntry(list_url=URI, index=7, purpose="status_list", form=Form.JWT)
MADE = NOW - timedelta(hours=1)
SIGNER = key_of(COLLEGE)
POLICY = FreshnessPolicy(fresh_s=3600, usable_s=86_400)


def token(*, by: PrivateKey = SIGNER, **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "uri": URI,
        "size": 2,
        "signer": by,
        "issued_at": MADE,
        "expires_at": NOW + timedelta(days=1),
        "ttl_s": 600,
    }
    statuses = changes.pop("statuses", {7: 1, 8: 2, 9: 3})
    arguments |= changes
    return sign_status_list(pack(statuses, entries=64, size=arguments["size"]), **arguments)


def changed(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None) -> str:
    """The token with other claims or another header, rightly signed; None takes a claim away."""
    whole = parse_token(token(), max_payload_bytes=100_000)
    payload = {name: value for name, value in {**whole.payload, **(claims or {})}.items() if value is not None}
    named = {**whole.header, **(header or {})}
    kept = {name: value for name, value in named.items() if value is not None and name != "alg"}
    return compact(kept, payload, key_of(COLLEGE))


def accept(text: str, previous: Snapshot | None = None, **changes: Any) -> Snapshot:
    arguments: dict[str, Any] = {
        "uri": URI,
        "key": ENTRY.key,
        "fetched_at": NOW,
        "expected_issuer": COLLEGE,
        "previous": previous,
    }
    return accept_token(parse_list_token(text), DOCUMENTS, **{**arguments, **changes})


def answer(index: int = 7, snapshot: Snapshot | None = None, **changes: Any) -> StatusAnswer:
    snapshot = accept(token()) if snapshot is None else snapshot
    arguments: dict[str, Any] = {"now": NOW, "policy": POLICY, "issuer": COLLEGE}
    return status_of(replace(ENTRY, index=index), snapshot, **{**arguments, **changes})


def test_a_published_token_becomes_a_snapshot() -> None:
    made = accept(token())
    assert replace(made, compressed=b"") == Snapshot(
        url=f"{URI}#statuslist+jwt",
        issuer=COLLEGE,
        purposes=("status_list",),
        compressed=b"",
        fetched_at=NOW,
        valid_from=MADE,
        valid_until=NOW + timedelta(days=1),
        made_at=MADE,
        ttl_s=600.0,
        verification_method=f"{COLLEGE}#key-1",
        signed_at=MADE,
        form=Form.JWT,
        size=2,
    )
    assert token_uri(made.url) == URI
    assert token_uri(URI) is None


def test_each_value_says_what_the_draft_says_of_it() -> None:
    said = [(each.outcome, each.value, each.purpose) for each in map(answer, (6, 7, 8, 9))]
    assert said == [
        ("clear", 0, None),
        ("set", 1, "revocation"),
        ("set", 2, "suspension"),
        ("set", 3, "status type 0x03"),
    ]


def test_an_index_past_the_end_says_nothing() -> None:
    assert (answer(64).outcome, answer(64).error) == ("unknown", "RANGE_ERROR")


def test_a_token_that_ended_or_is_too_old_says_nothing_is_valid() -> None:
    later = answer(6, now=NOW + timedelta(days=1, seconds=1))
    assert (later.outcome, later.freshness) == (StatusOutcome.UNKNOWN, Freshness.UNKNOWN)
    assert answer(6, now=NOW + timedelta(seconds=601)).freshness is Freshness.STALE, "the ttl has passed"
    assert answer(7, now=NOW + timedelta(days=9)).outcome is StatusOutcome.SET


def test_a_list_of_the_other_form_at_the_same_key_says_nothing() -> None:
    """A Bitstring entry may name a URL that looks like our key of a token's list."""
    forged = StatusEntry(list_url=ENTRY.key, index=6, purpose="status_list")
    assert forged.key == ENTRY.key
    found = status_of(forged, accept(token()), now=NOW, policy=POLICY, issuer=COLLEGE)
    assert (found.outcome, found.error) == ("unknown", "STATUS_VERIFICATION_ERROR")


REFUSED: dict[str, tuple[str, type[StatusListError]]] = {
    "signed by a stranger in the college's name": (changed({}, {"kid": f"{STRANGER}#key-1"}), StatusVerificationError),
    "a stranger's own": (token(by=key_of(STRANGER)), StatusVerificationError),
    "another issuer claimed": (changed({"iss": STRANGER}), StatusVerificationError),
    "about another list": (changed({"sub": "https://college.example/status/2"}), StatusVerificationError),
    "about no list": (changed({"sub": None}), StatusVerificationError),
    "a credential's type": (changed(header={"typ": "vc+jwt"}), StatusVerificationError),
    "no type": (changed(header={"typ": None}), StatusVerificationError),
    "a key brought along": (changed(header={"jwk": key_of(STRANGER).public.to_jwk()}), StatusVerificationError),
    "expired": (changed({"exp": int(NOW.timestamp())}), StatusVerificationError),
    "of the future": (changed({"iat": int(NOW.timestamp()) + 3600}), StatusVerificationError),
    "not yet": (changed({"nbf": int(NOW.timestamp()) + 3600}), StatusVerificationError),
    "undated": (changed({"iat": None}), MalformedValueError),
    "a date that is none": (changed({"iat": "yesterday"}), MalformedValueError),
    "a ttl of nothing": (changed({"ttl": 0}), MalformedValueError),
    "a ttl that is true": (changed({"ttl": True}), MalformedValueError),
    "no list": (changed({"status_list": None}), MalformedValueError),
    "three bits": (changed({"status_list": {"bits": 3, "lst": "eNrbuRgAAhcBXQ"}}), MalformedValueError),
    "bits as text": (changed({"status_list": {"bits": "1", "lst": "eNrbuRgAAhcBXQ"}}), MalformedValueError),
    "bits that are true": (changed({"status_list": {"bits": True, "lst": "eNrbuRgAAhcBXQ"}}), MalformedValueError),
    "no bytes": (changed({"status_list": {"bits": 1}}), MalformedValueError),
    "too long": (
        changed({"status_list": {"bits": 1, "lst": encode_list(bytes(2 * 1024 * 1024 + 1))}}),
        StatusListLengthError,
    ),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_token_that_must_not_be_believed_is_refused_by_name(attack: str) -> None:
    text, error = REFUSED[attack]
    with pytest.raises(error):
        accept(text)


def test_a_signature_that_does_not_fit_is_refused() -> None:
    parts = token().split(".")
    with pytest.raises(StatusVerificationError, match="signature"):
        accept(".".join([*parts[:2], token(statuses={}).split(".")[2]]))


@pytest.mark.parametrize("text", ["", "a.b", "{}", "a.b.c", "é.b.c"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(MalformedValueError):
        accept(text)


def test_a_key_that_may_only_authenticate_signs_no_list() -> None:
    documents = {COLLEGE: document_of(COLLEGE, "authentication")}
    with pytest.raises(StatusVerificationError) as caught:
        accept_token(
            parse_list_token(token()),
            documents,
            uri=URI,
            key=ENTRY.key,
            fetched_at=NOW,
            expected_issuer=COLLEGE,
            previous=None,
        )
    assert caught.value.found == "The key is not authorised for assertionMethod."


def test_there_is_no_way_back_and_what_is_taken_back_is_counted() -> None:
    newer = accept(token())
    with pytest.raises(StatusVerificationError, match="older list"):
        accept(token(issued_at=MADE - timedelta(seconds=1)), newer)
    cleared = accept(token(statuses={8: 2}, issued_at=NOW), newer)
    assert (cleared.cleared_count, answer(7, cleared).cleared_count) == (1, 1)
    assert accept(token(size=4, issued_at=NOW, statuses={}), cleared).cleared_count == 1


def test_who_a_token_says_it_is_by() -> None:
    named = [issuer_named(parse_list_token(changed(claims, header))) for claims, header in (
        ({}, {}), ({"iss": None}, {}), ({"iss": None}, {"kid": None}), ({"iss": STRANGER}, {})
    )]  # fmt: skip
    assert named == [COLLEGE, COLLEGE, None, STRANGER]
    assert accept(changed({"iss": None})).issuer == COLLEGE, "the draft leaves iss open"


def test_a_list_of_2_mib_that_does_not_compress_is_taken() -> None:
    data = random.Random(1).randbytes(2 * 1024 * 1024)
    text = sign_status_list(data, uri=URI, size=8, signer=key_of(COLLEGE), issued_at=MADE, expires_at=None, ttl_s=None)
    assert answer(2 * 1024 * 1024 - 1, accept(text)).value == data[-1]
    with pytest.raises(ValueError, match="3 bits"):
        sign_status_list(b"", uri=URI, size=3, signer=key_of(COLLEGE), issued_at=MADE, expires_at=None, ttl_s=None)
