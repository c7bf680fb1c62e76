import pytest

from protocols.flow import Command, Read, Thread
from protocols.flows.coordinate_mediation import FLOW
from protocols.flows.coordinate_mediation.messages import (
    PIURI,
    GrantMediation,
    MediationGranted,
    QueryRecipients,
    RecipientsListed,
    RecipientsUpdated,
    RequestMediation,
    UpdateKeylist,
    UpdateRecipients,
)
from protocols.flows.coordinate_mediation.states import State
from tests.support.flows import INSTITUTION, LEARNER, STRANGER, context, outcome, play_table, received, sent

ADD = {"updates": [{"recipient_did": "did:key:zNew", "action": "add"}]}
FACTS = {"enrolled": True, "keylist": ["did:key:zOld"], "taken": []}
GRANT = {"routing_did": [INSTITUTION]}
UPDATED = {"updated": [{"recipient_did": "did:key:zNew", "action": "add", "result": "success"}]}
LISTED = {"dids": [{"recipient_did": "did:key:zOld"}], "pagination": {"count": 1, "offset": 0, "remaining": 2}}


def _waiting(state, theirs=INSTITUTION):
    return Thread(id="in-1", flow=PIURI, role="recipient", state=str(state), ours=LEARNER, theirs=theirs)


def _request(name, body=None, **named):
    return received(PIURI, name, body, **{"facts": FACTS, **named})


def _answer(name, body=None):
    return received(PIURI, name, body, sender=INSTITUTION, ours=LEARNER)


THREADS = {"none": None, **{state.value: _waiting(state) for state in State}}
EVENTS = {
    "RequestMediation": lambda: RequestMediation(ours=LEARNER, theirs=INSTITUTION),
    "UpdateRecipients": lambda: UpdateRecipients(ours=LEARNER, theirs=INSTITUTION, add=("did:key:zNew",)),
    "QueryRecipients": lambda: QueryRecipients(ours=LEARNER, theirs=INSTITUTION),
    "mediate-request": lambda: _request("mediate-request", sender=INSTITUTION),
    "recipient-update": lambda: _request("recipient-update", ADD, sender=INSTITUTION),
    "recipient-query": lambda: _request("recipient-query", sender=INSTITUTION),
    "mediate-grant": lambda: _answer("mediate-grant", GRANT),
    "mediate-deny": lambda: _answer("mediate-deny"),
    "recipient-update-response": lambda: _answer("recipient-update-response", UPDATED),
    "recipient": lambda: _answer("recipient", LISTED),
    "keylist-update": lambda: _answer("keylist-update"),
    "another command": Command,
}
LEGAL = {
    ("none", "RequestMediation"): ("request-sent", ("send mediate-request",)),
    ("none", "UpdateRecipients"): ("update-sent", ("send recipient-update",)),
    ("none", "QueryRecipients"): ("query-sent", ("send recipient-query",)),
    ("none", "mediate-request"): (None, ("GrantMediation", "send mediate-grant")),
    ("none", "recipient-update"): (None, ("UpdateKeylist", "send recipient-update-response")),
    ("none", "recipient-query"): (None, ("send recipient",)),
    ("request-sent", "mediate-grant"): ("granted", ("MediationGranted",)),
    ("request-sent", "mediate-deny"): ("denied", ("MediationDenied",)),
    ("update-sent", "recipient-update-response"): ("updated", ("RecipientsUpdated",)),
    ("query-sent", "recipient"): ("answered", ("RecipientsListed",)),
}
COMMANDS = {"RequestMediation", "UpdateRecipients", "QueryRecipients", "another command"}


def _refusal(event):
    if event in COMMANDS:
        return "IllegalMove"
    return "MalformedMessage" if event == "keylist-update" else "UnexpectedMessage"


def test_the_table_of_states_and_events_is_complete():
    illegal = {(state, event): _refusal(event) for state in THREADS for event in EVENTS}
    assert play_table(FLOW, THREADS, EVENTS, {**illegal, **LEGAL}) == {}


