"""Waiting for a wake: it comes, it does not, and whoever waits can always be told to stop."""

import asyncio

import pytest

from node.storage.wakes import Wakes


async def test_a_wake_ends_the_wait_once_and_silence_ends_it_in_time() -> None:
    wakes = Wakes()
    ear = wakes.listen("work")
    wakes.wake(["other"])
    assert await ear.wait(0.01) is False
    wakes.wake(["work"])
    assert await ear.wait(0.01) is True
    assert await ear.wait(0.01) is False


async def test_a_worker_that_is_stopped_in_the_moment_of_its_wake_stops() -> None:
    """A worker that went on waiting would keep the node from ending."""
    wakes = Wakes()
    ear = wakes.listen("work")

    async def work() -> None:
        while True:
            await ear.wait(0.2)

    for _ in range(50):
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        wakes.wake(["work"])
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(2):
                await task
