"""Apps that learners let in: everything that somebody could try to be let in without being asked."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from protocols.credentials.open_badges.api import Scope
from tests.support.badge_app import ALL, REDIRECT, App, code_of, learner_of, sent_to
from tests.support.served import Served, make_node, served_node


@pytest.fixture
def data(tmp_path: Path) -> Any:
    return make_node(tmp_path / "node")


@pytest_asyncio.fixture
async def served(data: Any) -> AsyncIterator[Served]:
    async with served_node(data) as made:
        yield made


@pytest_asyncio.fixture
async def app(served: Served) -> App:
    return await App.registered(served)


async def test_an_app_is_let_in_refreshes_and_ends_its_own_tokens(served: Served, app: App) -> None:
    learner = await learner_of(served)
    status, sent, _ = await app.answered(await code_of(served, learner))
    assert (status, sent["iss"], sent["state"], sent["scope"]) == (303, "https://localhost:8101", "s-1", ALL)
    status, answer = await app.token(code=sent["code"])
    assert (status, answer["token_type"], answer["scope"], answer["expires_in"]) == (200, "Bearer", ALL, 3600)
    assert (await app.call("GET", "/credentials"))[:2] == (200, {"credential": [], "compactJwsString": []})

    first = app.tokens
    status, second = await app.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (status, second["refresh_token"] != first["refresh_token"]) == (200, True)
    assert (await app.call("GET", "/profile"))[1] == {"type": ["Profile"], "name": "Ada Lovelace"}

    gone = {"token": second["refresh_token"], "client_id": app.client["client_id"]}
    async with served.client.post("/oauth/revoke", data=gone) as response:
        assert response.status == 200
    assert (await app.call("GET", "/profile"))[0] == 401
    [listed] = (await _apps(served, learner))["items"]
    assert (listed["name"], listed["ended_because"]) == ("Job Boat", "revoked by the app")


async def test_a_confidential_app_shows_its_secret_and_none_else(served: Served) -> None:
    app = await App.registered(served, token_endpoint_auth_method="client_secret_basic")
    _, sent, _ = await app.answered(await code_of(served, await learner_of(served)))
    assert (await app.token(code=sent["code"]))[1]["error"] == "invalid_client"
    for secret, status in (("lers_wrong", 401), (app.client["client_secret"], 200)):
        pair = base64.b64encode(f"{app.client['client_id']}:{secret}".encode()).decode()
        form = {
            "grant_type": "authorization_code",
            "code": sent["code"],
            "redirect_uri": REDIRECT,
            "code_verifier": app.verifier,
        }
        async with served.client.post(
            "/oauth/token", data=form, headers={"Authorization": f"Basic {pair}"}
        ) as response:
            assert response.status == status, await response.text()


async def test_the_metadata_says_what_there_is(served: Served) -> None:
    async with served.client.get("/.well-known/oauth-authorization-server") as response:
        found = await response.json()
    assert (found["issuer"], found["code_challenge_methods_supported"], found["response_types_supported"]) == (
        "https://localhost:8101",
        ["S256"],
        ["code"],
    )
    assert found["authorization_response_iss_parameter_supported"] is True


async def test_the_page_names_the_app_where_it_goes_and_what_it_may_and_runs_nothing(served: Served) -> None:
    app = await App.registered(served, client_name='<script>alert(1)</script>"Boat')
    async with served.client.get(app.link()) as page:
        text, policy = await page.text(), page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in page.headers
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;Boat" in text
    assert "<strong>app.example</strong>" in text
    assert text.count("<li>") == 4
    assert "form-action 'self' https://app.example" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


REFUSED_WITHOUT_REDIRECT: dict[str, dict[str, Any]] = {
    "of nobody": {"client_id": "nobody"},
    "to another place": {"redirect_uri": "https://evil.example/back"},
    "to a place below": {"redirect_uri": f"{REDIRECT}/more"},
    "to the same place in other letters": {"redirect_uri": REDIRECT.upper()},
    "to a place with a query of its own": {"redirect_uri": f"{REDIRECT}?x=1"},
    "to no address": {"redirect_uri": 'https://app.example/"é'},
    "for another kind of answer": {"response_type": 'code"é'},
    "to a script": {"redirect_uri": "javascript:alert(1)"},
    "to nowhere": {"redirect_uri": None},
}


@pytest.mark.parametrize("request_", REFUSED_WITHOUT_REDIRECT)
async def test_a_request_that_leads_where_no_app_registered_leads_nowhere(
    served: Served, app: App, request_: str
) -> None:
    async with served.client.get(app.link(**REFUSED_WITHOUT_REDIRECT[request_]), allow_redirects=False) as response:
        assert (response.status, "Location" in response.headers) == (400, False)
        assert "<form" not in await response.text()


REFUSED_AT_THE_APP: dict[str, tuple[dict[str, Any], str]] = {
    "without PKCE": ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "with plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "with PKCE of no method": ({"code_challenge_method": None}, "invalid_request"),
    "with a challenge that is none": ({"code_challenge": "x"}, "invalid_request"),
    "for a scope that there is not": ({"scope": "everything"}, "invalid_scope"),
    "for no scope": ({"scope": None}, "invalid_scope"),
}


@pytest.mark.parametrize("request_", REFUSED_AT_THE_APP)
async def test_a_request_that_is_not_as_it_has_to_be_is_refused_at_the_app(
    served: Served, app: App, request_: str
) -> None:
    changes, error = REFUSED_AT_THE_APP[request_]
    async with served.client.get(app.link(**changes), allow_redirects=False) as response:
        sent = sent_to(response)
    assert (sent["error"], sent["state"], sent["iss"]) == (error, "s-1", "https://localhost:8101")


async def test_a_parameter_that_stands_there_twice_is_refused(served: Served, app: App) -> None:
    async with served.client.get(f"{app.link()}&redirect_uri=https://evil.example/") as response:
        assert response.status == 400
    async with served.client.get("/oauth/authorize?" + "&".join(f"a{number}=1" for number in range(99))) as response:
        assert response.status == 400


async def test_a_no_is_told_to_the_app_and_uses_no_code_up(served: Served, app: App) -> None:
    code = await code_of(served, await learner_of(served))
    status, sent, _ = await app.answered(code, answer="refuse")
    assert (status, sent["error"]) == (303, "access_denied")
    await app.let_in(code)


async def test_a_one_time_code_is_good_once_for_one_learner_and_not_for_long(served: Served, app: App) -> None:
    learner = await learner_of(served)
    old = await code_of(served, learner)
    code = await code_of(served, learner)
    for wrong in (old, "", "AAAA-BBBB-CCCC-DDDD", "x" * 5000):
        status, sent, text = await app.answered(wrong)
        assert (status, sent, "That code is not good" in text) == (403, {}, True)
    await app.let_in(code.lower().replace("-", " "))
    assert (await app.answered(code))[0] == 403
    late = await code_of(served, learner)
    served.clock.advance(timedelta(hours=2))
    assert (await app.answered(late))[0] == 403


async def test_whoever_guesses_codes_is_slowed_down(served: Served, app: App) -> None:
    learner = await learner_of(served)
    for _ in range(10):
        assert (await app.answered("AAAA-BBBB-CCCC-DDDD"))[0] == 403
    status, _, text = await app.answered("AAAA-BBBB-CCCC-DDDD")
    assert (status, "Wait a minute" in text) == (429, True)
    await app.let_in(await code_of(served, learner))  # behind a TLS front everybody has one address


async def test_another_site_cannot_send_the_form(served: Served, app: App) -> None:
    form = {"one_time_code": await code_of(served, await learner_of(served)), "answer": "allow"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    async with served.client.post(app.link(), data=form, headers=headers, allow_redirects=False) as response:
        assert (response.status, "Location" in response.headers) == (403, False)


async def test_a_code_that_was_stolen_opens_nothing_and_one_used_twice_ends_what_it_gave(
    served: Served, app: App
) -> None:
    other = await App.registered(served, client_name="Other")
    _, sent, _ = await app.answered(await code_of(served, await learner_of(served)))
    code = sent["code"]
    for changes in (
        {"code_verifier": "A" * 64},
        {"code_verifier": None},
        {"redirect_uri": "https://app.example/other"},
        {"client_id": other.client["client_id"]},
    ):
        status, answer = await app.token(code=code, **changes)
        assert (status, answer["error"]) in ((400, "invalid_grant"), (400, "invalid_request"))
    assert (await app.token(code=code))[0] == 200
    assert (await app.call("GET", "/profile"))[0] == 200
    assert (await app.token(code=code))[1]["error"] == "invalid_grant"
    assert (await app.call("GET", "/profile"))[0] == 401


async def test_an_authorization_code_does_not_live_long(served: Served, app: App) -> None:
    _, sent, _ = await app.answered(await code_of(served, await learner_of(served)))
    served.clock.advance(timedelta(seconds=61))
    assert (await app.token(code=sent["code"]))[1]["error"] == "invalid_grant"


async def test_a_refresh_token_used_twice_ends_everything_and_gives_no_more_than_was_granted(
    served: Served, app: App
) -> None:
    learner = await learner_of(served)
    await app.let_in(await code_of(served, learner), scope=Scope.PROFILE_READONLY.value)
    stolen = app.tokens["refresh_token"]
    more = await app.token(grant_type="refresh_token", refresh_token=stolen, scope=ALL)
    assert more[1]["error"] == "invalid_scope"
    assert (await app.token(grant_type="refresh_token", refresh_token=stolen))[0] == 200
    assert (await app.call("GET", "/credentials"))[0] == 403
    assert (await app.token(grant_type="refresh_token", refresh_token=stolen))[1]["error"] == "invalid_grant"
    assert (await app.call("GET", "/profile"))[0] == 401
    assert (await _apps(served, learner))["items"][0]["ended_because"] == "used twice"


async def test_an_access_token_ends_with_its_time_its_learner_and_its_grant(served: Served, app: App) -> None:
    learner = await learner_of(served)
    await app.let_in(await code_of(served, learner))
    await _post(served, f"/learners/{learner}/suspend")
    assert (await app.call("GET", "/profile"))[0] == 401
    await _post(served, f"/learners/{learner}/reinstate")
    assert (await app.call("GET", "/profile"))[0] == 200
    served.clock.advance(timedelta(hours=1))
    assert (await app.call("GET", "/profile"))[0] == 401
    await app.token(grant_type="refresh_token", refresh_token=app.tokens["refresh_token"])
    [listed] = (await _apps(served, learner))["items"]
    ended = await _post(served, f"/learners/{learner}/apps/{listed['id']}/end")
    assert ended["items"][0]["ended_because"] == "ended by the institution"
    assert (await app.call("GET", "/profile"))[0] == 401


UNREGISTERED: dict[str, tuple[Any, str]] = {
    "without a name": ({"client_name": ""}, "invalid_client_metadata"),
    "with a name that turns what is beside it": ({"client_name": "A\u202eB"}, "invalid_client_metadata"),
    "with a name that breaks": ({"client_name": "A\nB"}, "invalid_client_metadata"),
    "that borrows another's policy": (
        {"redirect_uris": ["HTTPS://evil.example/cb"], "policy_uri": "https://app.example/policy"},
        "invalid_client_metadata",
    ),
    "with a script to go to": ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    "with data to go to": ({"redirect_uris": ["data:text/html,x"]}, "invalid_redirect_uri"),
    "over http": ({"redirect_uris": ["http://app.example/back"]}, "invalid_redirect_uri"),
    "of nowhere": ({"redirect_uris": []}, "invalid_redirect_uri"),
    "with very many places": ({"redirect_uris": [f"{REDIRECT}/{n}" for n in range(50)]}, "invalid_redirect_uri"),
    "that is very large": ({"software_id": "x" * 20_000}, "invalid_client_metadata"),
    "by implicit grant": ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
}


@pytest.mark.parametrize("app_", UNREGISTERED)
async def test_an_app_that_cannot_be_trusted_with_an_answer_is_not_registered(served: Served, app_: str) -> None:
    changes, error = UNREGISTERED[app_]
    body = {"client_name": "App", "redirect_uris": [REDIRECT], **changes}
    async with served.client.post("/oauth/register", json=body) as response:
        assert (response.status, (await response.json())["error"]) == (400, error)


async def test_registrations_are_bounded_and_those_that_nobody_let_in_are_forgotten(served: Served) -> None:
    app = await App.registered(served)
    for _ in range(19):
        await App.registered(served)
    async with served.client.post("/oauth/register", json={}) as response:
        assert (response.status, "Retry-After" in response.headers) == (429, True)
    served.clock.advance(timedelta(days=2))
    await served.services.apps.tidy()
    async with served.client.get(app.link(), allow_redirects=False) as response:
        assert response.status == 400


async def test_no_secret_is_in_the_log_or_kept_as_it_is(served: Served, app: App) -> None:
    code = await code_of(served, await learner_of(served))
    await app.let_in(code)
    kept = b"".join(file.read_bytes() for file in served.settings.data_dir.rglob("*.sqlite3*"))
    for secret in (code, app.tokens["access_token"], app.tokens["refresh_token"]):
        assert secret not in served.log.getvalue()
        assert secret.encode() not in kept
    assert len(kept) > 10_000


async def _apps(served: Served, learner: str) -> dict[str, Any]:
    async with served.client.get(f"/api/v1/learners/{learner}/apps", headers=served.bearer) as response:
        return await response.json()


async def _post(served: Served, path: str) -> dict[str, Any]:
    async with served.client.post(f"/api/v1{path}", headers=served.bearer) as response:
        assert response.status < 300, await response.text()
        return await response.json()


async def test_what_an_app_sends_along_comes_back_as_it_was(served: Served, app: App) -> None:
    code = await code_of(served, await learner_of(served))
    _, sent, _ = await app.answered(code, state="%41 a&b=c+d")
    assert sent["state"] == "%41 a&b=c+d"


async def test_a_refresh_while_a_learner_is_suspended_uses_nothing_up(served: Served, app: App) -> None:
    learner = await learner_of(served)
    await app.let_in(await code_of(served, learner))
    token = app.tokens["refresh_token"]
    await _post(served, f"/learners/{learner}/suspend")
    status, answer = await app.token(grant_type="refresh_token", refresh_token=token)
    assert (status, answer["error"]) == (400, "invalid_grant")
    await _post(served, f"/learners/{learner}/reinstate")
    assert (await app.token(grant_type="refresh_token", refresh_token=token))[0] == 200


@pytest.mark.parametrize("header", ["Basic /////w==", "Basic x", "Basic \u00e9"])
async def test_a_header_that_cannot_be_read_shows_nobody(served: Served, app: App, header: str) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT}
    async with served.client.post("/oauth/token", data=form, headers={"Authorization": header}) as response:
        assert (response.status, (await response.json())["error"]) == (401, "invalid_client")


async def test_a_hint_that_is_not_known_is_passed_over(served: Served, app: App) -> None:
    await app.let_in(await code_of(served, await learner_of(served)))
    form = {"token": app.tokens["refresh_token"], "token_type_hint": "x", "client_id": app.client["client_id"]}
    async with served.client.post("/oauth/revoke", data=form) as response:
        assert response.status == 200
    assert (await app.call("GET", "/profile"))[0] == 401


async def test_a_body_in_two_pieces_is_one_body(served: Served) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"client_name": "App",'
        await asyncio.sleep(0.05)
        yield b'"redirect_uris": ["https://app.example/back"]}'

    headers = {"Content-Type": "application/json"}
    async with served.client.post("/oauth/register", data=pieces(), headers=headers) as response:
        assert response.status == 201
