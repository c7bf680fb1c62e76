"""Guessing tokens is slow for strangers and never in the way of who has a good one."""

from datetime import timedelta

from node.services.attempts import MAX_FAILURES
from tests.support.served import Served

WRONG = {"Authorization": "Bearer ler_wrong"}


async def status_of(served: Served, headers: dict[str, str]) -> int:
    response = await served.client.get("/api/v1/identity", headers=headers)
    return response.status


async def test_after_ten_failures_an_address_waits_for_a_minute(served: Served) -> None:
    assert [await status_of(served, WRONG) for _ in range(MAX_FAILURES)] == [401] * MAX_FAILURES
    served.clock.advance(timedelta(seconds=20))
    limited = await served.client.get("/api/v1/identity", headers=WRONG)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "40")
    assert (await limited.json())["found"] == "10 within 60 s"
    served.clock.advance(timedelta(seconds=41))
    assert await status_of(served, WRONG) == 401


async def test_a_guess_that_would_be_right_is_limited_too(served: Served) -> None:
    for _ in range(MAX_FAILURES):
        await status_of(served, WRONG)
    assert await status_of(served, served.bearer) == 429


async def test_a_token_that_was_good_before_is_not_locked_out_by_strangers(served: Served) -> None:
    assert await status_of(served, served.bearer) == 200
    for _ in range(MAX_FAILURES):
        await status_of(served, WRONG)
    assert await status_of(served, WRONG) == 429
    assert await status_of(served, served.bearer) == 200


async def test_the_database_holds_no_token(served: Served) -> None:
    assert await status_of(served, served.bearer) == 200
    files = [path for path in served.settings.data_dir.iterdir() if path.name.startswith("node.sqlite3")]
    assert files
    assert [path.name for path in files if served.token.encode() in path.read_bytes()] == []
