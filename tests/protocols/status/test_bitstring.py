"""The encoding of a list, and what a hostile one must not do (threats C4, F6)."""

import gzip
import json
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from protocols.jose.encoding import b64url_encode
from protocols.status.bitstring import (
    MIN_ENTRIES,
    decode,
    encode,
    get_bit,
    get_value,
    new_bits,
    set_bit,
    set_value,
)
from protocols.status.entry import StatusEntry, parse_entry, status_entry
from protocols.status.errors import MalformedValueError, StatusListLengthError, StatusRangeError
from protocols.status.publish import status_list_credential
from tests.support.badges import NOW


def _examples(shared_dir: Path) -> list[str]:
    return (shared_dir / "vectors" / "bitstring" / "spec-examples.txt").read_text("utf-8").split("=====")


def test_the_lists_of_the_specification_decode_to_a_clear_list_of_the_least_length(shared_dir: Path) -> None:
    lists = [json.loads(text) for text in _examples(shared_dir) if "encodedList" in text]
    assert [decode(each["credentialSubject"]["encodedList"]) for each in lists] == [new_bits(MIN_ENTRIES)] * 2


def test_the_entries_of_the_specification_are_read(shared_dir: Path) -> None:
    first, second = json.loads(_examples(shared_dir)[0])["credentialStatus"]
    assert parse_entry(first) == StatusEntry(
        id="https://example.com/credentials/status/3#94567",
        list_url="https://example.com/credentials/status/3",
        index=94567,
        purpose="revocation",
    )
    assert parse_entry(second).purpose == "suspension"


def test_index_0_is_the_left_most_bit() -> None:
    bits = set_bit(set_bit(new_bits(16), 0), 9)
    assert bits == b"\x80\x40"
    assert [get_bit(bits, index) for index in (0, 1, 8, 9)] == [True, False, False, True]
    assert set_bit(bits, 9, False) == b"\x80\x00"


def test_entries_of_several_bits_are_read_most_significant_first() -> None:
    assert [get_value(b"\x1b", index, 2) for index in range(4)] == [0, 1, 2, 3]
    assert get_value(b"\xab\xcd", 1, 8) == 0xCD


@pytest.mark.parametrize(("index", "size"), [(16, 1), (-1, 1), (8, 2), (10**15, 8)])
def test_an_index_past_the_end_has_its_own_error(index: int, size: int) -> None:
    with pytest.raises(StatusRangeError):
        get_value(b"\x00\x00", index, size)
    with pytest.raises(StatusRangeError):
        set_bit(b"\x00\x00", 16)


def test_equal_lists_are_encoded_alike_and_come_back() -> None:
    bits = set_bit(new_bits(), 94567)
    assert encode(bits) == encode(bytes(bits))
    assert decode(encode(bits)) == bits


def test_a_bomb_of_256_mib_is_refused_in_bounded_time_and_memory() -> None:
    compressor = zlib.compressobj(wbits=31)
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(256)) + compressor.flush()
    started = time.perf_counter()
    with pytest.raises(StatusListLengthError, match="too long"):
        decode("u" + b64url_encode(bomb))
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
        "zH4sI",
        "uH4sI=",
        "u!!!!",
        "u" + b64url_encode(b"not gzip"),
        "u" + b64url_encode(zlib.compress(bytes(16))),
        "u" + b64url_encode(gzip.compress(bytes(16), mtime=0)[:-4]),
        "u" + b64url_encode(gzip.compress(bytes(16), mtime=0) + b"x"),
        "u" + b64url_encode(gzip.compress(bytes(16), mtime=0) + gzip.compress(bytes(16), mtime=0)),
    ],
)
def test_what_is_no_encoded_list_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedValueError):
        decode(encoded)


ENTRY = status_entry(list_url="https://a.example/s/1", index=7, purpose="revocation")


def test_our_own_entry_is_read_back() -> None:
    assert parse_entry(ENTRY) == StatusEntry(
        id="https://a.example/s/1#7", list_url="https://a.example/s/1", index=7, purpose="revocation"
    )


