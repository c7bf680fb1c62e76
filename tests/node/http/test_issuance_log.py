"""Issuance logs at the door of a node: what everybody may read, and how what cannot be answered is refused."""

import pytest

from node.storage.repos import issuance_log as rows
from protocols.jose.encoding import parse_object
from protocols.trust.issuance_log.head import parse_head, parse_path
from protocols.trust.issuance_log.merkle import MAX_SIZE, is_consistent
from tests.support.served import Served


@pytest.mark.parametrize(
    "path",
    [
        "/log/heads?after=-1",
        "/log/heads?after=x",
        "/log/heads?after=",
        "/log/heads?after=%D9%A3",
        "/log/heads?after=1e3",
        f"/log/heads?after={MAX_SIZE + 1}",
        f"/log/heads?after={'9' * 4000}",
        "/log/heads?log=",
        "/log/heads?log=http://college.example",
        "/log/heads?log=https://college.example/",
        "/log/heads?log=https://[",
        "/log/heads?log=%00",
        f"/log/heads?log=https://college.example/{'x' * 1000}",
        "/log/consistency",
        "/log/consistency?from=0",
        "/log/consistency?from=2&to=1",
        "/log/consistency?from=0&to=1",
        f"/log/consistency?from=0&to={MAX_SIZE}",
        "/log/consistency?from=x&to=1",
        "/log/consistency?from=0&to=-1",
    ],
)
async def test_what_cannot_be_answered_is_a_problem_of_whoever_asks(served: Served, path: str) -> None:
    async with served.client.get(path) as response:
        problem = await response.json(content_type="application/problem+json")
    assert 400 <= response.status < 500
    assert (problem["status"], "detail" in problem) == (response.status, True)


async def test_a_log_that_nobody_has_is_empty(served: Served) -> None:
    stranger = "https://stranger.example"
    async with served.client.get("/log/heads", params={"log": stranger, "after": str(MAX_SIZE)}) as response:
        assert (response.status, await response.json()) == (200, {"log": stranger, "heads": []})


async def test_heads_and_what_lies_between_them_are_for_everybody(served: Served) -> None:
    log = served.services.issuance_log
    for _ in range(2):
        await log.storage.run("test.add", lambda session: log.add(session, None, "A" * 43, now=served.clock.now()))
        await log.seal()
    async with served.client.get("/log/heads") as response:
        page = parse_object(await response.read())
    first, second = (parse_head(entry["head"]) for entry in page["heads"])
    assert (page["log"], first.size, second.size) == (log.entity_id, 16, 32)
    async with served.client.get("/log/consistency?from=16&to=32") as response:
        between = parse_object(await response.read())
    path = parse_path(between["path"], rule="test")
    assert (between["from"], between["to"], len(path)) == (16, 32, 1)
    assert is_consistent(16, first.root, 32, second.root, path)
    for answer in ("0&to=0", "0&to=32", "32&to=32"):
        async with served.client.get(f"/log/consistency?from={answer}") as response:
            assert (await response.json())["path"] == []


async def test_leaves_under_no_head_yet_are_nobodys_business(served: Served) -> None:
    log = served.services.issuance_log
    await log.storage.run("test.add", lambda session: log.add(session, None, "A" * 43, now=served.clock.now()))
    async with served.client.get("/log/consistency?from=0&to=1") as response:
        assert response.status == 422
    assert await log.storage.read(lambda session: rows.last_head(session, log.entity_id)) is None
