"""The loop that both durable queues share: claim what is due, work on a bounded number at once, sleep until woken."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from node.errors import StorageError
from node.storage.unit import Waiter

Row = TypeVar("Row")

POLL_S = 1.0
"""The floor under every wake-up: a wake that was lost (another replica, a restart) costs at most this."""


async def work_off(
    claim: Callable[[int], Awaitable[Sequence[Row]]],
    perform: Callable[[Row], Awaitable[None]],
    due: Waiter,
    *,
    at_once: int,
    idle_s: Callable[[], Awaitable[float]] | None = None,
) -> None:
    """Runs until cancelled. `claim(n)` takes at most n rows; `perform` handles its own expected failures.

    `idle_s` says for how long nothing will be due, where that is known, so that what is due later is not late.
    A failure that `perform` did not expect ends the loop, loudly: the row's lease gives it back after a restart.
    Every task is owned here and ends with this one.
    """
    places = asyncio.Semaphore(at_once)
    working = 0

    async def one(row: Row) -> None:
        nonlocal working
        try:
            await perform(row)
        finally:
            working -= 1
            places.release()

    async with asyncio.TaskGroup() as tasks:
        while True:
            await places.acquire()  # at least one is free; a row that was claimed must not wait while its lease runs
            places.release()
            try:
                rows = await claim(at_once - working)
            except StorageError:  # what is under way goes on; the database may be back in a moment
                await asyncio.sleep(POLL_S)
                continue
            for row in rows:
                await places.acquire()
                working += 1
                tasks.create_task(one(row))
            if not rows:
                await due.wait(POLL_S if idle_s is None else min(POLL_S, await idle_s()))
