"""Answers go where a client registered that they go, and nowhere else."""

import pytest

from protocols.oauth.redirects import form_target, is_registered

REGISTERED = ("https://app.example/back", "http://127.0.0.1/back", "http://[::1]:8400/back?x=1", "http://localhost:1/b")


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back",
        "http://127.0.0.1/back",
        "http://127.0.0.1:51004/back",
        "http://[::1]:9/back?x=1",
        "http://localhost:1/b",
    ],
)
def test_a_registered_place_is_one_on_any_port_of_a_loopback_address(uri: str) -> None:
    assert is_registered(uri, REGISTERED)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back/",
        "https://app.example/back?next=https://evil.example",
        "https://app.example/back#",
        "https://app.example:8443/back",
        "https://app.example.evil.example/back",
        "https://app.example@evil.example/back",
        "https://APP.example/back",
        "http://app.example/back",
        "http://localhost:2/b",
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/back#",
        "http://127.0.0.1:51004/back?",
        "http://127.0.0.1:99@evil.example/back",
        "http://127.0.0.1:x@evil.example/back",
        "http://127.0.0.1.evil.example/back",
        "http://127.0.0.2/back",
        "http://127.0.0.1:51004\\@evil.example/back",
        "http://127.0.0.1:51004/ba\tck",
        "javascript:alert(1)",
        "",
    ],
)
def test_nothing_else_is(uri: str) -> None:
    assert not is_registered(uri, REGISTERED)


def test_a_form_may_lead_to_the_origin_of_its_answer_alone() -> None:
    assert form_target("https://app.example:8443/back?x=1") == "https://app.example:8443"
    assert form_target("http://127.0.0.1:51004/back") == "http://127.0.0.1:51004"
    assert form_target("http://[::1]:9/back") == "http:"
