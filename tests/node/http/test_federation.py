"""Three nodes over real HTTP: federation endpoints, operators' API and pages, as peers and people meet them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from node.app import create_app
from node.http.page import POLICY
from node.keys import SERVICES
from node.services.wiring import Services
from node.settings import Settings, load_settings
from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from protocols.trust.chain import validate_chain
from protocols.trust.directory import read_directory
from protocols.trust.jwks import parse_jwks
from protocols.trust.membership_log import check_log, read_log
from tests.support.clock import StandingClock
from tests.support.served import make_node

SKILL = "https://www.onetcenter.org/dictionary/2.B.3.e"
ROLES = {"issuer": {"types": ["OpenBadgeCredential"]}, "relay": True}
PROBE = "<script>alert(1)</script>\"'&"


@dataclass
class Node:
    client: TestClient[web.Request, web.Application]
    settings: Settings
    token: str

    @property
    def services(self) -> Services:
        return self.client.app[SERVICES]

    @property
    def entity_id(self) -> str:
        return self.settings.base_url

    async def call(self, method: str, path: str, body: Any = None, status: int | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.client.request(method, f"/api/v1{path}", json=body, headers=headers) as response:
            answer = await response.json(content_type=None)
            assert status is None or response.status == status, answer
            return answer

    async def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        async with self.client.get(path, headers=headers) as response:
            return response.status, response.content_type, await response.text()

    async def sync(self) -> None:
        await self.services.federation_sync.run()


@dataclass
class World:
    clock: StandingClock
    nodes: list[Node]


@pytest.fixture
def prepared(tmp_path: Path) -> list[tuple[Settings, int]]:
    """Three nodes after `ler-node init`, each knowing where the others' origins stand on this machine."""
    ports = [unused_port() for _ in range(3)]
    origins = {f"https://localhost:{port}": f"http://127.0.0.1:{port}" for port in ports}
    made: list[tuple[Settings, int]] = []
    for port in ports:
        folder = tmp_path / str(port)
        make_node(folder, f"did:web:localhost%3A{port}")
        made.append((load_settings(folder, fetch={"origins": origins}), port))
    return made


@pytest_asyncio.fixture
async def world(prepared: list[tuple[Settings, int]]) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        clock = StandingClock()
        yield World(clock, [await stack.enter_async_context(_served(*each, clock)) for each in prepared])


@asynccontextmanager
async def _served(settings: Settings, port: int, clock: StandingClock) -> AsyncIterator[Node]:
    app = create_app(settings, clock=clock)
    async with TestClient(TestServer(app, port=port)) as client:
        token = (settings.secrets_dir / "api-token").read_text().strip()
        yield Node(client, settings, token)


async def joined(anchor: Node, member: Node, roles: dict[str, Any]) -> None:
    invited = await anchor.call("POST", "/network/invitations", {}, 201)
    applied = await member.call("POST", "/network/join", {"invitation": invited["link"], "roles": roles}, 202)
    assert applied["state"] == "applied"
    approved = await anchor.call(
        "POST", "/network/members/approve", {"member": member.settings.did, "name": "Example College"}, 200
    )
    assert approved["state"] == "member"


async def assert_a_member_may_leave(anchor: Node, member: Node) -> None:
    """And the log says so, in which the head is the anchor's."""
    left = await member.call("POST", "/network/leave", {"reason": "moved away"}, 200)
    assert left["state"] == "left"
    exported = await anchor.call("GET", "/network/log")
    found = read_log(exported)
    assert (found.anchor, check_log(found.entries)) == (anchor.entity_id, ())
    assert [(entry.event.event, entry.actor) for entry in found.entries[-3:]] == [
        ("applied", member.settings.did),
        ("approved", "init"),
        ("left", member.settings.did),
    ]
    status, _, text = await anchor.get("/federation/terms")
    assert (status, parse_object(text)["error"]) == (404, "not_found")
    async with anchor.client.post("/federation/leave", data=b"x", headers={"Content-Type": "text/plain"}) as refused:
        assert (refused.status, (await refused.json())["error"]) == (415, "invalid_request")
    notice = {"Content-Type": "application/ler-leave-notice+jwt"}
    async with anchor.client.post("/federation/leave", data=b"a.b.c", headers=notice) as refused:
        assert (refused.status, (await refused.json())["error"]) == (400, "invalid_request")
    await joined(anchor, member, ROLES)


