"""What one origin may cost us, and we it: calls at once, calls a second, and a pause after it failed.

Who makes this node call a third party must not be able to make it call often: the budget is per origin called, not
per caller. All state is in memory and bounded; a restart forgets it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from node.clock import Clock
from node.errors import OverBudget, Unreachable

MAX_ORIGINS = 4096
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


@dataclass(slots=True)
class _Origin:
    free: asyncio.Semaphore
    tokens: float
    counted_at: float
    users: int = 0
    pause_s: float = 0.0
    paused_until: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Per origin: calls at once; and of those that count, `burst` at first and `per_s` for ever."""

    at_once: int = 8
    burst: int = 500
    per_s: float = 100.0


class Origins:
    """The state of the origins called lately."""

    def __init__(self, clock: Clock, budget: Budget) -> None:
        self._clock = clock
        self._budget = budget
        self._origins: OrderedDict[str, _Origin] = OrderedDict()

    @asynccontextmanager
    async def turn(self, name: str, *, deadline: float, counted: bool) -> AsyncGenerator[None, None]:
        """Waits for a free turn at the origin `name`; what is done in it ends by `deadline` (of the event loop's time).

        Args:
            counted: whether the call is one that strangers can cause: then it takes from the budget, is refused
                during a pause, and its failure begins one. Deliveries are not: their queue has its own back-off.

        Raises:
            Unreachable: over the budget or the time, or the origin failed a moment ago.
        """
        origin = self._origin(name)
        if counted:
            self._take(origin)
        origin.users += 1
        try:
            await _acquire(origin.free, deadline)
            try:
                async with _until(deadline):
                    yield
            finally:
                origin.free.release()
        except Unreachable:
            if counted:
                self._pause(origin)
            raise
        else:
            origin.pause_s = origin.paused_until = 0.0
        finally:
            origin.users -= 1

    def _origin(self, name: str) -> _Origin:
        origin = self._origins.get(name)
        if origin is None:
            now = self._clock.monotonic()
            origin = _Origin(asyncio.Semaphore(self._budget.at_once), float(self._budget.burst), now)
            self._origins[name] = origin
            self._forget()
        self._origins.move_to_end(name)
        return origin

    def _forget(self) -> None:
        """Drops the origins longest unused; one in use stays, as does its count of turns."""
        if len(self._origins) > MAX_ORIGINS:
            for name in [name for name, origin in self._origins.items() if not origin.users][: MAX_ORIGINS // 8]:
                del self._origins[name]

    def _take(self, origin: _Origin) -> None:
        now = self._clock.monotonic()
        if now < origin.paused_until:
            raise Unreachable("the origin failed a moment ago and is left alone")
        earned = (now - origin.counted_at) * self._budget.per_s
        origin.tokens = min(float(self._budget.burst), origin.tokens + earned)
        origin.counted_at = now
        if origin.tokens < 1:
            raise OverBudget(
                "the origin was called too often", expected=f"at most {self._budget.per_s:g} calls a second"
            )
        origin.tokens -= 1

    def _pause(self, origin: _Origin) -> None:
        origin.pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, 2 * origin.pause_s))
        origin.paused_until = self._clock.monotonic() + origin.pause_s


@asynccontextmanager
async def _until(deadline: float) -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError as error:
        raise Unreachable("no answer in time") from error


async def _acquire(free: asyncio.Semaphore, deadline: float) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await free.acquire()
    except TimeoutError as error:
        raise Unreachable("too many calls to one origin at once") from error
