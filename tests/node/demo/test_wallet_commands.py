"""The wallet's command line: what it prints, and how it ends. The whole story by commands is the demo's."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from node.demo.wallet.cli import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, VERBS, main
from tests.support.wallet_world import BUDGETS, CODE, WRITING, World

Typed = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def typed(served_now: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """A command as typed: (exit code, what was printed, what was complained)."""
    whose = ["--data", str(tmp_path / "wallet")]
    for origin in served_now.origins.items():
        whose += ["--origin", "=".join(origin)]

    async def type_(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, [*arguments, *whose])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return type_


async def test_enrolling_and_looking_at_an_offer_by_commands(served_now: World, typed: Typed):
    world = served_now
    assert await typed("enrol", world.enrol_link, CODE) == (
        0,
        "enrolled at did:web:college.example as S-1004; networks it goes by: Lakes Credential Network\n",
        "",
    )
    thread = world.offer(BUDGETS)
    assert await typed("sync") == (0, "1 fetched, 0 waiting to be sent\n", "")
    _, printed, _ = await typed("offers", "--json")
    assert [(offer["id"], offer["state"]) for offer in json.loads(printed)] == [(thread, "waiting")]
    assert await typed("accept-offer", thread) == (0, "asked for\n", "")
    assert list(world.holders) == [thread]


async def test_every_listing_is_json_on_demand_and_says_none_where_there_is_none(typed: Typed):
    for verb in ("offers", "requests", "history", "credentials", "receipts", "links"):
        assert await typed(verb, "--json") == (0, "[]\n", "")
        assert await typed(verb) == (0, "none\n", "")


async def test_errors_are_one_line_that_says_what_would_be_right(served_now: World, typed: Typed):
    world = served_now
    code, out, err = await typed("enrol", world.enrol_link, "WRONG-CODE-0000")
    assert (code, out) == (EXIT_FAILED, "")
    assert err == ("wallet: the institution did not answer to this code: expected the code as it was given, once\n")
    code, _, err = await typed("show", "x")
    assert (code, err) == (EXIT_FAILED, "wallet: no such request: found x, expected an id that `requests` lists\n")
    world.down = True
    code, _, err = await typed("enrol", world.enrol_link, CODE)
    assert (code, err) == (EXIT_UNREACHABLE, "wallet: the other side cannot answer now: found HTTP 503\n")


async def test_a_yes_to_what_was_not_on_the_screen_prints_what_is_and_shares_nothing(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    async def type_(*arguments: str) -> tuple[int, str, str]:
        whose = ["--data", str(tmp_path / "wallet")]
        code = await asyncio.to_thread(main, [*arguments, *whose], clock=world.clock)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    async with world.wallet(tmp_path / "wallet") as wallet:
        await wallet.enrol(world.enrol_link, CODE)
        await world.gives(wallet, BUDGETS)
        id = await world.asks(wallet)
        code, screen, err = await type_("approve", id)
        expected = "expected `show` with the same items, then `approve`"
        assert (code, err) == (EXIT_FAILED, f"wallet: this was not shown yet: look first: {expected}\n")
        assert await type_("show", id) == (0, screen, "")
        await world.gives(wallet, WRITING)

    code, changed, err = await type_("approve", id, "--json")
    detail = "what you would share has changed since you looked: look again"
    assert (code, err) == (EXIT_FAILED, f"wallet: {detail}: {expected}\n")
    _, screen, _ = await type_("show", id)
    assert json.loads(changed) == {"id": id, "refused": detail, "screen": screen.removesuffix("\n")}
    assert await type_("history") == (0, "none\n", "")
    assert await type_("approve", id) == (0, screen, "")


async def test_wrong_usage_ends_with_64(typed: Typed):
    for arguments in (("enrol",), ("frobnicate",), ("decline", "x", "--reason", "because")):
        code, _, err = await typed(*arguments)
        assert code == EXIT_USAGE
        assert err


def test_without_a_folder_nothing_is_done(capsys: pytest.CaptureFixture[str]):
    assert main(["requests"]) == EXIT_USAGE
    assert "--data" in capsys.readouterr().err


async def test_an_origin_is_remembered(served_now: World, typed: Typed, tmp_path: Path, capsys):
    assert (await typed("init"))[0] == 0
    code = await asyncio.to_thread(
        main, ["--data", str(tmp_path / "wallet"), "enrol", served_now.enrol_link, CODE, "--json"]
    )
    assert code == 0
    assert json.loads(capsys.readouterr().out)["reference"] == "S-1004"


def test_every_verb_has_a_line_of_help():
    assert all((verb.__doc__ or "").strip() for verb in VERBS.values())