async def test_an_anchor_sets_terms_ends_members_and_dates_suspensions(world: World) -> None:
    anchor, college, employer = world.nodes
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    terms = await anchor.call("POST", "/network/terms", {"version": "1", "text": "Sé honesto."}, 200)
    assert await anchor.get("/federation/terms") == (200, "text/plain", "Sé honesto.")
    invited = await anchor.call("POST", "/network/invitations", {}, 201)
    body = {"invitation": invited["link"], "roles": ROLES}
    refused = await college.call("POST", "/network/join", body, 409)
    assert refused["expected"] == "agreement to version 1"
    await college.call("POST", "/network/join", {**body, "agree": "1"}, 202)
    await anchor.call("POST", "/network/members/approve", {"member": college.settings.did}, 200)
    [listed] = [
        item for item in (await anchor.call("GET", "/network/members"))["items"] if item["did"] == college.settings.did
    ]
    assert listed["agreement"] == terms
    member = {"member": college.settings.did}
    await anchor.call("POST", "/network/members/suspend", {**member, "until": "2020-01-01T00:00:00Z"}, 422)
    ends = (world.clock.now() + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    dated = await anchor.call("POST", "/network/members/suspend", {**member, "until": ends}, 200)
    assert dated["events"][-1]["until"] == ends
    await anchor.call("POST", "/network/members/merge", member, 422)
    merged = await anchor.call("POST", "/network/members/merge", {**member, "successor": employer.settings.did}, 200)
    assert (merged["state"], merged["events"][-1]["successor"]) == ("merged", employer.entity_id)
    await anchor.call("POST", "/network/members/close", member, 409)


async def test_a_network_is_founded_joined_and_synced_over_http(world: World) -> None:
    anchor, college, employer = world.nodes
    founded = await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    assert founded["items"][0]["state"] == "member"
    await joined(anchor, college, ROLES)
    asks = {"verifier": {"purposes": ["hiring"], "claims": ["OpenBadgeCredential"], "max_retention_days": 30}}
    await joined(anchor, employer, asks)
    for node in world.nodes:
        await node.sync()
    listed = await employer.call("GET", "/directory", status=200)
    assert sorted((item["entity_id"], item["state"]) for item in listed["items"]) == sorted(
        (node.entity_id, "member") for node in world.nodes
    )
    assert (await college.call("GET", "/network"))["items"][0]["state"] == "member"

    status, content_type, body = await college.get("/federation/directory")
    assert (status, content_type) == (200, "application/json")
    anchors = {anchor.entity_id: parse_jwks((await _anchors(college))[0]["jwks"])}
    members = read_directory(parse_object(body), anchors, world.clock.now())
    assert [member.entity_id for member in members] == sorted(node.entity_id for node in world.nodes)
    async with college.client.get("/federation/directory") as response:
        known = {"If-None-Match": response.headers["ETag"]}
    assert await college.get("/federation/directory", **known) == (304, "application/octet-stream", "")

    await assert_a_member_may_leave(anchor, employer)

    suspended = await anchor.call(
        "POST", "/network/members/suspend", {"member": college.entity_id, "reason": "under review"}, 200
    )
    assert [event["event"] for event in suspended["events"]] == ["applied", "approved", "suspended"]
    await employer.sync()
    listed = {item["entity_id"]: item["state"] for item in (await employer.call("GET", "/directory"))["items"]}
    assert listed[college.entity_id] == "suspended"
    problem = await anchor.call("POST", "/network/members/suspend", {"member": college.entity_id}, 409)
    assert problem["found"] == "suspended while suspended"
    problem = await anchor.call("POST", "/network/members/approve", {"member": "did:web:nobody.example"}, 404)
    assert problem["expected"] == "an applicant or member"


async def test_the_directory_is_searched_page_by_page_and_every_input_is_bounded(world: World) -> None:
    anchor, college, employer = world.nodes
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    await joined(anchor, college, ROLES)
    for node in world.nodes:
        await node.sync()
    found = await employer.call("GET", "/directory", status=200)
    assert (found["items"], found["total"], found["next"]) == ([], 0, None)
    found = await anchor.call("GET", "/directory?q=EXAMPLE&limit=1", status=200)
    assert ([item["name"] for item in found["items"]], found["total"]) == (["Example College"], 2)
    found = await anchor.call("GET", f"/directory?q=EXAMPLE&limit=1&cursor={quote(found['next'], safe='')}", status=200)
    assert ([item["name"] for item in found["items"]], found["next"]) == (["Example Network"], None)
    found = await anchor.call("GET", "/directory?type=openbadgecredential&role=issuer&state=member", status=200)
    (item,) = found["items"]
    assert (item["entity_id"], item["types"], item["marks"], item["place"]) == (
        college.entity_id,
        ["OpenBadgeCredential"],
        [],
        [],
    )
    long = "x" * 2049
    for query in (
        "q=",
        f"q={long}",
        f"place={long}",
        f"skill={long}",
        f"mark={long}",
        f"type={long}",
        f"cursor={long}",
        "role=king",
        "state=none",
        "limit=0",
        "limit=201",
        "colour=red",
        "q=a&q=b",
        "cursor=https%3A%2F%2Fnobody.example",
    ):
        problem = await anchor.call("GET", f"/directory?{query}")
        assert (query[:12], problem["status"]) == (query[:12], 422 if "q=a&q" not in query else problem["status"])
        assert problem["type"].endswith("/invalid")


async def _anchors(node: Node) -> list[dict[str, Any]]:
    from node.storage.repos import federation

    return await node.services.directory.storage.read(federation.anchors)


async def test_the_endpoints_speak_the_specifications_forms(world: World) -> None:
    anchor, college, _ = world.nodes
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    await joined(anchor, college, ROLES)
    await anchor.sync()

    status, content_type, token = await anchor.get("/.well-known/openid-federation")
    assert (status, content_type) == (200, "application/entity-statement+jwt")
    endpoints = parse_compact(token).claims["metadata"]["federation_entity"]
    assert endpoints == {
        "organization_name": "Example Network",
        "federation_fetch_endpoint": f"{anchor.entity_id}/federation/fetch",
        "federation_list_endpoint": f"{anchor.entity_id}/federation/list",
        "federation_resolve_endpoint": f"{anchor.entity_id}/federation/resolve",
        "federation_historical_keys_endpoint": f"{anchor.entity_id}/federation/historical_keys",
        "policy_uri": f"{anchor.entity_id}/federation/governance.json",
        "federation_trust_mark_endpoint": f"{anchor.entity_id}/federation/trust_mark",
        "federation_trust_mark_list_endpoint": f"{anchor.entity_id}/federation/trust_marked_list",
        "federation_trust_mark_status_endpoint": f"{anchor.entity_id}/federation/trust_mark_status",
    }
    status, content_type, leaf = await college.get("/.well-known/openid-federation")
    named = parse_compact(leaf).claims
    assert named["authority_hints"] == [anchor.entity_id]
    assert set(named["metadata"]["federation_entity"]) == {
        "organization_name",
        "federation_resolve_endpoint",
        "federation_historical_keys_endpoint",
    }

    for subject in (college.entity_id, college.settings.did.replace("%", "%25")):
        status, content_type, statement = await anchor.get(f"/federation/fetch?sub={subject}")
        assert (status, content_type) == (200, "application/entity-statement+jwt")
        keys = {anchor.entity_id: anchor.services.configuration.keys()}
        chain = validate_chain([leaf, statement, token], anchors=keys, now=world.clock.now())
        assert (chain.subject, parse_compact(statement).claims["jwks"]["keys"][0]["kid"]) == (
            college.entity_id,
            college.services.configuration.signer().kid,
        )
    assert await anchor.get("/federation/list") == (200, "application/json", f'["{college.entity_id}"]')
    assert await anchor.get("/federation/list?entity_type=openid_provider") == (200, "application/json", "[]")
    both = "/federation/list?entity_type=openid_provider&entity_type=federation_entity"
    assert (await anchor.get("/federation/list?entity_type=federation_entity"))[2] == f'["{college.entity_id}"]'
    assert (await anchor.get(both))[2] == f'["{college.entity_id}"]'
    assert (await anchor.get("/federation/list?intermediate=true"))[2] == "[]"
    assert (await anchor.get("/federation/list?intermediate=false&unknown=1"))[2] == f'["{college.entity_id}"]'
    resolve = f"/federation/resolve?sub={college.entity_id}&trust_anchor={anchor.entity_id}"
    status, content_type, token = await anchor.get(resolve)
    assert (status, content_type) == (200, "application/resolve-response+jwt")
    assert parse_compact(token).claims["sub"] == college.entity_id
    of_two = f"{resolve}&trust_anchor=https://other.example&entity_type=ler_node&entity_type=oauth_client"
    assert parse_compact((await anchor.get(of_two))[2]).claims["metadata"].keys() == {"ler_node"}


async def test_only_members_in_good_standing_are_shown_to_whoever_does_not_ask_for_more(world: World) -> None:
    anchor, college, _ = world.nodes
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    await joined(anchor, college, ROLES)
    await anchor.sync()
    await anchor.call("POST", "/network/members/suspend", {"member": college.entity_id}, 200)
    await anchor.sync()
    resolve = f"/federation/resolve?sub={college.entity_id}&trust_anchor={anchor.entity_id}"
    for path, error in (
        (f"/federation/fetch?sub={college.entity_id}", "not_found"),
        (f"/federation/fetch?sub={college.settings.did.replace('%', '%25')}", "not_found"),
        (resolve, "invalid_subject"),
    ):
        status, _, body = await anchor.get(path)
        assert (status, parse_object(body)["error"]) == (404, error)
        assert (await anchor.get(f"{path}&ler_membership=all"))[0] == 200
    assert (await anchor.get("/federation/list"))[2] == "[]"
    assert (await anchor.get("/federation/list?ler_membership=all"))[2] == f'["{college.entity_id}"]'


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/federation/fetch", 400, "invalid_request"),
        ("/federation/fetch?sub=SELF", 400, "invalid_request"),
        ("/federation/fetch?sub=not-an-entity", 400, "invalid_request"),
        ("/federation/fetch?sub=https://a.example&sub=https://b.example", 400, "invalid_request"),
        ("/federation/fetch?sub=https://stranger.example", 404, "not_found"),
        ("/federation/list?intermediate=perhaps", 400, "invalid_request"),
        ("/federation/list?intermediate=true&intermediate=false", 400, "invalid_request"),
        ("/federation/list?entity_type=" + "a" * 513, 400, "invalid_request"),
        ("/federation/list?" + "entity_type=a&" * 17, 400, "invalid_request"),
        ("/federation/fetch?sub=https://stranger.example&ler_membership=all", 404, "not_found"),
        ("/federation/resolve?sub=https://a.example&" + "trust_anchor=https://b.example&" * 17, 400, "invalid_request"),
        ("/federation/list?trust_marked=maybe", 400, "invalid_request"),
        ("/federation/list?trust_mark_type=x", 400, "invalid_request"),
        ("/federation/resolve?sub=https://a.example", 400, "invalid_request"),
        ("/federation/resolve?sub=https://a.example&trust_anchor=https://b.example", 404, "invalid_trust_anchor"),
        ("/federation/resolve?sub=https://a.example&trust_anchor=SELF", 404, "invalid_subject"),
    ],
)
async def test_refusals_have_the_specifications_form(world: World, path: str, status: int, error: str) -> None:
    anchor = world.nodes[0]
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    got, content_type, body = await anchor.get(path.replace("SELF", anchor.entity_id))
    refusal = parse_object(body)
    assert (got, content_type, refusal["error"], set(refusal)) == (
        status,
        "application/json",
        error,
        {"error", "error_description"},
    )


