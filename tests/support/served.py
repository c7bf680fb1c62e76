"""One node as `ler-node init` makes it, served in this process."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.app import create_app
from node.cli import main
from node.keys import SERVICES
from node.log import create_log
from node.services.wiring import Services
from node.settings import Settings, load_settings
from tests.support.clock import StandingClock

DID = "did:web:localhost%3A8101"


@dataclass
class Served:
    """A running node: `client` talks to it, `log` is what it wrote."""

    client: TestClient[web.Request, web.Application]
    clock: StandingClock
    log: io.StringIO
    settings: Settings
    token: str

    @property
    def services(self) -> Services:
        return self.client.app[SERVICES]

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def make_node(data: Path, did: str = DID) -> Settings:
    """Runs `ler-node init`. Not from a coroutine: it has an event loop of its own."""
    assert main(["init", "--data", str(data), "--did", did, "--name", "Test College"]) == 0
    return load_settings(data)


@asynccontextmanager
async def served_node(settings: Settings) -> AsyncIterator[Served]:
    """The node of `settings`, on a port of its own, its clock standing still since the keys were made."""
    clock, log = StandingClock(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)), io.StringIO()
    app = create_app(settings, clock=clock, log=create_log("info", "json", log))
    async with TestClient(TestServer(app)) as client:
        token = (settings.secrets_dir / "api-token").read_text().strip()
        yield Served(client=client, clock=clock, log=log, settings=settings, token=token)
