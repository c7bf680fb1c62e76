"""The outside, on this machine: servers that a fetch may reach, and canaries that none may."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from node.adapters.addresses import OpenSocket, open_socket
from node.adapters.fetch import Fetcher
from node.clock import Clock
from node.metrics import Metrics
from node.settings import Fetch, Limits
from tests.support.clock import StandingClock

ORIGIN = "https://peer.example"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(*routes: tuple[str, str, Handler]) -> AsyncIterator[str]:
    """An HTTP server with these (method, path, handler); yields its plain loopback origin."""
    app = web.Application()
    for method, path, handler in routes:
        app.router.add_route(method, path, handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def talking(
    script: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A TCP server that says what `script` writes; yields its plain loopback origin."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await script(reader, writer)
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@dataclass(slots=True)
class Canary:
    """Counts who connects to this machine at `port`, on IPv4 and, where there is one, IPv6."""

    port: int
    hits: int = 0


@asynccontextmanager
async def canary() -> AsyncIterator[Canary]:
    bird = Canary(0)

    async def hit(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bird.hits += 1
        writer.close()

    server = await asyncio.start_server(hit, "127.0.0.1", 0)
    bird.port = server.sockets[0].getsockname()[1]
    servers = [server]
    with suppress(OSError):
        servers.append(await asyncio.start_server(hit, "::1", bird.port))
    try:
        yield bird
        await asyncio.sleep(0.01)
    finally:
        for each in servers:
            each.close()


@dataclass(slots=True)
class Names(AbstractResolver):
    """Answers names from a script: each look takes the next list of addresses, the last one for ever."""

    script: Mapping[str, list[list[str]]]
    looks: list[str] = field(default_factory=list[str])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.looks.append(host)
        answers = self.script.get(host)
        if not answers:
            raise OSError("no such name")
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None: ...


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


@asynccontextmanager
async def fetching(
    origins: Mapping[str, str] | None = None,
    *,
    clock: Clock | None = None,
    limits: Limits | None = None,
    names: Names | None = None,
    open: OpenSocket = open_socket,
    **settings: float,
) -> AsyncIterator[Fetcher]:
    """A real Fetcher; it knows no names but those of `names`, so that nothing here asks a name server."""
    fetch = Fetch.model_validate({"origins": dict(origins or {}), **settings})
    fetcher = Fetcher(
        fetch, limits or Limits(), clock or StandingClock(), Metrics(), resolver=names or Names({}), open=open
    )
    async with fetcher:
        yield fetcher
