"""The API of Open Badges 3.0: a learner's badges for the apps that they let in, and for nobody else."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.storage.tables.credentials import IssuedCredential
from node.storage.unit import Session
from protocols.credentials.enveloped import sign_vc_jwt
from protocols.credentials.open_badges.api import Scope
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from tests.support.badge_app import API, App, code_of, learner_of
from tests.support.badges import SIGNED, badge, key_of, signed
from tests.support.served import Served, make_node, served_node

ISSUER_KEY = key_of("did:web:elsewhere.example")
ISSUER = did_key(ISSUER_KEY.public)
SIGNER = ISSUER_KEY.named(f"{ISSUER}#{encode_multikey(ISSUER_KEY.public)}")


@pytest.fixture
def data(tmp_path: Path) -> Any:
    return make_node(tmp_path / "node")


@pytest_asyncio.fixture
async def served(data: Any) -> AsyncIterator[Served]:
    async with served_node(data) as made:
        yield made


@pytest_asyncio.fixture
async def app(served: Served) -> App:
    """An app that Ada let in."""
    app = await App.registered(served)
    await app.let_in(await code_of(served, await learner_of(served)))
    return app


def brought(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A badge by somebody whom nobody here knows, about somebody known by an address."""
    made = badge(
        id=f"https://elsewhere.example/badges/{number}",
        issuer={"id": ISSUER, "type": ["Profile"], "name": "Elsewhere"},
        name=f"Badge {number}",
        **changes,
    )
    made["credentialSubject"].pop("id", None)
    made["credentialSubject"]["identifier"] = [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": "ada@example.com",
            "identityType": "emailAddress",
        }
    ]
    return signed(made, signer=SIGNER)


async def test_a_badge_is_brought_replaced_and_listed(app: App) -> None:
    first = brought()
    assert (await app.call("POST", "/credentials", json=first))[:2] == (201, first)
    assert (await app.call("POST", "/credentials", json=first))[0] == 304
    again = brought(description="Said in other words.")
    assert (await app.call("POST", "/credentials", json=again))[:2] == (200, again)
    status, body, headers = await app.call("GET", "/credentials")
    assert (status, body) == (200, {"credential": [again], "compactJwsString": []})
    assert headers["X-Total-Count"] == "1"
    assert headers["Cache-Control"] == "no-store"


async def test_badges_come_in_pages_with_links_between_them(app: App) -> None:
    badges = [brought(number) for number in range(5)]
    for each in badges:
        assert (await app.call("POST", "/credentials", json=each))[0] == 201
    seen: list[str] = []
    for offset in (0, 2, 4):
        status, body, headers = await app.call("GET", f"/credentials?limit=2&offset={offset}")
        assert (status, headers["X-Total-Count"]) == (200, "5")
        seen += [each["id"] for each in body["credential"]]
        assert ('rel="next"' in headers["Link"], 'rel="prev"' in headers["Link"]) == (offset < 4, offset > 0)
        assert f'<https://localhost:8101{API}/credentials?limit=2&offset=4>; rel="last"' in headers["Link"]
    assert sorted(seen) == sorted(each["id"] for each in badges)
    assert (await app.call("GET", "/credentials?since=2100-01-01T00:00:00Z"))[1]["credential"] == []


async def test_a_badge_that_is_a_token_is_kept_as_one(app: App) -> None:
    document = {name: item for name, item in brought().items() if name != "proof"}
    token = sign_vc_jwt(document, SIGNER, signed_at=SIGNED)
    given: Any = {"data": token, "headers": {"Content-Type": "text/plain"}}
    assert (await app.call("POST", "/credentials", **given))[:2] == (201, token)
    assert (await app.call("POST", "/credentials", **given))[0] == 304
    assert (await app.call("GET", "/credentials"))[1] == {"credential": [], "compactJwsString": [token]}


async def test_what_this_institution_issued_is_in_the_list_until_it_is_revoked(served: Served) -> None:
    learner, app, ours = await learner_of(served), await App.registered(served), brought(7)
    now = served.clock.now()

    def body(session: Session) -> None:
        for state in ("issued", "suspended", "revoked"):
            row = IssuedCredential(
                id=state,
                learner_id=learner,
                achievement_id="a",
                state=state,
                document={**ours, "name": state},
                holder="did:key:zHolder",
                offered_at=now,
                issued_at=now,
            )
            session.add(row)

    await served.services.apps.storage.run("test.issued", body)
    await app.let_in(await code_of(served, learner))
    listed = (await app.call("GET", "/credentials"))[1]["credential"]
    assert sorted(each["name"] for each in listed) == ["issued", "suspended"]


REFUSED: dict[str, Any] = {
    "that was altered": {**brought(), "name": "Brain surgery"},
    "without a proof": {name: item for name, item in brought().items() if name != "proof"},
    "that is over": brought(validUntil="2026-01-02T00:00:00Z", validFrom="2026-01-01T00:00:00Z"),
    "about somebody else": signed(badge(issuer={"id": ISSUER, "type": ["Profile"], "name": "E"}), signer=SIGNER),
    "whose issuer's keys nobody here has": {**brought(), "issuer": "did:web:unknown.example"},
    "that is none": {"type": "Something"},
}


@pytest.mark.parametrize("badge_", REFUSED)
async def test_a_badge_is_not_kept(app: App, badge_: str) -> None:
    status, body, _ = await app.call("POST", "/credentials", json=REFUSED[badge_])
    assert (status, body["imsx_codeMajor"]) == (422, "failure")
    [minor] = body["imsx_codeMinor"]["imsx_codeMinorField"]
    assert minor["imsx_codeMinorFieldValue"] == "invalid_data"
    assert (await app.call("GET", "/credentials"))[1]["credential"] == []


