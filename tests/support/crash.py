"""A network that stands ready for an exchange, and is told again and again with one party dying on the way.

It is made once; each story gets copies of every party's files. The party that dies is a process of its own; the others
run here. Everything is as after a real death: the port is closed, what was not durable is gone.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlmodel import col, update

from node.clock import SystemClock
from node.demo.wallet import Wallet
from node.settings import write_initial
from node.storage.tables.messages import WAITING, OutboxDestination, OutboxMessage
from node.storage.tables.status import StatusSnapshot
from node.storage.unit import Session, wake
from tests.support.knowledge import rows
from tests.support.learners import Learner
from tests.support.network import Asked, Network
from tests.support.nodes import Late, Node, wait_until

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("LER_")}
PATIENCE_S = 40.0


@dataclass(slots=True)
class MortalNode(Node):
    """A node as a process, which dies once at `point` and is then started again."""

    point: str = ""
    process: Process | None = None
    deaths: list[int] = field(default_factory=list)
    keeper: asyncio.Task[None] | None = None
    others: list[Node] = field(default_factory=list)

    @property
    def marker(self) -> Path:
        return self.data.parent / f"{self.data.name}.died"

    async def start(self) -> None:
        if not (self.data / "node.toml").exists():
            write_initial(self.settings)
        self.session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.token}"})
        await self._spawn()
        self.keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        if self.keeper is not None:
            self.keeper.cancel()
            await asyncio.gather(self.keeper, return_exceptions=True)
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
        if self.session is not None:
            await self.session.close()
        self.session = self.process = None

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """As ever; asked again while nobody answers."""
        for _ in range(200):
            try:
                # A slotted dataclass is made anew by its decorator: zero-argument super() would name the old one.
                return await Node.call(self, method, path, body)
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        raise Late(f"{self.name} did not come back")

    async def _spawn(self) -> None:
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.support.crash_node",
                str(self.data),
                self.point,
                str(self.marker),
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )
        await wait_until(f"{self.name} to be ready", self._is_ready)

    async def _keep(self) -> None:
        """Starts it again whenever it died."""
        while self.process is not None:
            self.deaths.append(await self.process.wait())
            await self._spawn()
            for other in self.others:
                await other.write(try_again)

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            return (await self.page("/health/ready"))[0] == 200
        return False


@dataclass(slots=True, kw_only=True)
class Ready:
    """The network that all crash stories begin with: stopped, its files to be copied, its ports kept."""

    network: Network
    folder: Path
    learner_id: str

    def copy(self, folder: Path) -> None:
        for node in (self.network.anchor, self.network.institution, self.network.employer):
            shutil.copytree(node.data, folder / node.data.name)
        shutil.copytree(self.folder / "wallet-1", folder / "wallet")


@asynccontextmanager
async def ready_network(folder: Path) -> AsyncGenerator[Ready]:
    """Makes one: a learner with a badge, and an employer that knows everybody and the college's status list."""
    async with Network(folder, sync={"federation_every_s": 1.0, "status_every_s": 0.5}) as network:
        learner = await network.learner()
        await network.until("the employer to have the lists", lambda: has_lists(network.employer))
        await network.close_wallets()
        await asyncio.gather(*(node.stop() for node in network.nodes))
        yield Ready(network=network, folder=folder, learner_id=learner.id)


async def has_lists(employer: Node) -> bool:
    """Of revocations and of suspensions."""
    return [item["freshness"] for item in await employer.items("/status")] == ["fresh"] * 2


@dataclass(slots=True, kw_only=True)
class Stage:
    """Copies of everybody, running; `mortal` is the party that dies, None where it is the wallet."""

    anchor: Node
    institution: Node
    employer: Node
    mortal: MortalNode | None
    wallet_folder: Path
    learner_id: str

    @property
    def nodes(self) -> tuple[Node, Node, Node]:
        return self.anchor, self.institution, self.employer

    @asynccontextmanager
    async def learner(self) -> AsyncGenerator[Learner]:
        async with Wallet.open(self.wallet_folder) as wallet:
            yield Learner(id=self.learner_id, institution=self.institution, folder=self.wallet_folder, wallet=wallet)

    async def ask(self) -> Asked:
        try:
            await wait_until("the employer to have fresh lists", lambda: has_lists(self.employer))
        except Late:
            found = await self.employer.items("/status")
            raise Late(f"the employer has no fresh lists: {found}") from None
        return await Network.ask(self, employer=self.employer)  # type: ignore[arg-type]

    async def check_effects(self, asked: Asked) -> None:
        """One presentation, one report on it that stands, one receipt, one use, and nothing left over anywhere."""
        presentations = rows(self.employer, "presentation")
        assert len(presentations) == 1
        reports = await asked.reports()
        assert [report["verdict"] for report in reports] == ["verified"]
        assert [item["state"] for item in await asked.receipts()] == ["complete"]
        assert await asked.learners() == {"shared": 1}
        for node in (self.anchor, self.employer):
            assert len(rows(node, "consent_use")) == 1, node.name
        await wait_until("every queue to be empty", self._is_quiet)
        for node in self.nodes:
            queues = await node.get("/queues")
            assert (queues["outbox_dead"], queues["work_dead"]) == (0, 0), node.name

    async def _is_quiet(self) -> bool:
        queues = [await node.get("/queues") for node in self.nodes]
        return all((found["outbox_waiting"], found["work_waiting"]) == (0, 0) for found in queues)


@asynccontextmanager
async def stage(ready: Ready, folder: Path, *, mortal: str | None = None, point: str = "") -> AsyncGenerator[Stage]:
    """Copies of everybody in `folder`, running; the node called `mortal` as a process that dies at `point`."""
    ready.copy(folder)
    nodes = {
        name: _copied(getattr(ready.network, name), folder, point if name == mortal else None)
        for name in ("anchor", "institution", "employer")
    }
    try:
        dying = nodes.get(mortal or "")
        assert dying is None or isinstance(dying, MortalNode)
        if dying is not None:  # whoever takes longest is there before it is missed
            await dying.start()
            dying.others = [node for node in nodes.values() if node is not dying]
        for node in nodes.values():
            if node is not dying:
                await node.start()
        yield Stage(**nodes, mortal=dying, wallet_folder=folder / "wallet", learner_id=ready.learner_id)
    finally:
        await asyncio.gather(*(node.stop() for node in nodes.values()))


def try_again(session: Session) -> None:
    """What was put off because nobody answered is due at once: no story waits for half a minute to pass."""
    now = SystemClock().now()
    session.exec(update(OutboxDestination).values(next_at=now))
    session.exec(update(OutboxMessage).where(col(OutboxMessage.state) == WAITING).values(next_at=now))
    session.exec(update(StatusSnapshot).values(next_at=now))
    wake(session, "outbox")


def _copied(node: Node, folder: Path, point: str | None) -> Node:
    data = folder / node.data.name
    settings = node.settings.model_copy(update={"data_dir": data})
    same: dict[str, Any] = {"name": node.name, "data": data, "place": node.place, "settings": settings}
    same |= {"token": node.token}
    return Node(**same) if point is None else MortalNode(**same, point=point)


async def phone(stage: Stage, link: str, point: str, marker: Path) -> list[int]:
    """The learner's phone as a process, started again whenever it died; its exit codes."""
    codes: list[int] = []
    while not codes or codes[-1] == -signal.SIGKILL:
        assert len(codes) < 3, codes
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.crash_wallet",
            str(stage.wallet_folder),
            link,
            point,
            str(marker),
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=DEVNULL,
        )
        async with asyncio.timeout(PATIENCE_S):
            codes.append(await process.wait())
    return codes
