"""The bodies of consented-relay/1.0: there and back, and what is refused."""

import pytest

from protocols.consent.letters import ContactLetter, DeclineLetter, return_hash, sign_contact, sign_decline
from protocols.consent.receipt import ReceiptPayload, sign_asker
from protocols.consent.relay import (
    Answer,
    Contact,
    Decline,
    Deliver,
    Forward,
    Middle,
    Receipted,
    Relay,
    parse_answer,
    parse_deliver,
    parse_forward,
    parse_middle,
    parse_relay,
)
from protocols.errors import MalformedMessage, TooLarge, UnsupportedMessage
from protocols.findings import judged, unknown
from protocols.jose.encoding import canonical_json, digest, parse_object
from protocols.requests.request import MAX_REQUEST_BYTES, request_hash
from tests.support.consent_story import ASKER, DAY, EXIT, LEARNER, NOW, WAY_BACK, Story, key

PRESENT = Story().said
CONTACT = Contact(
    letter=sign_contact(
        ContactLetter(
            invitation="invitation-1",
            subject=LEARNER,
            asker=ASKER,
            exit=EXIT,
            return_hash=return_hash(WAY_BACK),
            issued_at=NOW,
        ),
        key(LEARNER),
    )
)
DECLINE = Decline(
    request=PRESENT.request,
    letter=sign_decline(
        DeclineLetter(subject=LEARNER, request_hash=request_hash(PRESENT.request), issued_at=NOW), key(LEARNER)
    ),
)
RECEIPT = Receipted(
    receipt=sign_asker(
        ReceiptPayload(
            request_hash=digest(b"1"),
            record_hash=digest(b"2"),
            payload_hash=digest(b"3"),
            records=(),
            received_at=NOW,
            delete_at=NOW + DAY,
            asker=ASKER,
            subject=LEARNER,
        ),
        key(ASKER),
    )
)


@pytest.mark.parametrize("said", [PRESENT, CONTACT, DECLINE, RECEIPT])
def test_what_is_said_is_read_as_it_was_written(said):
    middle = Middle(next=ASKER, said=said, way_back=WAY_BACK)
    assert parse_middle(parse_object(canonical_json(middle.to_json()))) == middle
    deliver = Deliver(said=said, vouched=True)
    assert parse_deliver(parse_object(canonical_json(deliver.to_json()))) == deliver


def test_relay_forward_and_answer_are_read_as_they_were_written():
    relay, forward = Relay(next=EXIT, expires=NOW), Forward(expires=NOW)
    assert parse_relay(relay.to_json()) == relay
    assert parse_forward(forward.to_json()) == forward
    refusals = (judged(6, "request live", "the request has expired", ""), unknown(5, "standing", "not synced"))
    answer = Answer(about=digest(b"use"), delivered=False, refusals=refusals)
    assert parse_answer(answer.to_json()) == answer


def test_only_a_contact_needs_a_way_back():
    assert parse_middle(Middle(next=ASKER, said=DECLINE).to_json()).way_back is None
    with pytest.raises(MalformedMessage, match="without a way back"):
        parse_middle(Middle(next=ASKER, said=CONTACT).to_json())


@pytest.mark.parametrize("kind", ["withdraw", "dispute", "gossip"])
def test_a_reserved_or_unknown_kind_is_not_carried(kind: str):
    with pytest.raises(UnsupportedMessage):
        parse_middle({"next": ASKER, "kind": kind})


WRONG = {
    "not an object": ["present"],
    "no next": {"kind": "present", "request": "a", "record": "b", "use": "c"},
    "a next that is a URL": {**Middle(next=ASKER, said=PRESENT).to_json(), "next": "https://employer.example"},
    "a record that is none": {**Middle(next=ASKER, said=PRESENT).to_json(), "record": PRESENT.use},
    "a request that is none": {**Middle(next=ASKER, said=PRESENT).to_json(), "request": "a.b.c"},
    "a use left out": {"next": ASKER, "kind": "present", "request": PRESENT.request, "record": PRESENT.record},
    "the learner's name beside it": {**Middle(next=ASKER, said=PRESENT).to_json(), "learner": "Alba"},
    "a presentation in the open": {**Middle(next=ASKER, said=PRESENT).to_json(), "presentation": {}},
    "a request of more than is read": {
        **Middle(next=ASKER, said=PRESENT).to_json(),
        "request": "a" * (MAX_REQUEST_BYTES + 1),
    },
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_of_the_form_is_refused(case: str):
    with pytest.raises(MalformedMessage):
        parse_middle(WRONG[case])


def test_an_answer_tells_only_refusals_and_not_without_end():
    with pytest.raises(MalformedMessage, match="not the outcome of a refusal"):
        parse_answer(
            {
                "about": digest(b""),
                "delivered": False,
                "refusals": [{"number": 1, "name": "x", "outcome": "yes", "reason": "y"}],
            }
        )
    with pytest.raises(TooLarge):
        parse_answer({"about": digest(b""), "delivered": False, "refusals": [{}] * 65})
