"""Where the story takes place: a folder, three nodes on free ports of loopback, one wallet."""

import shutil
import socket
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import tomli_w

from node.demo.processes import StepFailed, run, serve, stop, until
from protocols.jose.encoding import JsonObject

HOLD_MS_MAX = 150
SYNC_EVERY_S = 1.0
ONLINE_AT_MOST_S = "120"


@dataclass(slots=True)
class DemoNode:
    """One organisation's node; `command` and `api` are what its people use."""

    key: str
    name: str
    port: int
    folder: Path
    origins: Mapping[str, str]
    process: Process | None = None

    @property
    def did(self) -> str:
        return f"did:web:localhost%3A{self.port}"

    @property
    def url(self) -> str:
        """Where it really listens; its identity says https, and the origins table leads here."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def database(self) -> Path:
        return self.data / "node.sqlite3"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def commands(self) -> Path:
        """What was typed, and what it printed."""
        return self.folder / "commands"

    @property
    def token_file(self) -> Path:
        return self.data / "secrets" / "api-token"

    async def init(self) -> None:
        """`ler-node init`, then the settings of a development machine."""
        self.folder.mkdir(parents=True)
        listen = f"127.0.0.1:{self.port}"
        arguments = ("init", "--data", str(self.data), "--did", self.did, "--name", self.name, "--listen", listen)
        await run(("node", *arguments), log=self.commands, prints_json=False)
        settings = {
            "fetch": {"origins": dict(self.origins)},
            "sync": {"federation_every_s": SYNC_EVERY_S, "status_every_s": SYNC_EVERY_S, "log_every_s": SYNC_EVERY_S},
            "relay": {"hold_ms_max": HOLD_MS_MAX},
            "log": {"format": "json"},
        }
        with (self.data / "node.toml").open("ab") as file:
            file.write(b"\n")
            tomli_w.dump(settings, file)

    async def start(self) -> None:
        """`ler-node serve`, until it says that it is ready."""
        self.process = await serve(("node", "serve", "--data", str(self.data)), log=self.log)
        await until(f"{self.name} to be ready", self._ready)

    async def command(self, *arguments: str) -> Any:
        """One `ler-node` command on this node's data, with --json."""
        return await run(("node", *arguments, "--data", str(self.data), "--json"), log=self.commands)

    async def api(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """GET `/api/v1` + path."""
        headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self.url}/api/v1{path}", params=query) as response,
        ):
            if response.status != 200:
                raise StepFailed(f"GET {path} at {self.name}: status {response.status}: {await response.text()}")
            return await response.json()

    async def items(self, path: str) -> list[JsonObject]:
        """The first page of a listing: all there is in this story."""
        return (await self.api(path))["items"]

    async def page(self, path: str, accept: str = "application/json") -> bytes:
        """What anybody gets at a path of this node."""
        async with (
            aiohttp.ClientSession(headers={"Accept": accept}) as session,
            session.get(f"{self.url}{path}") as response,
        ):
            if response.status != 200:
                raise StepFailed(f"GET {path} at {self.name}: status {response.status}")
            return await response.read()

    async def _ready(self) -> bool | None:
        if self.process is not None and self.process.returncode is not None:
            raise StepFailed(f"{self.name} ended with exit {self.process.returncode} while it started")
        try:
            await self.page("/health/ready")
        except (aiohttp.ClientError, StepFailed):
            return None
        return True


@dataclass(slots=True)
class Phone:
    """The learner's wallet: a program of its own that knows its folder and what came through its sockets."""

    folder: Path
    origins: Mapping[str, str]
    process: Process | None = None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def commands(self) -> Path:
        return self.folder / "commands"

    async def command(self, *arguments: str) -> str:
        """One command of the wallet, which ends again; what it printed."""
        return await run(self._arguments(*arguments), log=self.commands, prints_json=False)

    async def json(self, *arguments: str) -> Any:
        """One command of the wallet with --json."""
        return await run(self._arguments(*arguments, "--json"), log=self.commands)

    async def online(self, *options: str) -> None:
        """The wallet with its socket open, taking what comes, until it is offline."""
        self.process = await serve(self._arguments("sync", "--live", ONLINE_AT_MOST_S, *options), log=self.log)

    async def offline(self) -> None:
        """Its process ends."""
        if self.process is not None:
            await stop(self.process)
            self.process = None

    def _arguments(self, *arguments: str) -> tuple[str, ...]:
        origins = (part for pair in self.origins.items() for part in ("--origin", "=".join(pair)))
        return ("node.demo.wallet", "--data", str(self.folder / "data"), *origins, *arguments)


@dataclass(slots=True)
class Stage:
    """Everybody, and what the story has learned so far (`facts`: ids, links and codes that people hand on)."""

    folder: Path
    network: DemoNode
    college: DemoNode
    employer: DemoNode
    phone: Phone
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def nodes(self) -> tuple[DemoNode, DemoNode, DemoNode]:
        return self.network, self.college, self.employer

    async def end(self) -> list[str]:
        """Stops every process; one line for each that did not end well."""
        await self.phone.offline()
        complaints: list[str] = []
        for node in reversed(self.nodes):
            if node.process is not None and (code := await stop(node.process)) != 0:
                complaints.append(f"{node.name} ended with exit {code}")
        return complaints


def set_up(folder: Path) -> Stage:
    """An empty stage: whatever an earlier story left in `folder` is removed."""
    for leftover in folder.iterdir() if folder.exists() else ():
        if leftover.name != "lock":
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    ports = _free_ports(3)
    origins = {f"https://localhost:{port}": f"http://127.0.0.1:{port}" for port in ports}
    names = (("network", "Lakes Learning Council"), ("college", "Lakeside College"), ("employer", "Harbour Foods"))
    network, college, employer = (
        DemoNode(key=key, name=name, port=port, folder=folder / key, origins=origins)
        for (key, name), port in zip(names, ports, strict=True)
    )
    phone = Phone(folder=folder / "wallet", origins=origins)
    phone.folder.mkdir(parents=True)
    return Stage(folder=folder, network=network, college=college, employer=employer, phone=phone)


def path_of(link: str) -> str:
    """The path of one of our https links, to be fetched from where the node really listens."""
    return "/" + link.partition("://")[2].partition("/")[2]


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
