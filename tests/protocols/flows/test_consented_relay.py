from datetime import timedelta

import pytest

from protocols.consent.relay import Answer, Relay
from protocols.didcomm.message import Attachment
from protocols.errors import Unauthorized
from protocols.flow import Command, Read, Send
from protocols.flows.consented_relay import FLOW
from protocols.flows.consented_relay.messages import PIURI, AnswerArrived, CheckSealed, TakeDelivery, Unwrap, Vouched
from protocols.jose.encoding import digest_json
from tests.support.flows import INSTITUTION, LEARNER, NOW, context, outcome, received

EXIT = "did:web:exit.example"
ASKER = "did:web:employer.example"
PER_ASKER = "did:peer:4zQmForThisAsker"
MIDDLE = {"protected": "e30", "recipients": [], "ciphertext": "c2VhbGVk"}
SEALED = Attachment(id="sealed", json=MIDDLE)
WELCOME = {
    "enrolled": True,
    "suspended": False,
    "sent": 3,
    "limit": 200,
    "sealed_seen": False,
    "next_is_relay": True,
}
FROM_RELAY = {"is_relay": True}
EXPIRES = NOW + timedelta(hours=1)
RELAY = Relay(next=EXIT, expires=EXPIRES).to_json()


def _relay(sender=LEARNER, body=RELAY, attachments=(SEALED,), **entry):
    return received(PIURI, "relay", body, sender=sender, attachments=attachments, facts={"entry": {**WELCOME, **entry}})


def test_the_entry_asks_whom_it_vouches_for_and_whether_the_sealed_part_was_seen():
    arguments = {"owner": LEARNER, "middle": digest_json(MIDDLE), "next": EXIT}
    assert FLOW.reads(_relay()) == (Read(name="entry", kind="entry", arguments=arguments),)


def test_the_entry_passes_the_sealed_part_on_and_says_nothing_of_who_sent_it():
    step = FLOW.advance(None, _relay(), context())
    vouched, send = step.effects
    assert vouched == Vouched(owner=LEARNER, middle=digest_json(MIDDLE))
    assert isinstance(send, Send)
    assert (send.message.sender, send.message.to, send.message.expires_time) == (INSTITUTION, (EXIT,), EXPIRES)
    assert send.message.attachments[0].json == MIDDLE
    assert send.message.thid is None, "every hop has a thread of its own"
    assert LEARNER not in str(send.message.to_json())


@pytest.mark.parametrize(
    "entry",
    [{"enrolled": False}, {"suspended": True}, {"sent": 200}, {"sealed_seen": True}, {"next_is_relay": False}],
    ids=["not enrolled", "suspended", "over the rate", "replayed", "to somebody who is no relay"],
)
def test_the_entry_refuses_whom_it_cannot_vouch_for(entry):
    with pytest.raises(Unauthorized):
        FLOW.advance(None, _relay(**entry), context())


CASES = {
    "anonymous relay": (lambda: _relay(sender=None), "Unauthorized"),
    "expired relay": (lambda: _relay(body=Relay(next=EXIT, expires=NOW).to_json()), "Unauthorized"),
    "relay of nothing": (lambda: _relay(attachments=()), "MalformedMessage"),
    "relay of two": (lambda: _relay(attachments=(SEALED, SEALED)), "MalformedMessage"),
    "relay of plaintext": (lambda: _relay(attachments=(Attachment(id="s", json={"a": 1}),)), "MalformedMessage"),
    "anonymous forward": (lambda: received(PIURI, "forward", {}, sender=None), "Unauthorized"),
    "anonymous deliver": (lambda: received(PIURI, "deliver", {}, sender=None), "Unauthorized"),
    "anonymous answer": (lambda: received(PIURI, "answer", {}, sender=None), "Unauthorized"),
    "forward of a stranger": (lambda: received(PIURI, "forward", {}, facts={"is_relay": False}), "Unauthorized"),
    "deliver of a stranger": (lambda: received(PIURI, "deliver", {}, facts={"is_relay": False}), "Unauthorized"),
    "unknown message": (lambda: received(PIURI, "else", {}), "UnsupportedMessage"),
    "a command": (Command, "UnsupportedMessage"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_belong_is_refused(name):
    event, refusal = CASES[name]
    assert outcome(FLOW, None, event()) == refusal


@pytest.mark.parametrize("name", ["forward", "deliver"])
def test_whether_a_relay_sent_it_is_asked_before_anything_durable_is_made_of_it(name):
    event = received(PIURI, name, {}, sender=EXIT)
    assert FLOW.reads(event) == (Read(name="is_relay", kind="is_relay", arguments={"did": EXIT}),)


def test_the_exit_puts_what_a_member_forwards_on_its_work_list():
    event = received(
        PIURI,
        "forward",
        {"expires": int(EXPIRES.timestamp())},
        sender=INSTITUTION,
        ours=EXIT,
        attachments=(SEALED,),
        facts=FROM_RELAY,
    )
    assert FLOW.advance(None, event, context()).effects == (
        CheckSealed(vouching=INSTITUTION, middle=MIDDLE, expires_at=EXPIRES),
    )


def test_the_asker_puts_what_an_exit_delivers_on_its_work_list():
    body = {"kind": "present"}
    event = received(PIURI, "deliver", body, sender=EXIT, ours=ASKER, attachments=(SEALED,), facts=FROM_RELAY)
    assert FLOW.advance(None, event, context()).effects == (TakeDelivery(exit=EXIT, body=body, inner=MIDDLE),)


def test_the_learner_gets_the_answer_and_what_came_back():
    answer = Answer(about=digest_json({}), delivered=True)
    event = received(PIURI, "answer", answer.to_json(), sender=EXIT, ours=PER_ASKER)
    assert FLOW.advance(None, event, context()).effects == (AnswerArrived(answer=answer),)
    back = received(PIURI, "back", {}, sender=None, ours="did:key:zMailbox", attachments=(SEALED,))
    assert FLOW.advance(None, back, context()).effects == (Unwrap(envelope=MIDDLE),)
