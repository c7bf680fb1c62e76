"""What stands between a node's outbox and the network: it can lose, delay, repeat and reorder what is posted."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from node.adapters.fetch import Fetched
from node.errors import Unreachable


class Transport(Protocol):
    """`node.adapters.transport.DidcommTransport`."""

    async def post(self, endpoint_url: str, envelope: bytes) -> bytes | None: ...


@dataclass(slots=True)
class Wire:
    """Implements `Transport` over the real one; perfect until told otherwise. `sent` is all that was posted."""

    real: Transport
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    lost: int = 0
    """So many of the next posts never arrive."""
    unanswered: int = 0
    """So many of the next posts arrive, and their sender does not hear of it."""
    repeats: int = 0
    """How often each post is made once more."""
    delay_s: float = 0.0
    _held: list[tuple[str, bytes]] | None = None

    async def post(self, endpoint_url: str, envelope: bytes) -> bytes | None:
        self.sent.append((endpoint_url, envelope))
        await asyncio.sleep(self.delay_s)
        if self.lost > 0:
            self.lost -= 1
            raise Unreachable("lost on the way")
        if self._held is not None:
            self._held.append((endpoint_url, envelope))
            return None
        answer = await self.real.post(endpoint_url, envelope)
        for _ in range(self.repeats):
            await self.real.post(endpoint_url, envelope)
        if self.unanswered > 0:
            self.unanswered -= 1
            raise Unreachable("the answer was lost")
        return answer

    async def replay(self, sent: Sequence[tuple[str, bytes]]) -> None:
        """Posts again what somebody on the way recorded."""
        for url, envelope in sent:
            await self.real.post(url, envelope)

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[list[tuple[str, bytes]]]:
        """Holds every post inside the block, then lets them go in the order that the list has by then."""
        self._held = waiting = []
        try:
            yield waiting
        finally:
            self._held = None
        await self.replay(waiting)


class Getting(Protocol):
    """`node.adapters.fetch.Fetcher`, as far as the sync of status lists uses it."""

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched: ...


@dataclass(slots=True)
class Road:
    """Stands between a node and what it fetches: while it is closed, nobody can be reached. `asked` are the URLs."""

    real: Getting
    is_closed: bool = False
    asked: list[str] = field(default_factory=list)

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        self.asked.append(url)
        if self.is_closed:
            raise Unreachable("the road is closed")
        return await self.real.get(url, max_bytes=max_bytes, accept=accept, etag=etag)
