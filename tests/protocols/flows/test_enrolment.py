import pytest

from protocols.errors import Unauthorized
from protocols.flow import Command, Read, Received, Thread
from protocols.flows.enrolment import FLOW
from protocols.flows.enrolment.messages import PIURI, BindLearner, Enrol, Enrolled, code_hash
from protocols.flows.enrolment.states import State
from tests.support.flows import INSTITUTION, LEARNER, STRANGER, context, outcome, play_table, received, sent

CODE = "K7QF-9M2X-TT4P"
HASH = "EFVpRkK8khggTL5PWe_DurK-ay9hm3bveMgbt3Eo3j0"
VALID = {
    "state": "valid",
    "bound_to": None,
    "learner": "learner-7",
    "reference": "S-1004",
    "assurance": "counter",
    "anchors": ["https://network.example"],
}
USED = {**VALID, "state": "used", "bound_to": LEARNER}
BODY = {
    "learner": {"reference": "S-1004"},
    "assurance": "counter",
    "anchors": ["https://network.example"],
    "mediation": {"did": INSTITUTION},
}


def _enrol(fact=VALID, sender=LEARNER, code=CODE, **named):
    return received(PIURI, "enrol", {"code": code}, sender=sender, facts={"code": fact}, thid="t-1", **named)


def _enrolled(body=BODY, sender=INSTITUTION):
    return received(PIURI, "enrolled", body, sender=sender, ours=LEARNER, thid="t-1")


def _report(sender=INSTITUTION, ours=LEARNER):
    return received(
        "https://didcomm.org/report-problem/2.0",
        "problem-report",
        {"code": "e.p.trust"},
        sender=sender,
        ours=ours,
        pthid="t-1",
    )


def _learner(state):
    return Thread(id="t-1", flow=PIURI, role="learner", state=str(state), ours=LEARNER, theirs=INSTITUTION)


INSTITUTION_THREAD = Thread(
    id="t-1", flow=PIURI, role="institution", state="enrolled", ours=INSTITUTION, theirs=LEARNER
)
LEARNER_THREADS = {"none": None, **{state.value: _learner(state) for state in State}}
LEARNER_EVENTS = {
    "Enrol": lambda: Enrol(code=CODE, ours=LEARNER, theirs=INSTITUTION),
    "another command": Command,
    "enrol": lambda: _enrol(sender=INSTITUTION),
    "enrolled": _enrolled,
    "problem-report": _report,
    "unknown": lambda: received(PIURI, "expel", sender=INSTITUTION, ours=LEARNER, thid="t-1"),
}
LEARNER_TABLE = {
    ("none", "Enrol"): ("requested", ("send enrol",)),
    ("none", "enrol"): ("enrolled", ("BindLearner", "send enrolled")),
    ("none", "enrolled"): "UnexpectedMessage",
    ("none", "problem-report"): (None, ()),
    ("requested", "enrolled"): ("enrolled", ("Enrolled",)),
    ("requested", "problem-report"): ("refused", ()),
    ("enrolled", "enrolled"): ("enrolled", ()),
    ("enrolled", "problem-report"): ("enrolled", ()),
    ("refused", "enrolled"): "UnexpectedMessage",
    ("refused", "problem-report"): ("refused", ()),
    **{(state.value, "Enrol"): "IllegalMove" for state in State},
    **{(state.value, "enrol"): "UnexpectedMessage" for state in State},
    **{(state, "another command"): "IllegalMove" for state in LEARNER_THREADS},
    **{(state, "unknown"): "MalformedMessage" for state in LEARNER_THREADS},
}
INSTITUTION_THREADS = {"none": None, "enrolled": INSTITUTION_THREAD}
INSTITUTION_EVENTS = {
    "enrol, valid": _enrol,
    "enrol, used by them": lambda: _enrol(USED),
    "enrol, used by another": lambda: _enrol({**USED, "bound_to": STRANGER}),
    "enrol, expired": lambda: _enrol({**VALID, "state": "expired"}),
    "enrol, unknown": lambda: _enrol({"state": "unknown"}),
    "enrolled": lambda: received(PIURI, "enrolled", BODY, thid="t-1"),
    "problem-report": lambda: _report(LEARNER, INSTITUTION),
}
INSTITUTION_TABLE = {
    **{(state, "enrol, valid"): ("enrolled", ("BindLearner", "send enrolled")) for state in INSTITUTION_THREADS},
    **{(state, "enrol, used by them"): ("enrolled", ("send enrolled",)) for state in INSTITUTION_THREADS},
    **{
        (state, f"enrol, {why}"): "Unauthorized"
        for state in INSTITUTION_THREADS
        for why in ("used by another", "expired", "unknown")
    },
    **{(state, "enrolled"): "UnexpectedMessage" for state in INSTITUTION_THREADS},
    ("none", "problem-report"): (None, ()),
    ("enrolled", "problem-report"): ("enrolled", ()),
}


