"""What goes in and comes out of the API as it is: URIs unchanged, people suspended and back, names of operations."""

import re
from typing import Any

import pytest

from node.http.api.routes import operations
from tests.support.served import Served

KEPT = (
    "https://example.org",
    "https://example.org:443/a/../%7Eb/%c3%a9?q=%20#F",
    "http://EXAMPLE.org/Skills",
    "urn:uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
)
REFUSED = (
    "example.org/skills",
    "/skills/1",
    "javascript:alert(1)",
    "did:web:example.org",
    "https://",
    "urn:",
    "https://example.org/a b",
    "https://example.org/é",
    "https://example.org/\u202e",
    "https://example.org/\n",
    "https://example.org/" + "a" * 2048,
)
ACHIEVEMENT = {"name": "Forecasting", "description": "Builds a forecast.", "criteria": "Built three."}


async def call(served: Served, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    async with served.client.request(method, f"/api/v1{path}", json=body, headers=served.bearer) as response:
        return response.status, await response.json(content_type=None)


def aligned_to(uri: str) -> dict[str, Any]:
    return {**ACHIEVEMENT, "alignments": [{"targetUrl": uri, "targetName": "forecasting"}]}


@pytest.mark.parametrize("uri", KEPT)
async def test_the_uri_of_a_skill_is_kept_letter_by_letter(served: Served, uri: str) -> None:
    await call(served, "PUT", "/achievements/forecasting", aligned_to(uri))
    status, answer = await call(served, "GET", "/achievements/forecasting")
    assert (status, answer["achievement"]["alignment"][0]["targetUrl"]) == (200, uri)


@pytest.mark.parametrize("uri", REFUSED)
async def test_what_is_no_absolute_uri_of_a_skill_is_refused(served: Served, uri: str) -> None:
    status, problem = await call(served, "PUT", "/achievements/forecasting", aligned_to(uri))
    assert (status, problem["detail"]) == (
        422,
        "the body does not have the documented form at alignments[0].targetUrl",
    )
    item = {"id": "one", "skill": {"uri": uri, "name": "forecasting"}}
    asks = {"items": [item], "purpose": {"code": "hiring", "text": "To hire"}, "retention_days": 1}
    status, problem = await call(served, "POST", "/requests", asks)
    assert (status, problem["detail"]) == (422, "the body does not have the documented form at items[0].skill.uri")
    assert problem["expected"] in (
        "an absolute URI with http, https or urn",
        "String should have at most 2048 characters",
    )


async def test_who_belongs_to_no_network_cannot_ask_and_is_told_what_comes_first(served: Served) -> None:
    item = {"id": "one", "skill": {"uri": KEPT[0], "name": "forecasting"}}
    asks = {"items": [item], "purpose": {"code": "hiring", "text": "To hire"}, "retention_days": 1}
    status, problem = await call(served, "POST", "/requests", asks)
    assert (status, problem["detail"]) == (409, "this node is in no trust network")


async def test_a_learner_is_suspended_and_reinstated(served: Served) -> None:
    _, made = await call(served, "POST", "/learners", {"name": "Ada", "reference": "S-1"})
    learner = {"id": made["learner"]["id"], "name": "Ada", "reference": "S-1", "enrolled": False}
    path = f"/learners/{learner['id']}"
    for verb, suspended in (("suspend", True), ("suspend", True), ("reinstate", False), ("reinstate", False)):
        assert await call(served, "POST", f"{path}/{verb}") == (200, {**learner, "suspended": suspended})
        listed = (await call(served, "GET", "/learners"))[1]
        assert listed == {"items": [{**learner, "suspended": suspended}], "next": None}
    status, problem = await call(served, "POST", "/learners/nobody/suspend")
    assert (status, problem["detail"], problem["found"]) == (404, "no such learner", "nobody")


def test_an_operation_is_named_for_what_it_does() -> None:
    """A listing is `list_…` or a search, one thing is `show_…`; what changes something is another verb."""
    assert [operation.name for operation in operations() if not re.fullmatch("[a-z]+(_[a-z]+)+", operation.name)] == []
    reads = {operation.name.split("_")[0] for operation in operations() if operation.method == "GET"}
    writes = {operation.name.split("_")[0] for operation in operations() if operation.method != "GET"}
    assert (reads, reads & writes) == ({"list", "show", "search"}, set())
    lists = [operation for operation in operations() if "items" in operation.response.model_fields]
    assert {operation.name.split("_")[0] for operation in lists if operation.method == "GET"} == {"list", "search"}