async def test_a_leaf_publishes_no_list_and_nothing_before_it_synced(world: World) -> None:
    leaf = world.nodes[1]
    for path in ("/federation/list", "/federation/fetch?sub=https://a.example", "/federation/directory"):
        status, _, body = await leaf.get(path)
        assert (status, parse_object(body)["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/ler-join-application+jwt", b"not a token", 400),
        ("application/ler-join-application+jwt", b"a.b.c", 400),
        ("application/ler-join-application+jwt", b"\xff\xfe", 400),
        ("application/ler-join-application+jwt", b"a" * 40_000, 413),
    ],
)
async def test_bad_input_at_the_door_of_applicants_is_refused(
    world: World, content_type: str, body: bytes, status: int
) -> None:
    anchor = world.nodes[0]
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    async with anchor.client.post("/federation/join", data=body, headers={"Content-Type": content_type}) as response:
        answer = await response.json()
    assert (response.status, answer["error"]) == (status, "invalid_request")
    members = (await anchor.call("GET", "/network/members"))["items"]
    assert [member["entity_id"] for member in members] == [anchor.entity_id]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/network", {}),
        ("/network", {"name": ""}),
        ("/network/join", {"invitation": "nonsense"}),
        ("/network/join", {"invitation": "e30", "roles": {"issuer": {"types": ["with space"]}}}),
        ("/network/members/approve", {}),
        ("/network/members/approve", {"member": "did:key:z6Mk"}),
    ],
)
async def test_bad_input_of_operators_is_a_problem_with_what_would_be_right(world: World, path, body) -> None:
    problem = await world.nodes[0].call("POST", path, body, 422)
    assert problem["expected"]