async def test_one_learner_s_badges_are_not_anothers(served: Served, app: App) -> None:
    await app.call("POST", "/credentials", json=brought())
    await app.call("PUT", "/profile", json={"type": ["Profile"], "name": "Ada"})
    other = await App.registered(served, client_name="Other")
    await other.let_in(await code_of(served, await learner_of(served, "Grace Hopper", "S-2")))
    assert (await other.call("GET", "/credentials"))[1]["credential"] == []
    assert (await other.call("GET", "/profile"))[1]["name"] == "Grace Hopper"
    assert (await other.call("POST", "/credentials", json=brought()))[0] == 201
    assert len((await app.call("GET", "/credentials"))[1]["credential"]) == 1


async def test_a_profile_is_what_the_learner_says(app: App) -> None:
    profile = {"type": ["Profile"], "name": "Ada", "description": "Analyst", "url": "https://ada.example"}
    assert (await app.call("PUT", "/profile", json=profile))[:2] == (200, profile)
    assert (await app.call("GET", "/profile"))[1] == profile
    assert (await app.call("PUT", "/profile", json={"type": ["Achievement"]}))[0] == 422
    assert (await app.call("PUT", "/profile", json={**profile, "image": "x" * 70_000}))[0] == 413


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.PROFILE_READONLY, "GET", "/credentials"),
        (Scope.CREDENTIAL_READONLY, "POST", "/credentials"),
        (Scope.CREDENTIAL_UPSERT, "GET", "/profile"),
        (Scope.PROFILE_READONLY, "PUT", "/profile"),
    ],
)
async def test_a_token_opens_no_more_than_its_scopes(served: Served, scope: Scope, method: str, path: str) -> None:
    app = await App.registered(served)
    await app.let_in(await code_of(served, await learner_of(served)), scope=scope.value)
    status, body, headers = await app.call(method, path, json={})
    assert (status, body["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in headers["WWW-Authenticate"]


@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer", "Bearer lera_nobody", f"Bearer {'x' * 5000}"])
async def test_without_a_good_token_there_is_nothing(served: Served, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with served.client.get(f"{API}/credentials", headers=headers) as response:
        body = await response.json()
        assert (response.status, body["imsx_severity"]) == (401, "error")
        assert response.headers["WWW-Authenticate"].startswith("Bearer realm=")


async def test_the_operators_token_is_no_learner_s(served: Served, app: App) -> None:
    async with served.client.get(f"{API}/profile", headers=served.bearer) as response:
        assert response.status == 401
    headers = {"Authorization": f"Bearer {app.tokens['access_token']}"}
    async with served.client.get("/api/v1/learners", headers=headers) as response:
        assert response.status == 401


QUERIES = ("limit=0", "limit=101", "limit=x", "offset=-1", "offset=99999999999", "since=yesterday", "limit=1e3")


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_that_cannot_be_answered_says_so(app: App, query: str) -> None:
    status, body, _ = await app.call("GET", f"/credentials?{query}")
    minor = body["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"]
    assert (status, minor) == (400, "invalid_query_parameter")


async def test_whatever_cannot_be_done_is_said_in_the_form_of_the_specification(app: App) -> None:
    asked: list[tuple[int, str, str, dict[str, Any]]] = [
        (404, "GET", "/nothing", {}),
        (405, "DELETE", "/credentials", {}),
        (406, "GET", "/credentials", {"headers": {"Accept": "image/png"}}),
        (413, "POST", "/credentials", {"json": {"x": "x" * 300_000}}),
        (415, "POST", "/credentials", {"data": b"x", "headers": {"Content-Type": "image/png"}}),
        (400, "POST", "/credentials", {"data": b"{", "headers": {"Content-Type": "application/json"}}),
        (422, "POST", "/credentials", {"data": "no token", "headers": {"Content-Type": "text/plain"}}),
    ]
    for status, method, path, given in asked:
        found, body, _ = await app.call(method, path, **given)
        assert (found, body["imsx_codeMajor"]) == (status, "unsupported" if status == 405 else "failure"), path


async def test_the_service_description_says_where_to_register_and_ask(served: Served) -> None:
    async with served.client.get(f"{API}/discovery") as response:
        found = await response.json()
    assert found["openapi"].startswith("3.")
    scheme = found["components"]["securitySchemes"]["OAuth2ACG"]
    assert scheme["x-imssf-registrationUrl"] == "https://localhost:8101/oauth/register"
    flow = scheme["flows"]["authorizationCode"]
    assert flow["tokenUrl"] == "https://localhost:8101/oauth/token"
    assert set(flow["scopes"]) == {scope.value for scope in Scope}
    assert {path: sorted(methods) for path, methods in found["paths"].items()} == {
        "/discovery": ["get"],
        "/credentials": ["get", "post"],
        "/profile": ["get", "put"],
    }


async def test_apps_in_browsers_may_ask_from_anywhere(app: App) -> None:
    for method in ("OPTIONS", "GET"):
        _, _, headers = await app.call(method, "/credentials")
        assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


async def test_no_badge_is_in_the_log(served: Served, app: App) -> None:
    await app.call("POST", "/credentials", json=brought())
    served.clock.advance(timedelta(seconds=1))
    assert "ada@example.com" not in served.log.getvalue()
    assert "Badge 1" not in served.log.getvalue()
    assert json.dumps(brought())[:40] not in served.log.getvalue()
