from datetime import timedelta

import pytest

from protocols.didcomm.message import Attachment, Message, parse_message
from protocols.errors import MalformedMessage
from protocols.flow import Command
from protocols.flows.message_pickup import FLOW
from protocols.flows.message_pickup.messages import (
    PIURI,
    LiveModeNotSupported,
    RemoveMail,
    SetLive,
    delivery,
    delivery_request,
    live_delivery_change,
    messages_received,
    read_delivery,
    status_request,
)
from protocols.jose.encoding import parse_object
from tests.support.flows import INSTITUTION, LEARNER, NOW, context, outcome, received, sent

MAIL = [{"id": "m-1", "envelope": b'{"ciphertext":"one"}'}, {"id": "m-2", "envelope": b'{"ciphertext":"two"}'}]
MAILBOX = {
    "count": 2,
    "total_bytes": 40,
    "oldest": NOW - timedelta(hours=1),
    "newest": NOW - timedelta(minutes=1),
    "live": False,
    "live_possible": True,
    "messages": MAIL,
}
EMPTY = {**MAILBOX, "count": 0, "total_bytes": 0, "oldest": None, "newest": None, "messages": []}
STATUS = {
    "message_count": 2,
    "total_bytes": 40,
    "live_delivery": False,
    "longest_waited_seconds": 3600,
    "oldest_received_time": 1772438400,
    "newest_received_time": 1772441940,
}


def _asked(name, body=None, mailbox=MAILBOX, **named):
    return received(PIURI, name, body, facts={"mailbox": mailbox}, **named)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (_asked("status-request"), (None, ("send status",))),
        (_asked("delivery-request", {"limit": 2}), (None, ("send delivery",))),
        (_asked("delivery-request", {"limit": 2}, EMPTY), (None, ("send status",))),
        (_asked("messages-received", {"message_id_list": ["m-1"]}), (None, ("RemoveMail", "send status"))),
        (_asked("messages-received", {"message_id_list": []}), (None, ("send status",))),
        (_asked("live-delivery-change", {"live_delivery": True}), (None, ("SetLive", "send status"))),
        (_asked("live-delivery-change", {"live_delivery": False}), (None, ("SetLive", "send status"))),
        (_asked("live-delivery-change", {"live_delivery": False}, {**MAILBOX, "live_possible": False}),
         (None, ("send status",))),
        (_asked("status"), (None, ())),
        (_asked("delivery"), (None, ())),
        (_asked("status-request", sender=None), "Unauthorized"),
        (_asked("delivery-request", {"limit": 2}, sender=None), "Unauthorized"),
        (_asked("messages-received", {"message_id_list": ["m-1"]}, sender=None), "Unauthorized"),
        (_asked("live-delivery-change", {"live_delivery": True}, sender=None), "Unauthorized"),
        (_asked("live-delivery-change", {"live_delivery": True}, {**MAILBOX, "live_possible": False}),
         "LiveModeNotSupported"),
        (_asked("delivery-request"), "MalformedMessage"),
        (_asked("delivery-request", {"limit": 0}), "MalformedMessage"),
        (_asked("delivery-request", {"limit": True}), "MalformedMessage"),
        (_asked("delivery-request", {"limit": 1, "recipient_did": ["x"]}), "MalformedMessage"),
        (_asked("messages-received"), "MalformedMessage"),
        (_asked("messages-received", {"message_id_list": [7]}), "MalformedMessage"),
        (_asked("messages-received", {"message_id_list": ["x"] * 1001}), "TooLarge"),
        (_asked("live-delivery-change", {"live_delivery": "on"}), "MalformedMessage"),
        (_asked("message-delivery"), "MalformedMessage"),
        (Command(), "IllegalMove"),
    ],
)  # fmt: skip
def test_every_event_leads_to_its_effects(event, expected):
    assert outcome(FLOW, None, event) == expected


def test_a_status_says_how_much_waits_and_is_worth_little_later():
    (status,) = sent(FLOW.advance(None, _asked("status-request"), context()))
    assert (status.type, status.thid, status.to, status.body) == (f"{PIURI}/status", "in-1", (LEARNER,), STATUS)
    assert status.expires_time == NOW + timedelta(minutes=5)


def test_a_status_for_one_recipient_names_it():
    (status,) = sent(FLOW.advance(None, _asked("status-request", {"recipient_did": "did:key:zA"}), context()))
    assert status.body == {"recipient_did": "did:key:zA", **STATUS}


def test_an_empty_mailbox_has_no_times():
    (status,) = sent(FLOW.advance(None, _asked("status-request", mailbox=EMPTY), context()))
    assert status.body == {"message_count": 0, "total_bytes": 0, "live_delivery": False}


def test_delivered_envelopes_come_out_byte_for_byte_after_a_journey_as_json():
    event = _asked("delivery-request", {"limit": 10, "recipient_did": "did:key:zA"})
    (answer,) = sent(FLOW.advance(None, event, context()))
    assert answer.body == {"recipient_did": "did:key:zA"}
    assert read_delivery(parse_message(answer.to_json())) == (
        ("m-1", b'{"ciphertext":"one"}'),
        ("m-2", b'{"ciphertext":"two"}'),
    )


