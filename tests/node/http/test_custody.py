"""Custody at the door of a node: what it says of institutions, and how strangers' input is refused."""

from typing import Any
from urllib.parse import quote

import pytest

from node.services.web import CONFIRMATION
from protocols.trust.succession import MAX_TOKEN_BYTES
from tests.support.served import Served

INSTITUTION = quote("https://college.example", safe="")
CUSTODY = f"/federation/custody?institution={INSTITUTION}"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/federation/custody", 422),
        ("/federation/custody?institution=", 422),
        ("/federation/custody?institution=http://college.example", 422),
        ("/federation/custody?institution=%00", 422),
        (f"/federation/custody?institution={'x' * 4000}", 422),
        (CUSTODY, 404),
        ("/custody/status", 422),
        ("/custody/status?url=", 422),
        (f"/custody/status?url={'x' * 2049}", 422),
        ("/custody/status?url=%00", 404),
        ("/custody/status?url=https://college.example/status/1", 404),
    ],
)
async def test_what_is_not_in_custody_here_is_a_problem_of_whoever_asks(served: Served, path: str, status: int) -> None:
    async with served.client.get(path) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["status"]) == (status, status)


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        (CUSTODY, b"a.b.c", "application/jwt", 415),
        (CUSTODY, b"x" * (MAX_TOKEN_BYTES + 1), CONFIRMATION, 413),
        (CUSTODY, b"a.b.c", CONFIRMATION, 404),
        (CUSTODY, b"", CONFIRMATION, 404),
        (CUSTODY, b"\xff\x00", CONFIRMATION, 404),
        ("/federation/custody", b"a.b.c", CONFIRMATION, 422),
        ("/federation/custody?institution=x", b"a.b.c", CONFIRMATION, 422),
    ],
)
async def test_a_confirmation_that_cannot_be_taken_is_refused(
    served: Served, path: str, body: bytes, content_type: str, status: int
) -> None:
    async with served.client.post(path, data=body, headers={"Content-Type": content_type}) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["status"]) == (status, status)


async def test_a_confirmation_without_end_is_refused_too(served: Served) -> None:
    """In chunks, so that nobody says how long it will be."""

    async def chunks() -> Any:
        for _ in range(3):
            yield b"x" * MAX_TOKEN_BYTES

    async with served.client.post(CUSTODY, data=chunks(), headers={"Content-Type": CONFIRMATION}) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["status"]) == (413, 413)
