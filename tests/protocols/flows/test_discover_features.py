import time

import pytest

from protocols.flow import Command, Read
from protocols.flows.discover_features import FLOW
from protocols.flows.discover_features.messages import PIURI, Ask, Query, read_disclosures
from tests.support.flows import INSTITUTION, LEARNER, context, outcome, received, sent

FEATURES = [
    {"feature-type": "protocol", "id": "https://didcomm.org/trust-ping/2.0", "roles": ["sender", "receiver"]},
    {"feature-type": "protocol", "id": "https://didcomm.org/messagepickup/3.0", "roles": ["mediator"]},
    {"feature-type": "goal-code", "id": "org.w3id.ler-exchange.present"},
    {"feature-type": "header", "id": "return_route"},
]
CONSTRAINT = {"feature-type": "constraint", "id": "max_receive_bytes", "max_receive_bytes": "1048576"}


def _asked(*queries, **named):
    items = [{"feature-type": feature_type, "match": match} for feature_type, match in queries]
    return received(PIURI, "queries", {"queries": items}, facts={"features": FEATURES}, **named)


@pytest.mark.parametrize(
    ("queries", "disclosed"),
    [
        ([("protocol", "https://didcomm.org/trust-ping/2.0")], FEATURES[:1]),
        ([("protocol", "https://didcomm.org/trust-ping/2.*")], FEATURES[:1]),
        ([("protocol", "*")], FEATURES[:2]),
        ([("protocol", "https://didcomm.org/*/3.*")], FEATURES[1:2]),
        ([("protocol", "*pickup*")], FEATURES[1:2]),
        ([("protocol", "https://didcomm.org/trust-ping/1.*")], []),
        ([("protocol", "https://didcomm.org/trust.ping/2.0")], []),
        ([("protocol", "https://didcomm.org/trust-ping")], []),
        ([("goal-code", "org.*"), ("header", "return_route")], FEATURES[2:]),
        ([("goal-code", "org.*"), ("goal-code", "*present")], FEATURES[2:3]),
        ([("constraint", "max_receive_bytes")], [CONSTRAINT]),
        ([("moon-phase", "*")], []),
        ([], []),
    ],
)
def test_what_matches_is_disclosed_once_and_unknown_types_are_ignored(queries, disclosed):
    (answer,) = sent(FLOW.advance(None, _asked(*queries), context()))
    assert (answer.type, answer.thid, answer.to) == (f"{PIURI}/disclose", "in-1", (LEARNER,))
    assert answer.body == {"disclosures": disclosed}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (Ask(ours=LEARNER, theirs=INSTITUTION, queries=(Query(feature_type="protocol", match="*"),)),
         (None, ("send queries",))),
        (_asked(("protocol", "*")), (None, ("send disclose",))),
        (_asked(("protocol", "*"), sender=None), (None, ())),
        (received(PIURI, "disclose", {"disclosures": FEATURES}), (None, ())),
        (received(PIURI, "queries", {"queries": "all"}), "MalformedMessage"),
        (received(PIURI, "queries", {"queries": [{"feature-type": "protocol"}]}), "MalformedMessage"),
        (_asked(*[("protocol", "*")] * 51), "TooLarge"),
        (_asked(("protocol", "x" * 513)), "TooLarge"),
        (received(PIURI, "query"), "MalformedMessage"),
        (Command(), "IllegalMove"),
    ],
)  # fmt: skip
def test_every_event_leads_to_its_effects(event, expected):
    assert outcome(FLOW, None, event) == expected


def test_the_features_are_read_for_queries_only():
    assert FLOW.reads(_asked(("protocol", "*"))) == (Read(name="features", kind="features"),)
    assert FLOW.reads(received(PIURI, "disclose")) == ()


def test_a_hostile_pattern_takes_no_time():
    began = time.process_time()
    assert not Query(feature_type="protocol", match="*a" * 255 + "b").matches("protocol", "a" * 5000)
    assert time.process_time() - began < 0.1


def test_a_disclosure_that_came_is_read_whole():
    assert read_disclosures(received(PIURI, "disclose", {"disclosures": FEATURES}).message) == tuple(FEATURES)