@pytest.mark.parametrize(
    ("thread", "event", "expected"),
    [
        (None, _request("mediate-request", sender=None), "Unauthorized"),
        (None, _request("recipient-update", ADD, sender=None), "Unauthorized"),
        (None, _request("recipient-query", sender=None), "Unauthorized"),
        (None, _request("mediate-request", facts={"enrolled": False}), (None, ("send mediate-deny",))),
        (None, _request("recipient-update", ADD, facts={**FACTS, "enrolled": False}), "Unauthorized"),
        (None, _request("recipient-query", facts={**FACTS, "enrolled": False}), "Unauthorized"),
        (_waiting(State.REQUEST_SENT), _request("mediate-grant", GRANT, sender=STRANGER), "Unauthorized"),
        (_waiting(State.GRANTED), _answer("mediate-grant", GRANT), "UnexpectedMessage"),
        (_waiting(State.UPDATE_SENT), _answer("mediate-grant", GRANT), "UnexpectedMessage"),
        (_waiting(State.REQUEST_SENT), _answer("mediate-grant", {}), "MalformedMessage"),
        (_waiting(State.REQUEST_SENT), _answer("mediate-grant", {"routing_did": ["no did"]}), "MalformedMessage"),
        (None, _request("recipient-update", {"updates": ADD["updates"] * 101}), "TooLarge"),
        (None, _request("recipient-update", {"updates": "all"}), "MalformedMessage"),
        (None, _request("recipient-update", {"updates": [{"action": "add"}]}), "MalformedMessage"),
        (None, _request("recipient-query", {"paginate": {"limit": 1}}), "MalformedMessage"),
        (None, _request("recipient-query", {"paginate": {"limit": True, "offset": 0}}), "MalformedMessage"),
        (None, _request("recipient-query", {"paginate": {"limit": 1, "offset": -1}}), "MalformedMessage"),
    ],
)
def test_attacks_and_malformed_requests_are_refused(thread, event, expected):
    assert outcome(FLOW, thread, event) == expected


def test_a_grant_names_this_node_as_the_way():
    step = FLOW.advance(None, _request("mediate-request"), context())
    assert step.effects[0] == GrantMediation(owner=LEARNER)
    (grant,) = sent(step)
    assert (grant.type, grant.thid, grant.sender, grant.to, grant.body) == (
        f"{PIURI}/mediate-grant",
        "in-1",
        INSTITUTION,
        (LEARNER,),
        {"routing_did": [INSTITUTION]},
    )


def test_each_update_gets_its_own_result_in_the_order_asked():
    items = [
        ("did:key:zNew", "add", "success"),
        ("did:key:zNew", "add", "no_change"),
        ("did:key:zOld", "add", "no_change"),
        ("did:key:zOld", "remove", "success"),
        ("did:key:zOld", "remove", "no_change"),
        ("did:key:zBrief", "add", "success"),
        ("did:key:zBrief", "remove", "success"),
        ("did:key:zTheirs", "add", "client_error"),
        ("did:key:zTheirs", "remove", "no_change"),
        (INSTITUTION, "add", "client_error"),
        ("not a did", "add", "client_error"),
        ("did:key:zNew", "rename", "client_error"),
    ]
    updates = [{"recipient_did": did, "action": action} for did, action, _ in items]
    facts = {**FACTS, "taken": ["did:key:zTheirs"]}
    step = FLOW.advance(None, _request("recipient-update", {"updates": updates}, facts=facts), context())
    assert step.effects[0] == UpdateKeylist(owner=LEARNER, added=("did:key:zNew",), removed=("did:key:zOld",))
    assert sent(step)[0].body == {
        "updated": [{"recipient_did": did, "action": action, "result": result} for did, action, result in items]
    }


def test_updates_that_change_nothing_lead_to_no_effect():
    updates = {"updates": [{"recipient_did": "did:key:zOld", "action": "add"}]}
    assert outcome(FLOW, None, _request("recipient-update", updates)) == (None, ("send recipient-update-response",))


def test_a_keylist_has_an_end():
    full = {**FACTS, "keylist": [f"did:key:z{number}" for number in range(1000)]}
    step = FLOW.advance(None, _request("recipient-update", ADD, facts=full), context())
    assert sent(step)[0].body["updated"][0]["result"] == "client_error"


