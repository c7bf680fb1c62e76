import pytest

from protocols.didcomm.message import Attachment
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Command
from protocols.flows.out_of_band import FLOW
from protocols.flows.out_of_band.messages import (
    INVITATION,
    PIURI,
    Invitation,
    invitation,
    read_invitation,
    read_invitation_url,
)
from protocols.jose.encoding import b64url_encode, canonical_json
from tests.support.flows import INSTITUTION, outcome, received

SPEC_EXAMPLE = (
    "https://example.com/path?_oob=eyJ0eXBlIjoiaHR0cHM6Ly9kaWRjb21tLm9yZy9vdXQtb2YtYmFuZC8yLjAvaW52aXRhdGlvbiIsImlkIjoi"
    "NjkyMTJhM2EtZDA2OC00ZjlkLWEyZGQtNDc0MWJjYTg5YWYzIiwiZnJvbSI6ImRpZDpleGFtcGxlOmFsaWNlIiwiYm9keSI6eyJnb2FsX2NvZGUiOiI"
    "iLCJnb2FsIjoiIn0sImF0dGFjaG1lbnRzIjpbeyJAaWQiOiJyZXF1ZXN0LTAiLCJtZWRpYV90eXBlIjoiYXBwbGljYXRpb24vanNvbiIsImRhdGEiOn"
    "sianNvbiI6Ijxqc29uIG9mIHByb3RvY29sIG1lc3NhZ2U-In19XX0"
)
OURS = invitation(
    id="inv-1",
    sender=INSTITUTION,
    goal_code="org.w3id.ler-exchange.present",
    goal="Show what you can do",
    attachments=(Attachment(id="request-0", media_type="application/json", json={"a": 1}),),
)


def test_an_invitation_survives_its_url_and_its_json():
    assert read_invitation_url(OURS.to_url("https://employer.example/i?job=7&x=")) == OURS
    assert read_invitation(OURS.to_json()) == OURS
    assert read_invitation(canonical_json(OURS.to_json())) == OURS


def test_the_url_keeps_what_the_base_had():
    assert OURS.to_url("https://employer.example/i?job=7&x=#top").startswith(
        "https://employer.example/i?job=7&x=&_oob=ey"
    )


def test_the_json_is_the_message_of_the_specification():
    assert OURS.to_json() == {
        "typ": "application/didcomm-plain+json",
        "id": "inv-1",
        "type": INVITATION,
        "from": INSTITUTION,
        "body": {
            "accept": ["didcomm/v2"],
            "goal_code": "org.w3id.ler-exchange.present",
            "goal": "Show what you can do",
        },
        "attachments": [{"id": "request-0", "media_type": "application/json", "data": {"json": {"a": 1}}}],
    }


def test_the_example_of_the_specification_is_read():
    assert read_invitation_url(SPEC_EXAMPLE) == Invitation(
        id="69212a3a-d068-4f9d-a2dd-4741bca89af3",
        sender="did:example:alice",
        goal_code="",
        goal="",
        accept=(),
        attachments=(Attachment(media_type="application/json", json="<json of protocol message>"),),
    )


def _encoded(**changes):
    return b64url_encode(canonical_json({**OURS.to_json(), **changes}))


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("https://employer.example/i", MalformedMessage),
        (f"https://employer.example/i?_oob={_encoded()}&_oob={_encoded()}", MalformedMessage),
        ("https://employer.example/i?_oob=!!!", MalformedMessage),
        (f"https://employer.example/i?_oob={b64url_encode(b'[]')}", MalformedMessage),
        (
            f"https://employer.example/i?_oob={_encoded(type='https://didcomm.org/trust-ping/2.0/ping')}",
            MalformedMessage,
        ),
        (f"https://employer.example/i?_oob={_encoded(body={'accept': 'didcomm/v2'})}", MalformedMessage),
        (f"https://employer.example/i?_oob={_encoded(body={'accept': ['x'] * 21})}", TooLarge),
        (f"https://employer.example/i?_oob={_encoded(body={'goal': 7})}", MalformedMessage),
        (f"https://employer.example/i?_oob={_encoded(**{'from': 'alice'})}", MalformedMessage),
        ("https://[employer.example/i?_oob=ey", MalformedMessage),
        ("https://employer.example/i?_oob=" + "A" * 100_000, TooLarge),
        ("https://employer.example/i?" + "a=1&" * 60 + f"_oob={_encoded()}", MalformedMessage),
    ],
)
def test_what_is_not_one_invitation_is_refused(url, error):
    with pytest.raises(error):
        read_invitation_url(url)


def test_an_invitation_from_nobody_is_refused():
    value = OURS.to_json()
    del value["from"]
    with pytest.raises(MalformedMessage):
        read_invitation(value)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (received(PIURI, "invitation"), "UnexpectedMessage"),
        (received(PIURI, "invitation", sender=None), "UnexpectedMessage"),
        (received(PIURI, "handshake-reuse"), "MalformedMessage"),
        (Command(), "IllegalMove"),
    ],
)
def test_an_invitation_is_not_followed_because_it_was_sent(event, expected):
    assert outcome(FLOW, None, event) == expected
