import json
from datetime import timedelta

import pytest

from protocols.didcomm.message import Attachment
from protocols.flow import Command
from protocols.flows.routing import FLOW
from protocols.flows.routing.messages import MAX_DEPOSIT_BYTES, PIURI, Deposit
from tests.support.flows import INSTITUTION, NOW, context, outcome, received

JWE = {"protected": "e30", "recipients": [], "ciphertext": "b3BhcXVl", "tag": "dGFn", "iv": "aXY"}
AS_SENT = json.dumps(JWE, indent=1).encode()
NEXT = "did:key:z6LSmailbox"


def _forward(*attachments, next=NEXT, sender=None, **named):
    return received(PIURI, "forward", {"next": next}, sender=sender, attachments=attachments, **named)


def test_a_forward_is_one_deposit_of_the_bytes_that_were_sent():
    until = NOW + timedelta(days=1)
    step = FLOW.advance(None, _forward(Attachment(content=AS_SENT), expires_time=until), context())
    assert (step.thread, step.effects) == (None, (Deposit(next=NEXT, envelope=AS_SENT, expires_at=until),))


def test_an_envelope_sent_as_json_is_kept_in_its_canonical_form():
    (deposit,) = FLOW.advance(None, _forward(Attachment(json=JWE)), context()).effects
    expected = b'{"ciphertext":"b3BhcXVl","iv":"aXY","protected":"e30","recipients":[],"tag":"dGFn"}'
    assert deposit == Deposit(next=NEXT, envelope=expected, expires_at=None)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (_forward(Attachment(json=JWE)), (None, ("Deposit",))),
        (_forward(Attachment(json=JWE), sender="did:web:other.example"), (None, ("Deposit",))),
        (_forward(Attachment(json=JWE), next=f"{NEXT}#z6LSmailbox"), (None, ("Deposit",))),
        (_forward(), "MalformedMessage"),
        (_forward(Attachment(json=JWE), Attachment(json=JWE)), "MalformedMessage"),
        (_forward(Attachment(links=("https://internal.example/",), hash="x")), "MalformedMessage"),
        (_forward(Attachment(json={"type": "plaintext"})), "MalformedMessage"),
        (_forward(Attachment(content=b"not json")), "MalformedMessage"),
        (_forward(Attachment(content=b" " * (MAX_DEPOSIT_BYTES + 1))), "TooLarge"),
        (_forward(Attachment(json=JWE), next=INSTITUTION), "UnexpectedMessage"),
        (_forward(Attachment(json=JWE), next=f"{INSTITUTION}#key-1"), "UnexpectedMessage"),
        (_forward(Attachment(json=JWE), next=None), "MalformedMessage"),
        (_forward(Attachment(json=JWE), next="https://example.com"), "MalformedMessage"),
        (_forward(Attachment(json=JWE), next="did:key:" + "z" * 9000), "MalformedMessage"),
        (_forward(Attachment(json=JWE), expires_time=NOW), "Expired"),
        (received(PIURI, "reverse"), "MalformedMessage"),
        (Command(), "IllegalMove"),
    ],
)
def test_every_event_leads_to_its_effects(event, expected):
    assert outcome(FLOW, None, event) == expected
