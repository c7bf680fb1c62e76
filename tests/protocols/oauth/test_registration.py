"""What a stranger says of a client as it registers: taken within limits, or refused with the member that is wrong."""

from typing import Any

import pytest

from protocols.oauth import RegistrationRefused, parse_client_metadata

SUPPORTED = ("read", "write")
BACK = "https://app.example/back"


def described(**changes: Any) -> dict[str, Any]:
    return {"client_name": "Portfolio", "redirect_uris": [BACK], **changes}


def test_what_is_left_out_is_filled_in() -> None:
    assert parse_client_metadata(described(), supported=SUPPORTED).to_json() == {
        "client_name": "Portfolio",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": "read write",
    }


def test_everything_that_is_known_is_kept_and_the_rest_passed_over() -> None:
    about = {
        "client_uri": "https://app.example",
        "logo_uri": "https://app.example/logo.png",
        "tos_uri": "https://app.example/terms",
        "policy_uri": "https://app.example/privacy",
        "software_id": "c88b6ed8",
        "software_version": "4.0",
        "contacts": ["dev@app.example"],
    }
    given = described(
        **about,
        token_endpoint_auth_method="none",
        grant_types=["refresh_token", "authorization_code"],
        response_types=["code"],
        scope="write offline_access",
        jwks={"keys": []},
        client_id="mine",
    )
    client = parse_client_metadata(given, supported=SUPPORTED)
    assert client.is_public
    assert client.to_json() == {
        "client_name": "Portfolio",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "write",
        **about,
    }


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//https://app.example",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "myapp://back",
        "http://app.example/back",
        "http://localhost.evil.example/back",
        "https://app.example/back#part",
        "https://user@app.example/back",
        "https://user:secret@app.example/back",
        "https://app.example\\@evil.example/back",
        "https://app.example/ba ck",
        "https://app.example/ba\nck",
        'https://app.example/"><script>',
        "https://app.example;frame-src */back",
        "https:///back",
        "https://[::1/back",
        "//app.example/back",
        "/back",
        "",
        f"https://app.example/{'a' * 2048}",
    ],
)
def test_an_answer_never_goes_to_a_script_a_file_or_an_open_line(uri: str) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        parse_client_metadata(described(redirect_uris=[uri]), supported=SUPPORTED)
    assert refused.value.error == "invalid_redirect_uri"


@pytest.mark.parametrize("uri", ["http://127.0.0.1/back", "http://[::1]:8400/back", "http://localhost/back"])
def test_an_app_on_the_learners_own_machine_may_be_answered_there(uri: str) -> None:
    assert parse_client_metadata(described(redirect_uris=[uri]), supported=SUPPORTED).redirect_uris == (uri,)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": BACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [7]}, "invalid_redirect_uri"),
        ({"redirect_uris": [f"{BACK}/{number}" for number in range(11)]}, "invalid_redirect_uri"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "   "}, "invalid_client_metadata"),
        ({"client_name": "x" * 101}, "invalid_client_metadata"),
        ({"client_name": ["x"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"scope": "everything"}, "invalid_client_metadata"),
        ({"client_uri": "http://app.example"}, "invalid_client_metadata"),
        ({"client_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"contacts": ["x"] * 6}, "invalid_client_metadata"),
    ],
)
def test_a_member_that_is_wrong_is_named(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(RegistrationRefused) as refused:
        parse_client_metadata(described(**changes), supported=SUPPORTED)
    assert refused.value.error == error
    assert next(iter(changes)) in refused.value.detail


def test_nobody_borrows_another_ones_privacy_policy() -> None:
    with pytest.raises(RegistrationRefused) as refused:
        parse_client_metadata(described(policy_uri="https://bank.example/privacy"), supported=SUPPORTED)
    assert (refused.value.found, refused.value.expected) == ("2 hosts", "one host for all its URLs")
