"""Envelopes under random change, and the packers' use of entropy."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocols.didcomm.envelope import (
    NeedsDocument,
    pack_anoncrypt,
    pack_authcrypt,
    pack_plain,
    pack_signed,
    peek,
    unpack,
)
from protocols.errors import ProtocolError
from protocols.jose.encoding import b64url_decode, b64url_encode
from tests.support.parties import NOW, documents, entropy_of, lunch, party

ALICE, BOB = party("alice"), party("bob")
entropy = entropy_of("properties")
SIGNED = pack_signed(lunch(ALICE, BOB), ALICE.signer())
AUTH = pack_authcrypt(SIGNED, sender=ALICE.agreement(), recipients=BOB.recipients()[:1], entropy=entropy)
ANON = pack_anoncrypt(lunch(ALICE, BOB), recipients=BOB.recipients("P-256")[:1], entropy=entropy, enc="A256GCM")
ENVELOPES = (pack_plain(lunch(ALICE, BOB)), SIGNED, AUTH, ANON)

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def survives(data: bytes) -> None:
    """Neither door raises anything but what its callers are told to expect."""
    for door in (peek, lambda it: unpack(it, secrets=BOB.secrets, documents=documents(ALICE), now=NOW)):
        with contextlib.suppress(ProtocolError, NeedsDocument):
            door(data)


@quick
@given(st.sampled_from(ENVELOPES), st.data())
def test_changed_bytes_never_raise_anything_unexpected(envelope, data):
    changed = bytearray(envelope)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))

    survives(bytes(changed))


@quick
@given(st.binary(max_size=200))
def test_any_bytes_never_raise_anything_unexpected(data):
    survives(data)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for key, item in items for path in paths(item, (*at, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@quick
@given(st.sampled_from(ENVELOPES), st.data())
def test_a_changed_member_never_raises_anything_unexpected(envelope, data):
    value = json.loads(envelope)
    changed = replaced(value, data.draw(st.sampled_from(paths(value))), data.draw(junk))

    survives(json.dumps(changed).encode())


@quick
@given(st.sampled_from([AUTH, ANON]), st.data())
def test_a_changed_protected_header_never_opens(envelope, data):
    value = json.loads(envelope)
    header = json.loads(b64url_decode(value["protected"]))
    changed = replaced(header, data.draw(st.sampled_from(paths(header)[1:])), data.draw(junk))
    value["protected"] = b64url_encode(json.dumps(changed).encode())

    if changed != header:
        with pytest.raises((ProtocolError, NeedsDocument)):
            unpack(json.dumps(value).encode(), secrets=BOB.secrets, documents=documents(ALICE), now=NOW)


@quick
@given(st.sampled_from(["ciphertext", "tag", "iv"]), st.data())
def test_one_flipped_bit_of_the_content_never_opens(name, data):
    value = json.loads(data.draw(st.sampled_from([AUTH, ANON])))
    content = bytearray(b64url_decode(value[name]))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    value[name] = b64url_encode(bytes(content))

    with pytest.raises(ProtocolError):
        unpack(json.dumps(value).encode(), secrets=BOB.secrets, documents=documents(ALICE), now=NOW)


@quick
@given(st.text(max_size=200), st.integers(1, 2), st.sampled_from(["X25519", "P-256"]))
def test_whatever_a_message_says_comes_out_as_it_went_in(text, count, crv):
    message = lunch(ALICE, BOB, body={"text": text, "count": count})

    data = pack_authcrypt(message, sender=ALICE.agreement(crv), recipients=BOB.recipients(crv)[:count], entropy=entropy)

    assert unpack(data, secrets=BOB.secrets, documents=documents(ALICE), now=NOW).message == message


def test_no_ephemeral_key_iv_or_content_key_is_used_twice():
    drawn: list[bytes] = []

    def recording(size: int) -> bytes:
        drawn.append(entropy(size))
        return drawn[-1]

    message, count = pack_plain(lunch(None, BOB)), 10_000
    packed = [pack_anoncrypt(message, recipients=BOB.recipients()[:1], entropy=recording) for _ in range(count)]

    values = [json.loads(each) for each in packed]
    assert len({json.loads(b64url_decode(value["protected"]))["epk"]["x"] for value in values}) == count
    assert len({value["iv"] for value in values}) == count
    assert [len(each) for each in drawn] == [32, 64, 16] * count
    assert len(set(drawn)) == 3 * count