def test_the_learner_s_table_of_states_and_events_is_complete():
    assert play_table(FLOW, LEARNER_THREADS, LEARNER_EVENTS, LEARNER_TABLE) == {}


def test_the_institution_s_table_of_states_and_events_is_complete():
    assert play_table(FLOW, INSTITUTION_THREADS, INSTITUTION_EVENTS, INSTITUTION_TABLE) == {}


def test_an_enrolment_between_two_parties_binds_the_authenticated_did():
    learner = FLOW.advance(None, Enrol(code=CODE, ours=LEARNER, theirs=INSTITUTION), context())
    asked = Received(message=sent(learner)[0], sender=LEARNER, ours=INSTITUTION, facts={"code": VALID})
    institution = FLOW.advance(None, asked, context())
    assert institution.effects[0] == BindLearner(learner="learner-7", did=LEARNER, code_hash=HASH)
    assert sent(institution)[0].body == BODY
    answer = Received(message=sent(institution)[0], sender=INSTITUTION, ours=LEARNER)
    learner = FLOW.advance(learner.thread, answer, context())
    assert learner.effects == (
        Enrolled(
            thread_id="id-1",
            institution=INSTITUTION,
            learner={"reference": "S-1004"},
            assurance="counter",
            anchors=("https://network.example",),
            mediation=INSTITUTION,
        ),
    )


def test_the_code_is_looked_up_by_its_hash_only():
    assert code_hash(CODE) == HASH
    assert FLOW.reads(_enrol()) == (Read(name="code", kind="enrolment_code", arguments={"hash": HASH}),)
    assert FLOW.reads(_enrol(sender=None)) == ()
    assert FLOW.reads(_enrol(code="short")) == ()
    assert FLOW.reads(_enrolled()) == ()


def test_the_code_is_kept_in_no_thread_and_no_error():
    asked = FLOW.advance(None, Enrol(code=CODE, ours=LEARNER, theirs=INSTITUTION), context()).thread
    bound = FLOW.advance(None, _enrol(), context()).thread
    assert CODE not in repr((asked, bound))
    with pytest.raises(Unauthorized) as caught:
        FLOW.advance(None, _enrol({"state": "unknown"}), context())
    assert CODE not in repr((caught.value.detail, caught.value.found, caught.value.expected))


def test_used_expired_and_unknown_codes_look_the_same_to_a_stranger():
    facts = ({**USED, "bound_to": STRANGER}, {**VALID, "state": "expired"}, {"state": "unknown"})
    seen = set()
    for fact in facts:
        with pytest.raises(Unauthorized) as caught:
            FLOW.advance(None, _enrol(fact), context())
        seen.add((caught.value.code, caught.value.detail, caught.value.found, caught.value.expected))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("thread", "event", "expected"),
    [
        (None, _enrol(sender=None), "Unauthorized"),
        (INSTITUTION_THREAD, _enrol(sender=STRANGER), "Unauthorized"),
        (_learner(State.REQUESTED), _enrolled(sender=STRANGER), "Unauthorized"),
        (_learner(State.REQUESTED), _enrolled(sender=None), "Unauthorized"),
        (_learner(State.REQUESTED), _report(sender=STRANGER), "Unauthorized"),
        (None, _enrol(code=None), "MalformedMessage"),
        (None, _enrol(code="short"), "MalformedMessage"),
        (None, _enrol(code="x" * 129), "MalformedMessage"),
        (_learner(State.REQUESTED), _enrolled({}), "MalformedMessage"),
        (_learner(State.REQUESTED), _enrolled({**BODY, "anchors": ["x"] * 21}), "MalformedMessage"),
        (_learner(State.REQUESTED), _enrolled({**BODY, "anchors": [7]}), "MalformedMessage"),
        (_learner(State.REQUESTED), _enrolled({**BODY, "learner": "S-1004"}), "MalformedMessage"),
        (_learner(State.REQUESTED), _enrolled({**BODY, "mediation": {}}), "MalformedMessage"),
    ],
)
def test_attacks_and_malformed_messages_are_refused(thread, event, expected):
    assert outcome(FLOW, thread, event) == expected