def test_messages_of_a_wider_entry_are_read() -> None:
    messages = [{"status": f"0x{n}", "message": f"m{n}"} for n in range(4)]
    wide = {**ENTRY, "statusPurpose": "message", "statusSize": 2, "statusMessage": messages, "statusReference": "urn:r"}
    assert parse_entry(wide) == StatusEntry(
        id="https://a.example/s/1#7",
        list_url="https://a.example/s/1",
        index=7,
        purpose="message",
        size=2,
        messages={0: "m0", 1: "m1", 2: "m2", 3: "m3"},
        reference=("urn:r",),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"statusListIndex": 7},
        {"statusListIndex": "-7"},
        {"statusListIndex": "0x7"},
        {"statusListIndex": "07"},
        {"statusListIndex": "7 "},
        {"statusListIndex": "٧"},
        {"statusListCredential": "status/1"},
        {"statusListCredential": None},
        {"statusListCredential": "https://[x/1"},
        {"statusListCredential": "https://a\u2100b.example/1"},
        {"statusPurpose": None},
        {"statusPurpose": ""},
        {"id": "https://a.example/s/1"},
        {"statusSize": 0},
        {"statusSize": 14},
        {"statusSize": 2.0},
        {"statusPurpose": "message"},
        {"statusPurpose": "message", "statusSize": 1},
        {"statusPurpose": "p" * 81},
        {"statusReference": "not a URL"},
        {"statusReference": ["https://a.example/1", 5]},
        {"statusSize": 1, "statusMessage": {"status": "0x0", "message": "m"}},
        {"statusSize": 1, "statusMessage": [{"status": "0x0", "message": "m"}, {"status": "0x00", "message": "n"}]},
        {"statusSize": 1, "statusMessage": [{"status": "0x0", "message": "m"}, {"status": "0x2", "message": "n"}]},
        {"statusSize": True},
        {"statusSize": 2},
        {"statusSize": 2, "statusMessage": [{"status": "0x0", "message": "m"}]},
        {"statusSize": 1, "statusMessage": [{"status": "0x0", "message": "m"}] * 2},
        {"statusSize": 1, "statusMessage": [{"status": "zero", "message": "m"}] * 2},
    ],
)
def test_a_broken_entry_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedValueError):
        parse_entry({**ENTRY, **change})


@pytest.mark.parametrize("index", ["9" * 17, "9" * 16, "1" + "0" * 5000])
def test_an_index_that_no_list_can_have_is_out_of_range_and_never_a_number(index: str) -> None:
    with pytest.raises(StatusRangeError):
        parse_entry({**ENTRY, "statusListIndex": index})


def test_an_entry_as_wide_as_a_credential_can_name_is_read() -> None:
    messages = [{"status": hex(n), "message": ""} for n in range(2**13)]
    entry = parse_entry({**ENTRY, "statusSize": 13, "statusMessage": messages})
    assert (entry.size, len(entry.messages or ())) == (13, 8192)
    assert get_value(b"\xff\xf8\x00\x00", 0, 13) == 8191


def test_too_short_a_list_is_not_published() -> None:
    with pytest.raises(StatusListLengthError):
        status_list_credential(
            url="https://a.example/s/1",
            issuer="did:example:a",
            purpose="revocation",
            bits=new_bits(MIN_ENTRIES - 8),
            valid_from=NOW,
            valid_until=None,
            ttl_ms=None,
        )


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13])
def test_a_value_is_set_where_it_is_read_and_nowhere_else(size: int) -> None:
    full = b"\xff" * 32
    for index in (0, 1, 7):
        for value in (0, 1, 2**size - 1):
            changed = set_value(full, index, value, size)
            assert get_value(changed, index, size) == value
            assert set_value(changed, index, 2**size - 1, size) == full
    with pytest.raises(StatusRangeError):
        set_value(full, 0, 2**size, size)
    with pytest.raises(StatusRangeError):
        set_value(full, 256 // size, 0, size)


def test_our_own_entry_with_messages_is_read_back() -> None:
    made = status_entry(
        list_url="https://a.example/s/2",
        index=3,
        purpose="message",
        messages=("none", "under review", "being replaced", "lapsed"),
        reference="https://a.example/statuses",
    )
    assert parse_entry(made) == StatusEntry(
        id="https://a.example/s/2#3",
        list_url="https://a.example/s/2",
        index=3,
        purpose="message",
        size=2,
        messages={0: "none", 1: "under review", 2: "being replaced", 3: "lapsed"},
        reference=("https://a.example/statuses",),
    )
    for messages in (("one",), ("one", "two", "three")):
        with pytest.raises(ValueError, match="one a value"):
            status_entry(list_url="https://a.example/s/2", index=3, purpose="message", messages=messages)


def test_a_list_of_wide_entries_needs_as_many_of_them() -> None:
    arguments: Any = {"valid_from": NOW, "valid_until": None, "ttl_ms": None, "size": 2}
    with pytest.raises(StatusListLengthError):
        status_list_credential(url="urn:l", issuer="did:example:a", purpose="message", bits=new_bits(), **arguments)
