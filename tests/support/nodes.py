"""One real node in this process: what `ler-node init` makes, served on a loopback port of its own."""

import asyncio
import io
import json
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

from node.adapters.master_key import create_master_key
from node.app import create_app
from node.cli.offline import identity_of
from node.clock import SystemClock
from node.keys import SERVICES
from node.log import create_log
from node.services.attempts import Attempts
from node.services.tokens import Role, Tokens
from node.services.wiring import Services
from node.settings import Settings, load_settings
from node.storage.engine import open_storage
from node.storage.unit import Session
from tests.support.storage import storage_in
from tests.support.wire import Road, Wire

T = TypeVar("T")

DEADLINE_S = 30.0
LOOK_EVERY_S = 0.05


class MovedClock:
    """The machine's clock, moved by as much as a test says. Implements `node.clock.Clock`."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.moved = timedelta()

    def now(self) -> datetime:
        return self._system.now() + self.moved

    def monotonic(self) -> float:
        return self._system.monotonic() + self.moved.total_seconds()


class Late(AssertionError):
    """What a test waited for did not come in time."""


async def wait_until(
    what: str,
    look: Callable[[], Awaitable[T | None]],
    *,
    deadline_s: float | None = None,
    every_s: float = LOOK_EVERY_S,
) -> T:
    """What `look` finds, as soon as it finds anything; raises Late after `deadline_s` (DEADLINE_S)."""
    within_s = DEADLINE_S if deadline_s is None else deadline_s
    ends_at = time.monotonic() + within_s
    while (found := await look()) is None or found is False:
        if time.monotonic() > ends_at:
            raise Late(f"waited {within_s:.0f} s for {what}")
        await asyncio.sleep(every_s)
    return found


class Refusal(AssertionError):
    """An API call was answered with a problem document: `status` and `problem`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status}: {dict(problem)}")
        self.status = status
        self.problem = dict(problem)


def free_places(count: int) -> list[socket.socket]:
    """Ports that nobody else is given. Nobody listens there yet: who calls is refused at once."""
    places = [socket.socket() for _ in range(count)]
    for place in places:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", 0))
    return places


def port_of(place: socket.socket) -> int:
    return place.getsockname()[1]


@dataclass(slots=True)
class Node:
    """A node of a test network; `start` after `init`. `log` is all that it wrote."""

    name: str
    data: Path
    place: socket.socket
    settings: Settings
    clock: MovedClock = field(default_factory=MovedClock)
    log: io.StringIO = field(default_factory=io.StringIO)
    token: str = field(default="", repr=False)
    wire: Wire | None = None
    status_road: Road | None = None
    runner: web.AppRunner | None = None
    session: aiohttp.ClientSession | None = None

    @property
    def did(self) -> str:
        return self.settings.did

    @property
    def origin(self) -> str:
        """As the world knows it; `url` is where it really listens."""
        return self.settings.base_url

    @property
    def url(self) -> str:
        return f"http://{self.settings.listen}"

    @property
    def services(self) -> Services:
        assert self.runner is not None, f"{self.name} is not running"
        return self.runner.app[SERVICES]

    @property
    def posted(self) -> list[tuple[str, bytes]]:
        """Every envelope that its outbox posted."""
        assert self.wire is not None
        return self.wire.sent

    async def init(self) -> None:
        """Keys, database, identity and a token, as `ler-node init` makes them."""
        create_master_key(self.settings)
        url = self.settings.database.url
        storage = storage_in(self.data) if url is None else open_storage(url, data_dir=self.data)
        await storage.start()
        try:
            await identity_of(self.settings, storage).create()
            clock = SystemClock()
            tokens = Tokens(storage=storage, attempts=Attempts(clock), clock=clock)
            self.token = await tokens.create("test", frozenset(Role))
        finally:
            await storage.close()

    async def start(self) -> None:
        app = create_app(self.settings, clock=self.clock, log=create_log(self.settings.log.level, "json", self.log))
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", port_of(self.place), reuse_address=True).start()
        outbox = self.services.outbox
        self.wire = Wire(outbox.transport)
        outbox.transport = self.wire
        sync = self.services.status_sync
        sync.fetcher = self.status_road = Road(sync.fetcher)
        self.session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"})

    async def stop(self) -> None:
        """Ends it, as SIGTERM would; its data stays, and whoever calls is refused."""
        if self.session is not None:
            await self.session.close()
        if self.runner is not None:
            await self.runner.cleanup()
        self.session = self.runner = None

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer of `/api/v1` + path; raises Refusal for a problem document."""
        assert self.session is not None, f"{self.name} is not running"
        async with self.session.request(method, f"{self.url}/api/v1{path}", json=body) as response:
            raw = await response.read()
            answer = json.loads(raw) if raw else {}
            if response.status >= 400:
                raise Refusal(response.status, answer)
            return answer

    async def get(self, path: str) -> Any:
        return await self.call("GET", path)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return await self.call("POST", path, body or {})

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return await self.call("PUT", path, body)

    async def page(self, path: str, **headers: str) -> tuple[int, bytes]:
        """What anybody gets at a path: status and body."""
        async with (
            aiohttp.ClientSession(headers=headers) as stranger,
            stranger.get(f"{self.url}{path}", allow_redirects=False) as response,
        ):
            return response.status, await response.read()

    async def items(self, path: str) -> list[Any]:
        return (await self.get(path))["items"]

    async def read(self, body: Callable[[Session], T]) -> T:
        """What stands in its database now."""
        return await self.services.outbox.storage.read(body)

    async def write(self, body: Callable[[Session], T]) -> T:
        return await self.services.outbox.storage.run("test.write", body)

    def lines(self) -> list[dict[str, Any]]:
        """Its log, parsed."""
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


def node_in(
    folder: Path, name: str, place: socket.socket, origins: Mapping[str, str], *, path: str = "", **settings: Any
) -> Node:
    """A node with its settings, nothing made yet. The listening place is its own.

    Args:
        path: what its DID has after the port: ":campus".
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port_of(place)
    made = load_settings(
        folder,
        did=f"did:web:localhost%3A{port}{path}",
        name=name,
        listen=f"127.0.0.1:{port}",
        fetch={"origins": dict(origins)},
        **settings,
    )
    return Node(name=name, data=folder, place=place, settings=made)
