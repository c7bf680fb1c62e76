import pytest

import protocols.flows
from protocols.flow import FlowSpec, Step
from protocols.registry import Registry, discover

OURS = {
    "https://didcomm.org/coordinate-mediation/3.0",
    "https://didcomm.org/discover-features/2.0",
    "https://didcomm.org/issue-credential/3.0",
    "https://didcomm.org/messagepickup/3.0",
    "https://didcomm.org/out-of-band/2.0",
    "https://didcomm.org/present-proof/3.0",
    "https://didcomm.org/report-problem/2.0",
    "https://didcomm.org/routing/2.0",
    "https://didcomm.org/trust-ping/2.0",
    "https://w3id.org/ler-exchange/consent/1.0",
    "https://w3id.org/ler-exchange/consented-relay/1.0",
    "https://w3id.org/ler-exchange/enrolment/1.0",
}


def _flow(piuri, *aliases):
    return FlowSpec(piuri=piuri, roles=("a", "b"), advance=lambda *_: Step(), aliases=aliases)


PICKUP_3 = _flow("https://didcomm.org/messagepickup/3.0")
PICKUP_4 = _flow("https://didcomm.org/message-pickup/4.0")
MEDIATION = _flow("https://didcomm.org/coordinate-mediation/2.0", "https://didcomm.org/mediator-coordination/2.0")
REGISTRY = Registry([PICKUP_4, PICKUP_3, MEDIATION])


def test_every_flow_of_this_program_is_found_by_the_scan():
    assert {spec.piuri for spec in discover().specs} >= OURS


@pytest.mark.parametrize(
    ("message_type", "flow"),
    [
        ("https://didcomm.org/messagepickup/3.0/status-request", PICKUP_3),
        ("https://didcomm.org/messagepickup/3.7/status-request", PICKUP_3),
        ("https://didcomm.org/message-pickup/3.0/status-request", PICKUP_3),
        ("https://didcomm.org/Message_Pickup/3.0/status-request", PICKUP_3),
        ("https://didcomm.org/message-pickup/4.0/status-request", PICKUP_4),
        ("https://didcomm.org/messagepickup/5.0/status-request", None),
        ("https://didcomm.org/coordinate-mediation/2.0/mediate-request", MEDIATION),
        ("https://didcomm.org/mediator-coordination/2.0/mediate-request", MEDIATION),
        ("https://example.com/messagepickup/3.0/status-request", None),
        ("http://didcomm.org/messagepickup/3.0/status-request", None),
        ("https://didcomm.org/messagepickup/3/status-request", None),
        ("https://didcomm.org/messagepickup/3.0", None),
        ("status-request", None),
        ("", None),
        ("https://didcomm.org/" + "x" * 600 + "/3.0/status-request", None),
    ],
)
def test_a_message_type_finds_its_flow_by_the_rules_of_message_type_uris(message_type, flow):
    assert REGISTRY.find(message_type) is flow


def test_a_flow_is_found_by_its_identifier_too():
    assert REGISTRY.of("https://didcomm.org/messagepickup/3.0") is PICKUP_3
    assert REGISTRY.of("nothing") is None


def test_flows_stand_in_one_order_however_they_were_found():
    assert REGISTRY.specs == (MEDIATION, PICKUP_4, PICKUP_3)


@pytest.mark.parametrize(
    "second",
    [
        _flow("https://didcomm.org/messagepickup/3.0"),
        _flow("https://didcomm.org/messagepickup/3.1"),
        _flow("https://didcomm.org/message-pickup/3.0"),
        _flow("https://didcomm.org/other/1.0", "https://didcomm.org/messagepickup/3.0"),
    ],
)
def test_two_flows_for_one_protocol_are_refused(second):
    with pytest.raises(ValueError, match="two flows for one protocol"):
        Registry([PICKUP_3, second])


def test_an_identifier_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a protocol identifier"):
        Registry([_flow("trust-ping")])


def test_a_folder_among_the_flows_that_is_none_is_refused(tmp_path, monkeypatch):
    (tmp_path / "half_done").mkdir()
    (tmp_path / "half_done" / "__init__.py").write_text("")
    monkeypatch.setattr(protocols.flows, "__path__", [str(tmp_path)])
    with pytest.raises(ValueError, match="half_done has no FLOW"):
        discover()
