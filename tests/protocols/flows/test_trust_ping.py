import pytest

from protocols.errors import IllegalMove
from protocols.flow import Command
from protocols.flows.trust_ping import FLOW
from protocols.flows.trust_ping.messages import PIURI, Ping
from tests.support.flows import INSTITUTION, LEARNER, context, outcome, received, sent


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Ping(ours=INSTITUTION, theirs=LEARNER), (None, ("send ping",))),
        (received(PIURI, "ping"), (None, ("send ping-response",))),
        (received(PIURI, "ping", {"response_requested": True}), (None, ("send ping-response",))),
        (received(PIURI, "ping", {"response_requested": False}), (None, ())),
        (received(PIURI, "ping", {"response_requested": "yes"}), "MalformedMessage"),
        (received(PIURI, "ping", sender=None), (None, ())),
        (received(PIURI, "ping-response"), (None, ())),
        (received(PIURI, "pong"), "MalformedMessage"),
    ],
)
def test_every_event_leads_to_its_effects(event, expected):
    assert outcome(FLOW, None, event) == expected


def test_a_response_goes_to_the_authenticated_sender_in_the_thread_of_the_ping():
    (response,) = sent(FLOW.advance(None, received(PIURI, "ping", thid="t-1"), context()))
    assert response.to_json() == {
        "typ": "application/didcomm-plain+json",
        "id": "id-1",
        "type": "https://didcomm.org/trust-ping/2.0/ping-response",
        "from": INSTITUTION,
        "to": [LEARNER],
        "thid": "t-1",
        "created_time": 1772442000,
        "body": {},
    }


def test_a_ping_asks_for_its_answer_on_the_same_connection():
    (ping,) = sent(FLOW.advance(None, Ping(ours=LEARNER, theirs=INSTITUTION), context()))
    assert (ping.sender, ping.to, ping.body, ping.return_route) == (
        LEARNER,
        (INSTITUTION,),
        {"response_requested": True},
        "all",
    )


def test_a_command_of_another_flow_is_our_own_fault():
    with pytest.raises(IllegalMove):
        FLOW.advance(None, Command(), context())