def test_an_envelope_that_was_parsed_in_between_is_written_canonically():
    mailbox = {**MAILBOX, "messages": [{"id": "m-1", "envelope": {"iv": "a", "ciphertext": "b"}}]}
    (answer,) = sent(FLOW.advance(None, _asked("delivery-request", {"limit": 1}, mailbox), context()))
    assert read_delivery(answer) == (("m-1", b'{"ciphertext":"b","iv":"a"}'),)


def test_no_more_is_delivered_than_was_asked_for():
    (answer,) = sent(FLOW.advance(None, _asked("delivery-request", {"limit": 1}), context()))
    assert [attachment.id for attachment in answer.attachments] == ["m-1"]


@pytest.mark.parametrize(("sizes", "fitting"), [([300, 200, 100], 2), ([600, 1], 1), ([560], 1), ([100] * 5, 5)])
def test_a_delivery_fits_an_envelope(sizes, fitting):
    waiting = [{"id": f"m-{number}", "envelope": b"x" * size * 1024} for number, size in enumerate(sizes)]
    event = _asked("delivery-request", {"limit": 20}, {**MAILBOX, "messages": waiting})
    (answer,) = sent(FLOW.advance(None, event, context()))
    assert len(answer.attachments) == fitting


def test_only_the_sender_s_own_mail_is_removed():
    event = _asked("messages-received", {"message_id_list": ["m-1", "m-2", "m-1"]})
    effects = FLOW.advance(None, event, context()).effects
    assert effects[0] == RemoveMail(owner=LEARNER, ids=("m-1", "m-2"))


def test_live_delivery_is_switched_for_the_sender_and_told():
    step = FLOW.advance(None, _asked("live-delivery-change", {"live_delivery": True}), context())
    assert step.effects[0] == SetLive(owner=LEARNER, live=True)
    assert sent(step)[0].body["live_delivery"] is True


def test_a_connection_that_cannot_push_gets_the_problem_of_the_specification():
    event = _asked("live-delivery-change", {"live_delivery": True}, {**MAILBOX, "live_possible": False})
    with pytest.raises(LiveModeNotSupported) as caught:
        FLOW.advance(None, event, context())
    assert (caught.value.code, caught.value.detail) == (
        "e.m.live-mode-not-supported",
        "Connection does not support Live Delivery",
    )


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        (_asked("status-request"), {"recipient": None, "limit": 0, "without": []}),
        (_asked("status-request", {"recipient_did": "did:key:zA"}),
         {"recipient": "did:key:zA", "limit": 0, "without": []}),
        (_asked("delivery-request", {"limit": 7}), {"recipient": None, "limit": 7, "without": []}),
        (_asked("delivery-request", {"limit": 7000}), {"recipient": None, "limit": 20, "without": []}),
        (_asked("messages-received", {"message_id_list": ["m-1"]}),
         {"recipient": None, "limit": 0, "without": ["m-1"]}),
        (_asked("live-delivery-change", {"live_delivery": True}), {"recipient": None, "limit": 0, "without": []}),
    ],
)  # fmt: skip
def test_only_the_mailbox_of_the_authenticated_sender_is_read(event, arguments):
    (read,) = FLOW.reads(event)
    assert (read.name, read.kind, read.arguments) == ("mailbox", "mailbox", {"owner": LEARNER, **arguments})


@pytest.mark.parametrize(
    "event",
    [
        _asked("status-request", sender=None),
        _asked("delivery-request", {"limit": "many"}),
        _asked("delivery"),
        _asked("unheard-of"),
        Command(),
    ],
)
def test_nothing_is_read_for_what_will_be_refused(event):
    assert FLOW.reads(event) == ()


def test_a_recipient_s_requests_carry_what_the_specification_wants():
    named = {"id": "r-1", "ours": LEARNER, "theirs": INSTITUTION}
    requests = [
        (status_request(**named, recipient_did="did:key:zA"), "status-request", {"recipient_did": "did:key:zA"}),
        (delivery_request(**named, limit=5), "delivery-request", {"limit": 5}),
        (messages_received(["m-1"], **named), "messages-received", {"message_id_list": ["m-1"]}),
        (live_delivery_change(True, **named), "live-delivery-change", {"live_delivery": True}),
    ]
    for message, name, body in requests:
        assert message == Message(
            id="r-1", type=f"{PIURI}/{name}", sender=LEARNER, to=(INSTITUTION,), return_route="all", body=body
        )


def test_a_live_push_starts_a_thread_of_its_own():
    pushed = delivery(messages=[("m-9", b"{}")], id="p-1", ours=INSTITUTION, theirs=LEARNER)
    assert (pushed.thread_id, read_delivery(pushed)) == ("p-1", (("m-9", b"{}"),))


@pytest.mark.parametrize(
    "message",
    [
        Message(id="x", type=f"{PIURI}/status"),
        Message(id="x", type="https://didcomm.org/messagepickup/2.0/delivery"),
        Message(id="x", type=f"{PIURI}/delivery", attachments=(Attachment(content=b"{}"),)),
        Message(id="x", type=f"{PIURI}/delivery", attachments=(Attachment(id="m", json=parse_object("{}")),)),
    ],
)
def test_what_is_no_delivery_is_not_read_as_one(message):
    with pytest.raises(MalformedMessage):
        read_delivery(message)