async def test_people_and_programs_read_what_the_issuer_awards_and_nothing_runs(world: World) -> None:
    college = world.nodes[1]
    achievement = {
        "name": f"Forecasting {PROBE}",
        "description": f"Builds a forecast {PROBE}",
        "criteria": f"A forecast that held {PROBE}",
        "alignments": [
            {"targetUrl": SKILL, "targetName": f"Programming {PROBE}", "targetFramework": f"O*NET {PROBE}"},
        ],
    }
    published = (await college.call("PUT", "/achievements/forecasting", achievement, 200))["achievement"]
    nowhere = {"type": ["Alignment"], "targetUrl": "javascript:alert(1)", "targetName": "Nowhere"}
    del published["id"]
    published["alignment"].append(nowhere)  # past the door, which refuses it: the page does not rely on that
    await college.services.achievements.put("forecasting", published)
    for path in ("/issuer", "/achievements/forecasting"):
        async with college.client.get(path, headers={"Accept": "text/html,*/*"}) as response:
            page = await response.text()
            assert (response.status, response.content_type) == (200, "text/html")
            assert response.headers["Content-Security-Policy"] == POLICY
        assert "<script" not in page
        assert 'href="javascript:' not in page
        assert f'href="{SKILL}"' in page
        assert "Forecasting &lt;script&gt;" in page
    status, content_type, body = await college.get("/issuer", Accept="application/ld+json")
    document = parse_object(body)
    assert (status, content_type) == (200, "application/ld+json")
    assert (document["id"], document["name"]) == (college.settings.did, "Test College")
    offered = document["ceterms:offers"]
    assert [each["id"] for each in offered] == [f"{college.entity_id}/achievements/forecasting"]
    assert offered[0]["alignment"][0]["targetUrl"] == SKILL
    required = offered[0]["ceterms:requires"]["ceterms:targetCompetency"]
    assert required[0]["ceterms:targetNode"] == SKILL
    assert document["ler:verification"]["ler:didDocument"] == f"{college.entity_id}/.well-known/did.json"
    status, content_type, body = await college.get("/achievements/forecasting", Accept="application/json")
    assert (status, content_type, parse_object(body)["id"]) == (200, "application/ld+json", offered[0]["id"])
    assert (await college.get("/achievements/none"))[0] == 404
