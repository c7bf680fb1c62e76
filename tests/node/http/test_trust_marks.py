"""Trust marks over real HTTP: the specification's endpoints, the operators' API, and what strangers send to both."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from protocols.trust.mark_status import read_status
from protocols.trust.marks import parse_delegation, parse_mark
from tests.node.http import test_federation as network
from tests.node.http.test_federation import ROLES, Node, World, joined

prepared, world = network.prepared, network.world
TYPE = "https://accreditor.example/marks/accredited"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SCOPE = {"credential_types": ["OpenBadgeCredential"], "jurisdictions": ["US-CO"]}


async def prepared_network(world: World) -> tuple[Node, Node, Node]:
    """An anchor, a college and an accreditor that may issue one type; the college is accredited, and all is synced."""
    anchor, college, accreditor = world.nodes
    await anchor.call("POST", "/network", {"name": "Example Network"}, 201)
    for node in (college, accreditor):
        await joined(anchor, node, ROLES)
    body = {"trust_mark_type": TYPE, "issuers": [accreditor.settings.did]}
    made = await anchor.call("POST", "/marks/types", body, 200)
    assert (made["issuers"], made["owner"], made["changed_by"]) == ([accreditor.entity_id], None, "init")
    return anchor, college, accreditor


async def granted(college: Node, accreditor: Node, **changes: Any) -> dict[str, Any]:
    body = {"trust_mark_type": TYPE, "subject": college.settings.did, "scope": SCOPE, **changes}
    return await accreditor.call("POST", "/marks", body, 201)


async def posted(node: Node, body: bytes, headers: dict[str, str] = FORM) -> tuple[int, str, str]:
    async with node.client.post("/federation/trust_mark_status", data=body, headers=headers) as response:
        return response.status, response.content_type, await response.text()


async def synced(world: World) -> None:
    world.clock.advance(timedelta(minutes=5))
    for node in world.nodes:
        await node.sync()


def asked_for(node: Node, trust_mark_type: str = TYPE) -> str:
    return f"trust_mark_type={quote(trust_mark_type, safe='')}&sub={quote(node.entity_id, safe='')}"


async def test_a_mark_is_granted_fetched_listed_and_revoked(world: World) -> None:
    anchor, college, accreditor = await prepared_network(world)
    mark = await granted(college, accreditor, ref="https://accreditor.example/about")
    assert (mark["subject"], mark["granted_by"], mark["revoked_at"]) == (college.entity_id, "init", None)
    assert mark["scope"]["ler_scope"] == SCOPE

    status, content_type, token = await accreditor.get(f"/federation/trust_mark?{asked_for(college)}")
    assert (status, content_type) == (200, "application/trust-mark+jwt")
    read = parse_mark(token)
    assert (read.iss, read.sub, read.id) == (accreditor.entity_id, college.entity_id, mark["id"])
    marked = f"/federation/trust_marked_list?trust_mark_type={quote(TYPE, safe='')}"
    assert await accreditor.get(marked) == (200, "application/json", f'["{college.entity_id}"]')
    assert (await accreditor.get(f"{marked}&sub={anchor.entity_id}"))[2] == "[]"

    body = f"more=1&trust_mark={token}".encode()
    for expected in ("active", "revoked"):
        status, content_type, answer = await posted(accreditor, body)
        assert (status, content_type) == (200, "application/trust-mark-status-response+jwt")
        keys = accreditor.services.configuration.keys()
        found = read_status(answer, issuer=accreditor.entity_id, trust_mark=token, jwks=keys)
        assert (found.status, found.iat) == (expected, world.clock.now().replace(microsecond=0))
        assert parse_compact(answer).header["typ"] == "trust-mark-status-response+jwt"
        revoked = await accreditor.call("POST", f"/marks/{mark['id']}/revoke", {"reason": "the audit failed"}, 200)
        assert (revoked["revoked_reason"], revoked["revoked_by"]) == ("the audit failed", "init")
    status, _, refusal = await accreditor.get(f"/federation/trust_mark?{asked_for(college)}")
    assert (status, parse_object(refusal)["error"]) == (404, "not_found")
    assert (await accreditor.get(marked))[2] == "[]"
    assert [item["id"] for item in (await accreditor.call("GET", "/marks"))["items"]] == [mark["id"]]


async def test_an_accreditation_goes_round_the_network_by_itself(world: World) -> None:
    anchor, college, accreditor = await prepared_network(world)
    await granted(college, accreditor)
    await synced(world)
    await college.services.held_marks.run()
    await synced(world)
    held = (await college.call("GET", "/marks/held"))["items"]
    assert {(item["issuer"], item["trust_mark"] is not None) for item in held} == {
        (anchor.entity_id, True),
        (accreditor.entity_id, True),
    }
    known = [item for item in (await anchor.call("GET", "/marks/members"))["items"] if item["trust_mark_type"] == TYPE]
    assert [(item["did"], item["issuer"], item["ended_at"]) for item in known] == [
        (college.settings.did, accreditor.entity_id, None)
    ]
    resolve = f"/federation/resolve?sub={college.entity_id}&trust_anchor={anchor.entity_id}"
    resolved = parse_compact((await anchor.get(resolve))[2]).claims
    assert {each["trust_mark_type"] for each in resolved["trust_marks"]} == {
        TYPE,
        f"{anchor.entity_id}/marks/member-good-standing",
    }
    everybody = sorted([college.entity_id, accreditor.entity_id])
    marked = parse_compact(f"{(await anchor.get('/.well-known/openid-federation'))[2]}").claims
    assert marked["trust_mark_issuers"][TYPE] == [accreditor.entity_id]
    for query, listed in (
        ("", everybody),
        ("?trust_marked=true", everybody),
        ("?trust_marked=false", everybody),
        (f"?trust_mark_type={quote(TYPE, safe='')}", [college.entity_id]),
        (f"?trust_marked=true&trust_mark_type={quote(TYPE, safe='')}", [college.entity_id]),
        ("?trust_mark_type=https://nobody.example/mark", []),
    ):
        status, _, body = await anchor.get(f"/federation/list{query}")
        assert (status, body) == (200, str(listed).replace("'", '"').replace(", ", ","))
    dropped = {"issuer": accreditor.settings.did, "trust_mark_type": TYPE}
    left = (await college.call("POST", "/marks/held/drop", dropped, 200))["items"]
    assert [item["issuer"] for item in left] == [anchor.entity_id]
    again = await college.call("POST", "/marks/held", dropped, 200)
    assert (again["is_wanted"], again["trust_mark"] is not None) == (True, True)


async def test_an_owner_delegates_by_the_api(world: World) -> None:
    anchor, college, accreditor = await prepared_network(world)
    owned = {"trust_mark_type": TYPE, "issuers": [accreditor.entity_id], "owner": anchor.entity_id}
    assert (await anchor.call("POST", "/marks/types", owned, 200))["owner"] == anchor.entity_id
    await accreditor.sync()
    body = {"trust_mark_type": TYPE, "subject": college.entity_id}
    refused = await accreditor.call("POST", "/marks", body, 409)
    assert refused["expected"] == f"a delegation by {anchor.entity_id}"
    wanted = {"trust_mark_type": TYPE, "issuer": accreditor.settings.did}
    made = await anchor.call("POST", "/marks/delegations", wanted, 201)
    assert parse_delegation(made["delegation"]).sub == accreditor.entity_id
    await accreditor.call("POST", "/marks/delegations/accept", {"delegation": made["delegation"]}, 200)
    assert len((await accreditor.call("GET", "/marks/delegations"))["items"]) == 1
    await accreditor.call("POST", "/marks", body, 201)
    token = (await accreditor.get(f"/federation/trust_mark?{asked_for(college)}"))[2]
    delegation = parse_mark(token).delegation
    assert delegation is not None
    assert delegation.token == made["delegation"]
    assert (await anchor.call("POST", "/marks/types/remove", {"trust_mark_type": TYPE}, 200))["items"] == []
    assert (await anchor.call("GET", "/marks/types"))["items"] == []


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/federation/trust_mark", 400, "invalid_request"),
        ("/federation/trust_mark?trust_mark_type=https://a.example/m", 400, "invalid_request"),
        ("/federation/trust_mark?trust_mark_type=x&sub=https://a.example", 400, "invalid_request"),
        ("/federation/trust_mark?trust_mark_type=https://a.example/m&sub=college", 400, "invalid_request"),
        ("/federation/trust_mark?trust_mark_type=https://a.example/m&sub=https://a.example", 404, "not_found"),
        (
            "/federation/trust_mark?sub=https://a.example&sub=https://b.example&trust_mark_type=x",
            400,
            "invalid_request",
        ),
        ("/federation/trust_marked_list", 400, "invalid_request"),
        ("/federation/trust_marked_list?trust_mark_type=https://a.example/m&sub=", 400, "invalid_request"),
    ],
)
async def test_refusals_have_the_specifications_form(world: World, path: str, status: int, error: str) -> None:
    got, content_type, body = await world.nodes[0].get(path)
    assert (got, content_type, parse_object(body)["error"]) == (status, "application/json", error)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", FORM, 400),
        (b"trust_mark=", FORM, 400),
        (b"trust_mark=a.b.c", FORM, 400),
        (b"trust_mark=a&trust_mark=b", FORM, 400),
        (b"trust_mark=\xff", FORM, 400),
        (b"&".join(b"x=1" for _ in range(40)), FORM, 400),
        (b"trust_mark=" + b"a" * 30_000, FORM, 413),
        (b'{"trust_mark": "a"}', {"Content-Type": "application/json"}, 415),
    ],
)
async def test_what_strangers_post_for_a_status_is_refused(
    world: World, body: bytes, headers: dict[str, str], status: int
) -> None:
    got, content_type, answer = await posted(world.nodes[0], body, headers)
    assert (got, content_type, parse_object(answer)["error"]) == (status, "application/json", "invalid_request")


async def test_the_status_of_anothers_mark_is_not_found(world: World) -> None:
    anchor, college, accreditor = await prepared_network(world)
    await granted(college, accreditor)
    token = (await accreditor.get(f"/federation/trust_mark?{asked_for(college)}"))[2]
    status, _, answer = await posted(anchor, f"trust_mark={token}".encode())
    assert (status, parse_object(answer)["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"trust_mark_type": ""}, 422),
        ({"trust_mark_type": "accredited"}, 422),
        ({"subject": "did:key:z6Mk"}, 422),
        ({"scope": {"status": "excellent"}}, 422),
        ({"scope": {"programmes": ["a\nb"]}}, 422),
        ({"scope": {"accredited_from": "2027-01-02T00:00:00Z", "accredited_until": "2027-01-01T00:00:00Z"}}, 422),
        ({"ref": "javascript:alert(1)"}, 422),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 422),
        ({"colour": "red"}, 422),
    ],
)
async def test_what_no_mark_can_hold_is_not_granted(world: World, changes: dict[str, Any], status: int) -> None:
    node = world.nodes[0]
    body = {"trust_mark_type": TYPE, "subject": "https://college.example", **changes}
    await node.call("POST", "/marks", body, status)
    assert (await node.call("GET", "/marks"))["items"] == []


async def test_a_mark_is_endorsed_by_the_api(world: World) -> None:
    _, college, accreditor = await prepared_network(world)
    mark = await granted(college, accreditor)
    made = (await accreditor.call("POST", f"/marks/{mark['id']}/endorse", None, 200))["credential"]
    assert (made["type"], made["credentialSubject"]["id"]) == (
        ["VerifiableCredential", "EndorsementCredential"],
        college.settings.did,
    )
    await accreditor.call("POST", "/marks/0/endorse", None, 404)
