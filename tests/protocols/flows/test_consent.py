from datetime import timedelta

from protocols.flow import Command, Thread
from protocols.flows.consent import FLOW
from protocols.flows.consent.messages import PIURI, Acknowledge, Countersigned, ReceiptArrived, ReceiptComplete
from tests.support.flows import NOW, STRANGER, context, play_table, received

ASKER = "did:web:employer.example"
PER_ASKER = "did:peer:4zQmForThisAsker"
RECEIPT = {"payload": {}, "signatures": ["a"]}


def _acknowledge():
    return Acknowledge(
        thread_id="r-1",
        request_thread="t-1",
        ours=ASKER,
        theirs=PER_ASKER,
        receipt=RECEIPT,
        expires_at=NOW + timedelta(days=7),
    )


def _receipt(sender=ASKER, body=None):
    body = {"receipt": RECEIPT} if body is None else body
    return received(PIURI, "receipt", body, sender=sender, ours=PER_ASKER, thid="r-1")


def _thread(role, state):
    ours, theirs = (ASKER, PER_ASKER) if role == "asker" else (PER_ASKER, ASKER)
    return Thread(id="r-1", flow=PIURI, role=role, state=state, ours=ours, theirs=theirs)


THREADS = {
    "none": None,
    "sent": _thread("asker", "sent"),
    "complete": _thread("asker", "complete"),
    "received": _thread("learner", "received"),
}
EVENTS = {
    "Acknowledge": _acknowledge,
    "Countersigned": lambda: Countersigned(receipt=RECEIPT),
    "receipt": _receipt,
    "receipt of a stranger": lambda: _receipt(sender=STRANGER),
    "anonymous receipt": lambda: _receipt(sender=None),
    "empty receipt": lambda: _receipt(body={}),
    "another command": Command,
}
TABLE = {
    ("none", "Acknowledge"): ("sent", ("send receipt",)),
    ("none", "Countersigned"): "IllegalMove",
    ("none", "receipt"): ("received", ("ReceiptArrived",)),
    ("none", "receipt of a stranger"): ("received", ("ReceiptArrived",)),
    ("none", "anonymous receipt"): "Unauthorized",
    ("none", "empty receipt"): "MalformedMessage",
    ("none", "another command"): "IllegalMove",
    ("sent", "Acknowledge"): "IllegalMove",
    ("sent", "Countersigned"): ("complete", ("ReceiptComplete",)),
    ("sent", "receipt"): "Unauthorized",
    ("sent", "receipt of a stranger"): "Unauthorized",
    ("sent", "anonymous receipt"): "Unauthorized",
    ("sent", "empty receipt"): "Unauthorized",
    ("sent", "another command"): "IllegalMove",
    ("complete", "Acknowledge"): "IllegalMove",
    ("complete", "Countersigned"): ("complete", ()),
    ("complete", "receipt"): "Unauthorized",
    ("complete", "receipt of a stranger"): "Unauthorized",
    ("complete", "anonymous receipt"): "Unauthorized",
    ("complete", "empty receipt"): "Unauthorized",
    ("complete", "another command"): "IllegalMove",
    ("received", "Acknowledge"): "IllegalMove",
    ("received", "Countersigned"): "IllegalMove",
    ("received", "receipt"): ("received", ("ReceiptArrived",)),
    ("received", "receipt of a stranger"): "Unauthorized",
    ("received", "anonymous receipt"): "Unauthorized",
    ("received", "empty receipt"): "MalformedMessage",
    ("received", "another command"): "IllegalMove",
}


def test_every_state_answers_every_event_as_the_table_says():
    assert play_table(FLOW, THREADS, EVENTS, TABLE) == {}


def test_a_receipt_arrives_with_who_gave_it():
    step = FLOW.advance(None, _receipt(), context())
    assert step.effects == (ReceiptArrived(thread_id="r-1", asker=ASKER, ours=PER_ASKER, receipt=RECEIPT),)


def test_a_countersigned_receipt_is_filed():
    both = {**RECEIPT, "signatures": ["a", "b"]}
    step = FLOW.advance(_thread("asker", "sent"), Countersigned(receipt=both), context())
    assert step.effects == (ReceiptComplete(thread_id="r-1", theirs=PER_ASKER, receipt=both),)