@pytest.mark.parametrize(
    ("asked", "count", "answered"),
    [
        ({}, 2, {"dids": ["z0", "z1"]}),
        ({"paginate": {"limit": 2, "offset": 1}}, 4,
         {"dids": ["z1", "z2"], "pagination": {"count": 2, "offset": 1, "remaining": 1}}),
        ({"paginate": {"limit": 0, "offset": 0}}, 2,
         {"dids": [], "pagination": {"count": 0, "offset": 0, "remaining": 2}}),
        ({"paginate": {"limit": 5, "offset": 9}}, 2,
         {"dids": [], "pagination": {"count": 0, "offset": 9, "remaining": 0}}),
        ({}, 101, {"dids": [f"z{number}" for number in range(100)],
                   "pagination": {"count": 100, "offset": 0, "remaining": 1}}),
        ({"paginate": {"limit": 5000, "offset": 0}}, 101,
         {"dids": [f"z{number}" for number in range(100)],
          "pagination": {"count": 100, "offset": 0, "remaining": 1}}),
    ],
)  # fmt: skip
def test_a_query_is_answered_page_by_page(asked, count, answered):
    facts = {**FACTS, "keylist": [f"did:key:z{number}" for number in range(count)]}
    (answer,) = sent(FLOW.advance(None, _request("recipient-query", asked, facts=facts), context()))
    expected = {**answered, "dids": [{"recipient_did": f"did:key:{name}"} for name in answered["dids"]]}
    assert answer.body == expected


def test_what_a_request_reads_is_about_its_authenticated_sender():
    enrolled = Read(name="enrolled", kind="enrolment", arguments={"did": LEARNER})
    keylist = Read(name="keylist", kind="keylist", arguments={"owner": LEARNER})
    taken = Read(name="taken", kind="taken", arguments={"owner": LEARNER, "recipients": ["did:key:zNew"]})
    assert FLOW.reads(_request("mediate-request")) == (enrolled,)
    assert FLOW.reads(_request("recipient-query")) == (enrolled, keylist)
    assert FLOW.reads(_request("recipient-update", ADD)) == (enrolled, keylist, taken)
    assert FLOW.reads(_request("recipient-update", {"updates": 7}))[2].arguments["recipients"] == []
    assert FLOW.reads(_request("recipient-update", ADD, sender=None)) == ()
    assert FLOW.reads(_answer("mediate-grant", GRANT)) == ()
    assert FLOW.reads(RequestMediation(ours=LEARNER, theirs=INSTITUTION)) == ()


def test_a_recipient_remembers_whom_it_asked_under_the_id_of_its_request():
    command = UpdateRecipients(ours=LEARNER, theirs=INSTITUTION, add=("did:key:zA",), remove=("did:key:zB",))
    step = FLOW.advance(None, command, context())
    (request,) = sent(step)
    assert step.thread == Thread(
        id="id-1", flow=PIURI, role="recipient", state="update-sent", ours=LEARNER, theirs=INSTITUTION
    )
    assert (request.thread_id, request.return_route) == ("id-1", "all")
    assert request.body == {
        "updates": [
            {"recipient_did": "did:key:zA", "action": "add"},
            {"recipient_did": "did:key:zB", "action": "remove"},
        ]
    }


@pytest.mark.parametrize(
    ("state", "event", "effect"),
    [
        (State.REQUEST_SENT, _answer("mediate-grant", GRANT),
         MediationGranted(mediator=INSTITUTION, routing_dids=(INSTITUTION,))),
        (State.REQUEST_SENT, _answer("mediate-grant", {"routing_did": INSTITUTION}),
         MediationGranted(mediator=INSTITUTION, routing_dids=(INSTITUTION,))),
        (State.UPDATE_SENT, _answer("recipient-update-response", UPDATED),
         RecipientsUpdated(mediator=INSTITUTION, results={"did:key:zNew": "success"})),
        (State.QUERY_SENT, _answer("recipient", LISTED),
         RecipientsListed(mediator=INSTITUTION, recipients=("did:key:zOld",), remaining=2)),
    ],
)  # fmt: skip
def test_an_answer_that_was_waited_for_is_handed_on_whole(state, event, effect):
    assert FLOW.advance(_waiting(state), event, context()).effects == (effect,)
