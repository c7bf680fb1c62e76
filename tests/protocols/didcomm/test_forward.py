"""Forward messages: what a mediator gets to see, and what it passes on."""

import dataclasses
import json
from datetime import timedelta

import pytest

from protocols.didcomm.envelope import pack_authcrypt, pack_plain, peek, unpack
from protocols.didcomm.forward import FORWARD, Forward, read_forward, wrap_forward
from protocols.didcomm.message import Attachment, Message
from protocols.errors import IllegalMove, MalformedMessage, TooLarge
from tests.support.parties import NOW, documents, entropy_of, lunch, party

ALICE, BOB, RELAY, SECOND = party("alice"), party("bob"), party("relay"), party("second")
entropy = entropy_of("forward")
ENVELOPE = pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)


def wrapped(envelope: bytes = ENVELOPE, to=RELAY, next: str = BOB.did) -> bytes:
    return wrap_forward(
        envelope, next=next, keys=to.recipients(), id="f-1", entropy=entropy, expires=NOW + timedelta(days=1)
    )


def at(mediator, data: bytes) -> Message:
    return unpack(data, secrets=mediator.secrets, documents={}, now=NOW).message


def test_the_mediator_gets_the_envelope_byte_by_byte_and_whom_it_is_for():
    message = at(RELAY, wrapped())

    assert read_forward(message) == Forward(next=BOB.did, attached=json.loads(ENVELOPE), envelope=ENVELOPE)
    assert (message.sender, message.to) == (None, (RELAY.did,))
    assert message.expires_time == NOW + timedelta(days=1)


def test_the_envelope_on_the_way_names_the_mediator_only():
    seen = peek(wrapped())

    assert (seen.kind, seen.skid) == ("anoncrypt", None)
    assert seen.recipient_kids == tuple(method.id for method in RELAY.recipients())


def test_two_mediators_take_one_layer_each():
    twice = wrapped(wrapped(), to=SECOND, next=RELAY.did)

    outer = read_forward(at(SECOND, twice))
    inner = read_forward(at(RELAY, outer.envelope))

    assert (outer.next, inner.next, inner.envelope) == (RELAY.did, BOB.did, ENVELOPE)
    assert unpack(inner.envelope, secrets=BOB.secrets, documents=documents(ALICE), now=NOW).sender == ALICE.did


def test_an_envelope_in_base64_is_passed_on_too():
    message = dataclasses.replace(at(RELAY, wrapped()), attachments=(Attachment(content=ENVELOPE),))

    assert read_forward(message).envelope == ENVELOPE


@pytest.mark.parametrize(
    "changes",
    [
        {"type": FORWARD.replace("forward", "backward")},
        {"body": {}},
        {"body": {"next": 1}},
        {"body": {"next": "https://bob.example"}},
        {"attachments": ()},
        {"attachments": (Attachment(json=json.loads(ENVELOPE)),) * 2},
        {"attachments": (Attachment(json={"payload": "plain"}),)},
        {"attachments": (Attachment(json="text"),)},
        {"attachments": (Attachment(links=("https://a.example",), hash="zQm"),)},
    ],
)
def test_a_forward_of_another_form_is_refused(changes):
    with pytest.raises(MalformedMessage):
        read_forward(dataclasses.replace(at(RELAY, wrapped()), **changes))


def test_next_is_bounded():
    with pytest.raises(TooLarge):
        read_forward(dataclasses.replace(at(RELAY, wrapped()), body={"next": "did:example:" + "a" * 9000}))


def test_there_is_no_forward_for_nobody():
    with pytest.raises(IllegalMove):
        wrap_forward(ENVELOPE, next=BOB.did, keys=(), id="f-1", entropy=entropy)


def test_a_forward_grows_an_envelope_by_a_third_and_little_more():
    large = pack_authcrypt(
        lunch(ALICE, BOB, body={"text": "x" * 60_000}),
        sender=ALICE.agreement(),
        recipients=BOB.recipients(),
        entropy=entropy,
    )

    assert len(wrapped(large)) < len(large) * 4 / 3 + 2000
    assert len(pack_plain(lunch(ALICE, BOB))) < len(ENVELOPE)
