"""Listeners of this process: an event each, set after the commit that woke their channel."""

import asyncio
from collections.abc import Iterable
from weakref import WeakSet, WeakValueDictionary

EVERY = "*"
"""In place of names: every channel, where what was woken is not known exactly."""


class _Channel:
    def __init__(self) -> None:
        self.ears: WeakSet[Ear] = WeakSet()


class Ear:
    """One listener (implements `Waiter`). It keeps its channel alive, and nothing keeps it alive but its user."""

    def __init__(self, channel: _Channel) -> None:
        self._channel = channel
        self._event = asyncio.Event()
        channel.ears.add(self)

    def wake(self) -> None:
        self._event.set()

    async def wait(self, timeout_s: float) -> bool:
        try:
            # not wait_for: in Python 3.11 it loses a cancellation that comes together with the wake
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Wakes:
    """Channel names and who listens on them. Used on the event loop's thread only."""

    def __init__(self) -> None:
        self._channels: WeakValueDictionary[str, _Channel] = WeakValueDictionary()

    def listen(self, name: str) -> Ear:
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = _Channel()
        return Ear(channel)

    def wake(self, names: Iterable[str]) -> None:
        woken = set(names)
        for name in list(self._channels) if EVERY in woken else woken:
            channel = self._channels.get(name)
            for ear in list(channel.ears) if channel else ():
                ear.wake()
