"""A small world and a wallet enrolled in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from node.clock import SystemClock
from node.demo.wallet import Wallet
from tests.support.wallet_world import CODE, World


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    async with World() as world:
        yield world


@pytest_asyncio.fixture
async def wallet(world: World, tmp_path: Path) -> AsyncIterator[Wallet]:
    async with world.wallet(tmp_path / "wallet") as wallet:
        await wallet.enrol(world.enrol_link, CODE)
        yield wallet


@pytest_asyncio.fixture
async def served_now() -> AsyncIterator[World]:
    """A world whose clock shows the machine's time, for wallets in processes of their own."""
    async with World(clock=SystemClock()) as world:  # type: ignore[arg-type]
        yield world
