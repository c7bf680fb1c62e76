from datetime import timedelta

from protocols.didcomm.message import Attachment
from protocols.flow import Command, Send, Thread
from protocols.flows.present_proof import FLOW
from protocols.flows.present_proof.messages import (
    PIURI,
    Ask,
    CloseRequest,
    Decline,
    Declined,
    Present,
    RequestArrived,
    VerifyPresentation,
    read_request,
)
from protocols.requests.query import QUERY_FORMAT
from tests.support.flows import NOW, STRANGER, context, play_table, received

ASKER = "did:web:employer.example"
PER_ASKER = "did:peer:4zQmForThisAsker"
REQUEST = "header.request.signature"
PRESENTATION = {"type": ["VerifiablePresentation"]}
DISCLOSURE = {"salts": [], "language": "en"}


def _ask():
    return Ask(thread_id="t-1", ours=ASKER, theirs=PER_ASKER, request=REQUEST, expires_at=NOW + timedelta(days=1))


def _request(sender=ASKER, **named):
    attached = Attachment(id="request", format=QUERY_FORMAT, content=REQUEST.encode())
    return received(
        PIURI, "request-presentation", sender=sender, ours=PER_ASKER, thid="t-1", attachments=(attached,), **named
    )


def _presentation(sender=PER_ASKER, body=None):
    attached = Attachment(id="presentation", format=QUERY_FORMAT, json=PRESENTATION)
    body = {"disclosure": DISCLOSURE} if body is None else body
    return received(PIURI, "presentation", body, sender=sender, ours=ASKER, thid="t-1", attachments=(attached,))


def _thread(role, state):
    ours, theirs = (ASKER, PER_ASKER) if role == "verifier" else (PER_ASKER, ASKER)
    return Thread(id="t-1", flow=PIURI, role=role, state=state, ours=ours, theirs=theirs)


VERIFIER_THREADS = {
    "none": None,
    **{state: _thread("verifier", state) for state in ("requested", "received", "declined")},
}
VERIFIER_EVENTS = {
    "Ask": _ask,
    "Declined": lambda: Declined(reason="not-now"),
    "presentation": _presentation,
    "presentation of a stranger": lambda: _presentation(sender=STRANGER),
    "anonymous presentation": lambda: _presentation(sender=None),
    "presentation without disclosure": lambda: _presentation(body={}),
    "problem-report": lambda: received(PIURI, "problem-report", sender=PER_ASKER, ours=ASKER, thid="t-1"),
    "another command": Command,
}
REFUSED_FROM_OTHERS = {
    "presentation of a stranger": "Unauthorized",
    "anonymous presentation": "Unauthorized",
    "another command": "IllegalMove",
}
VERIFIER_TABLE = {
    "none": {
        "Ask": ("requested", ("send request-presentation",)),
        "Declined": "IllegalMove",
        "presentation": "UnexpectedMessage",
        "presentation of a stranger": "UnexpectedMessage",
        "anonymous presentation": "Unauthorized",
        "presentation without disclosure": "UnexpectedMessage",
        "problem-report": (None, ()),
        "another command": "IllegalMove",
    },
    "requested": {
        "Ask": "IllegalMove",
        "Declined": ("declined", ("CloseRequest",)),
        "presentation": ("received", ("VerifyPresentation",)),
        "presentation without disclosure": "MalformedMessage",
        "problem-report": ("requested", ()),
        **REFUSED_FROM_OTHERS,
    },
    "received": {
        "Ask": "IllegalMove",
        "Declined": ("received", ()),
        "presentation": "UnexpectedMessage",
        "presentation without disclosure": "UnexpectedMessage",
        "problem-report": ("received", ()),
        **REFUSED_FROM_OTHERS,
    },
    "declined": {
        "Ask": "IllegalMove",
        "Declined": ("declined", ()),
        "presentation": "UnexpectedMessage",
        "presentation without disclosure": "UnexpectedMessage",
        "problem-report": ("declined", ()),
        **REFUSED_FROM_OTHERS,
    },
}
PROVER_THREADS = {
    "none": None,
    **{state: _thread("prover", state) for state in ("request-received", "presented", "declined", "done")},
}
PROVER_EVENTS = {
    "request": _request,
    "request of a stranger": lambda: _request(sender=STRANGER),
    "Present": lambda: Present(presentation=PRESENTATION, disclosure=DISCLOSURE),
    "Decline": Decline,
    "ack": lambda: received(PIURI, "ack", sender=ASKER, ours=PER_ASKER, thid="t-1"),
}
PROVER_TABLE = {
    "none": {
        "request": ("request-received", ("RequestArrived",)),
        "request of a stranger": ("request-received", ("RequestArrived",)),
        "Present": "IllegalMove",
        "Decline": "IllegalMove",
        "ack": "UnexpectedMessage",
    },
    "request-received": {
        "request": "UnexpectedMessage",
        "request of a stranger": "Unauthorized",
        "Present": ("presented", ("send presentation",)),
        "Decline": ("declined", ()),
        "ack": "UnexpectedMessage",
    },
    "presented": {
        "request": "UnexpectedMessage",
        "request of a stranger": "Unauthorized",
        "Present": "IllegalMove",
        "Decline": "IllegalMove",
        "ack": ("done", ()),
    },
    "declined": {
        "request": "UnexpectedMessage",
        "request of a stranger": "Unauthorized",
        "Present": "IllegalMove",
        "Decline": "IllegalMove",
        "ack": "UnexpectedMessage",
    },
    "done": {
        "request": "UnexpectedMessage",
        "request of a stranger": "Unauthorized",
        "Present": "IllegalMove",
        "Decline": "IllegalMove",
        "ack": "UnexpectedMessage",
    },
}


def _flat(table):
    return {(state, event): expected for state, row in table.items() for event, expected in row.items()}


def test_every_verifier_state_answers_every_event_as_the_table_says():
    assert play_table(FLOW, VERIFIER_THREADS, VERIFIER_EVENTS, _flat(VERIFIER_TABLE)) == {}


def test_every_prover_state_answers_every_event_as_the_table_says():
    assert play_table(FLOW, PROVER_THREADS, PROVER_EVENTS, _flat(PROVER_TABLE)) == {}


def test_the_request_travels_as_its_exact_characters():
    step = FLOW.advance(None, _ask(), context())
    (send,) = step.effects
    assert isinstance(send, Send)
    assert read_request(send.message) == REQUEST
    assert (send.message.thid, send.message.to, send.message.expires_time) == (
        "t-1",
        (PER_ASKER,),
        NOW + timedelta(days=1),
    )


def test_a_request_is_shown_and_nothing_is_answered_before_the_learner_decides():
    step = FLOW.advance(None, _request(), context())
    assert step.effects == (RequestArrived(thread_id="t-1", ours=PER_ASKER, asker=ASKER, request=REQUEST),)


def test_a_presentation_is_handed_on_with_its_disclosure():
    step = FLOW.advance(_thread("verifier", "requested"), _presentation(), context())
    assert step.effects == (
        VerifyPresentation(thread_id="t-1", theirs=PER_ASKER, presentation=PRESENTATION, disclosure=DISCLOSURE),
    )


def test_a_refusal_closes_the_request_with_the_reason_the_learner_chose_to_give():
    step = FLOW.advance(_thread("verifier", "requested"), Declined(reason="not-now"), context())
    assert step.effects == (CloseRequest(thread_id="t-1", reason="not-now"),)
