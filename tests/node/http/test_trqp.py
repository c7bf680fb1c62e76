"""The Trust Registry Query Protocol at the door of a node, as registries' clients call it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from jsonschema.exceptions import ValidationError

from protocols.trust.times import format_instant
from tests.support.served import Served, served_node
from tests.support.trqp import REQUEST, RESPONSES

STRANGER = "did:web:stranger.example"


@pytest_asyncio.fixture
async def anchor(node_settings) -> AsyncIterator[Served]:
    async with served_node(node_settings) as node:
        await node.services.federation_sync.found("Example Network", actor="operator")
        node.clock.advance(timedelta(days=1))
        yield node


async def ask(node: Served, kind: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    me = node.settings.base_url
    given = {"entity_id": me, "authority_id": me, "action": "relay", "resource": "OpenBadgeCredential", **changes}
    query = {name: value for name, value in given.items() if value is not None}
    async with node.client.post(f"/trqp/{kind}", json=query) as response:
        answer = await response.json(content_type=None)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        if response.status == 200:
            REQUEST.validate(query)
            RESPONSES[kind].validate(answer)
        else:
            assert response.content_type == "application/problem+json"
            assert answer["status"] == response.status
        return response.status, answer


async def test_the_node_of_an_anchor_is_authorized_to_relay_since_it_founded_the_network(anchor: Served) -> None:
    now = anchor.clock.now()
    status, answer = await ask(anchor, "authorization")
    assert (status, answer) == (
        200,
        {
            "entity_id": anchor.settings.base_url,
            "authority_id": anchor.settings.base_url,
            "action": "relay",
            "resource": "OpenBadgeCredential",
            "authorized": True,
            "time_evaluated": format_instant(now),
            "message": answer["message"],
        },
    )
    asked = {"time": format_instant(now - timedelta(days=2))}
    status, answer = await ask(anchor, "authorization", entity_id=anchor.settings.did, context=asked)
    assert (status, answer["authorized"], answer["time_requested"], answer["context"]) == (
        200,
        False,
        asked["time"],
        asked,
    )


@pytest.mark.parametrize(
    ("kind", "changes", "verdict"),
    [
        ("authorization", {"action": "issue"}, False),
        ("authorization", {"action": "verify"}, False),
        ("authorization", {"entity_id": STRANGER}, False),
        ("authorization", {"entity_id": "did:key:z6MkpLDL3RoAoMRTwTgo3rs39ZwssfaPKtGdZw7AGRN7CK4W"}, False),
        ("recognition", {"action": "recognize", "resource": "AUTHORITY"}, True),
        ("recognition", {"action": "recognize", "resource": "AUTHORITY", "entity_id": STRANGER}, False),
        ("recognition", {"action": "relay"}, True),
        ("recognition", {"action": "issue"}, False),
    ],
)
async def test_an_answer_is_yes_or_no(anchor: Served, kind: str, changes: dict[str, str], verdict: bool) -> None:
    given = {name: anchor.settings.did if text == "AUTHORITY" else text for name, text in changes.items()}
    status, answer = await ask(anchor, kind, **given)
    assert (status, answer[{"authorization": "authorized", "recognition": "recognized"}[kind]]) == (200, verdict)


@pytest.mark.parametrize(
    ("kind", "changes", "status"),
    [
        ("authorization", {"authority_id": "did:web:other.example"}, 404),
        ("authorization", {"action": "govern"}, 404),
        ("authorization", {"action": "recognize"}, 404),
        ("recognition", {"action": "recognize", "resource": "another-network"}, 404),
        ("authorization", {"resource": None}, 400),
        ("authorization", {"entity_id": "not a uri"}, 400),
        ("authorization", {"context": {"time": "yesterday"}}, 400),
        ("authorization", {"context": {"time": "2999-01-01T00:00:00Z"}}, 400),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(
    anchor: Served, kind: str, changes: dict[str, Any], status: int
) -> None:
    got, problem = await ask(anchor, kind, **changes)
    assert (got, bool(problem["detail"])) == (status, True)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"a":' * 5 + b"1" + b"}" * 5, "application/json", 413),
        (b'{"a": "' + b"x" * 17_000 + b'"}', "application/json", 413),
    ],
)
async def test_a_body_that_is_no_query_is_refused_before_it_is_read(anchor: Served, body, content_type, status) -> None:
    headers = {"Content-Type": content_type}
    async with anchor.client.post("/trqp/authorization", data=body, headers=headers) as response:
        assert (response.status, response.content_type) == (status, "application/problem+json")


async def test_a_clock_a_little_ahead_of_ours_is_asking_about_now(anchor: Served) -> None:
    ahead = {"time": format_instant(anchor.clock.now() + timedelta(seconds=30))}
    status, answer = await ask(anchor, "authorization", context=ahead)
    assert (status, answer["authorized"], answer["time_requested"]) == (200, True, ahead["time"])


async def test_scripts_of_any_origin_may_ask(anchor: Served) -> None:
    async with anchor.client.options("/trqp/authorization") as response:
        assert (response.status, response.headers["Access-Control-Allow-Origin"]) == (204, "*")
        assert response.headers["Access-Control-Allow-Methods"] == "POST"


async def test_a_node_in_no_network_answers_for_none(served: Served) -> None:
    status, problem = await ask(served, "authorization")
    assert (status, problem["detail"]) == (404, "this node is in no network")


def test_the_schema_of_a_response_can_fail() -> None:
    with pytest.raises(ValidationError):
        RESPONSES["authorization"].validate({"entity_id": "did:web:a.example"})
    with pytest.raises(ValidationError):
        RESPONSES["recognition"].validate(
            {
                "entity_id": "a",
                "authority_id": "b",
                "action": "c",
                "resource": "d",
                "recognized": "yes",
                "time_evaluated": "2026-11-24T12:00:00Z",
            }
        )
