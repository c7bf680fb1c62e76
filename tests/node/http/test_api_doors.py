"""Bad input at every door of the API: each operation, each way to be wrong, one table."""

import json
import re

import pytest

from node.http.api.operation import AnyOperation
from node.http.api.routes import PREFIX, operations
from node.http.api.schema import Empty
from node.http.middlewares import MAX_BODY_BYTES
from node.services.tokens import Role
from tests.support.served import Served

JSON = {"Content-Type": "application/json"}
PROBLEMS = "https://w3id.org/ler-exchange/problems/"

BODIES = {
    "not JSON": (b"{", JSON, 400, "malformed"),
    "two values": (b"{} {}", JSON, 400, "malformed"),
    "a name twice": (b'{"a": 1, "a": 2}', JSON, 400, "malformed"),
    "not a number": (b'{"a": NaN}', JSON, 400, "malformed"),
    "not UTF-8": (b'{"a": "\xff"}', JSON, 400, "malformed"),
    "an array": (b"[]", JSON, 400, "malformed"),
    "too deep": (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", JSON, 413, "too-large"),
    "an unknown member": (b'{"no_such_member": 1}', JSON, 422, "invalid"),
    "another media type": (b"{}", {"Content-Type": "text/plain"}, 415, "media-type"),
    "a form": (b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "media-type"),
    "too large": (b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}', JSON, 413, "too-large"),
}


def named(operation: AnyOperation) -> str:
    return f"{operation.method} {operation.path}"


def url_of(operation: AnyOperation) -> str:
    return PREFIX + re.sub(r"\{\w+\}", "none", operation.path)


async def problem_of(response: object, status: int, slug: str) -> dict[str, str]:
    problem = json.loads(await response.read())
    assert (response.status, response.content_type) == (status, "application/problem+json"), problem
    assert problem["type"] == PROBLEMS + slug
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["expected"]
    return problem


@pytest.mark.parametrize("operation", operations(), ids=named)
async def test_whoever_has_no_token_gets_nothing(served: Served, operation: AnyOperation) -> None:
    for headers, found in (
        ({}, "nothing"),
        ({"Authorization": "Basic b3A6b3A="}, "Basic"),
        ({"Authorization": "Bearer "}, "Bearer"),
        ({"Authorization": "Bearer " + "x" * 5000}, "Bearer"),
        ({"Authorization": "Bearer ler_unknown"}, "an unknown token"),
    ):
        response = await served.client.request(operation.method, url_of(operation), headers=headers)
        problem = await problem_of(response, 401, "unauthenticated")
        assert problem["found"] == found
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", operations(), ids=named)
async def test_a_token_without_the_role_is_refused(served: Served, operation: AnyOperation) -> None:
    others = frozenset(Role) - frozenset(operation.roles)
    token = await served.services.tokens.create("another", others)
    headers = {"Authorization": f"Bearer {token}"}
    response = await served.client.request(operation.method, url_of(operation), headers=headers)
    if others:
        await problem_of(response, 403, "forbidden")
    else:
        assert set(operation.roles) == set(Role)


@pytest.mark.parametrize("operation", operations(), ids=named)
@pytest.mark.parametrize("wrong", BODIES)
async def test_a_wrong_body_is_refused_with_what_was_found(served: Served, operation: AnyOperation, wrong: str) -> None:
    body, headers, status, slug = BODIES[wrong]
    if operation.method == "GET":
        assert operation.body is Empty
        return
    response = await served.client.request(
        operation.method, url_of(operation), data=body, headers=served.bearer | headers
    )
    problem = await problem_of(response, status, slug)
    assert problem.get("found") or wrong in ("not UTF-8", "a name twice", "not a number", "too deep"), problem


@pytest.mark.parametrize("operation", operations(), ids=named)
async def test_an_unknown_query_member_is_refused(served: Served, operation: AnyOperation) -> None:
    body = None if operation.body is Empty else b"{}"
    headers = served.bearer | (JSON if body else {})
    response = await served.client.request(
        operation.method, url_of(operation) + "?no_such=1", data=body, headers=headers
    )
    if operation.body is Empty:
        problem = await problem_of(response, 422, "invalid")
        if not any(member.is_required() for member in operation.query.model_fields.values()):
            assert (problem["found"], problem["expected"]) == ("'1'", "no such member")
    else:
        assert 400 <= response.status < 500


async def test_a_path_that_is_not_served_and_a_method_that_is_not_taken(served: Served) -> None:
    nowhere = await served.client.get("/api/v1/no-such-thing")
    await problem_of(nowhere, 404, "not-found")
    wrong = await served.client.delete("/api/v1/keys/rotate")
    assert (await problem_of(wrong, 405, "method-not-allowed"))["found"] == "DELETE"
    assert wrong.headers["Allow"] == "POST"


async def test_nothing_of_what_was_refused_stands_in_the_log(served: Served) -> None:
    await served.client.post(
        "/api/v1/keys/rotate?email=ada@example.org",
        data=json.dumps({"purpose": "Ada Lovelace"}),
        headers=served.bearer | JSON,
    )
    line = json.loads(served.log.getvalue().splitlines()[-1])
    assert (line["route"], line["status"]) == ("/api/v1/keys/rotate", 422)
    assert "Ada" not in served.log.getvalue()
    assert "example.org" not in served.log.getvalue()
    assert served.token not in served.log.getvalue()
