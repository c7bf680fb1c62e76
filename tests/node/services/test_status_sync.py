"""Lists of many hosts are kept fresh beside one another: over real sockets, with hosts that hang and fail."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetcher
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.cli.offline import opened_storage
from node.clock import SystemClock
from node.log import create_log
from node.metrics import Metrics
from node.services.directory import Directory
from node.services.status_sync import StatusSync
from node.settings import load_settings
from node.storage.repos import status_snapshots
from node.storage.unit import Session, Storage
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import canonical_json, digest
from protocols.jose.keys import PrivateKey
from protocols.status.bitstring import new_bits, set_bit
from protocols.status.publish import status_list_credential
from tests.support.nodes import wait_until
from tests.support.served import make_node

KEY = PrivateKey.from_secret("Ed25519", b"issuer of lists".ljust(32, b"."))
ISSUER = did_key(KEY.public)
SIGNER = KEY.named(f"{ISSUER}#{encode_multikey(KEY.public)}")
HANGS = "https://hangs.example"


def signed_list(url: str, version: int = 1) -> bytes:
    made_at = SystemClock().now().replace(microsecond=0) - timedelta(days=30) + timedelta(seconds=version)
    document = status_list_credential(
        url=url,
        issuer=ISSUER,
        purpose="revocation",
        bits=set_bit(new_bits(), version),
        valid_from=made_at,
        valid_until=None,
        ttl_ms=None,
    )
    options: Any = {"signer": SIGNER, "purpose": "assertionMethod", "created": made_at}
    return canonical_json(add_proof(document, suite="eddsa-jcs-2022", **options))


@dataclass
class Hosts:
    """Some hosts on loopback ports; `asked` counts the requests by URL, `answer` says what each gets."""

    ports: dict[str, int] = field(default_factory=dict[str, int])
    asked: dict[str, int] = field(default_factory=dict[str, int])
    at_once: dict[str, int] = field(default_factory=dict[str, int])
    most: int = 0
    answer: Callable[[str], bytes | int] = signed_list

    def app(self, name: str) -> web.Application:
        async def get(request: web.Request) -> web.Response:
            url = f"{name}{request.path}"
            self.asked[url] = self.asked.get(url, 0) + 1
            self.at_once[name] = self.at_once.get(name, 0) + 1
            self.most = max(self.most, self.at_once[name])
            try:
                await asyncio.sleep(3600 if name == HANGS else 0.002)
            finally:
                self.at_once[name] -= 1
            answer = self.answer(url)
            if isinstance(answer, int):
                return web.Response(status=answer)
            etag = f'"{digest(answer)}"'
            if request.headers.get("If-None-Match") == etag:
                return web.Response(status=304, headers={"ETag": etag})
            return web.Response(body=answer, content_type="application/vc", headers={"ETag": etag})

        app = web.Application()
        app.router.add_get("/{n}", get)
        return app


@dataclass
class World:
    sync: StatusSync
    storage: Storage
    hosts: Hosts
    changed: list[str]

    async def want(self, *urls: str) -> None:
        def body(session: Session) -> None:
            for url in urls:
                status_snapshots.want(session, url, issuer=ISSUER, now=SystemClock().now())

        await self.storage.run("test.want", body)

    async def fresh(self) -> set[str]:
        return {row.url for row in await self.sync.lists(limit=10_000, after=None) if row.freshness == "fresh"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_node(tmp_path / "node")
    return tmp_path / "node"


@pytest_asyncio.fixture
async def world(data: Path) -> AsyncIterator[World]:
    names = [*(f"https://host{number}.example" for number in range(8)), HANGS]
    hosts = Hosts()
    async with AsyncExitStack() as stack:
        for name in names:
            runner = web.AppRunner(hosts.app(name), shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            hosts.ports[name] = runner.addresses[0][1]
        origins = {name: f"http://127.0.0.1:{port}" for name, port in hosts.ports.items()}
        settings = load_settings(data, fetch={"origins": origins}, limits={"fetch_s": 3.0})
        clock, metrics, log = SystemClock(), Metrics(), create_log("error", "json", io.StringIO())
        pool = proof_pool(metrics)
        stack.push_async_callback(pool.close)
        storage = await stack.enter_async_context(opened_storage(settings))
        out = await stack.enter_async_context(Fetcher(settings.fetch, settings.limits, clock, metrics))
        resolver = Resolver(out, clock, known=lambda _: asyncio.sleep(0))
        changed: list[str] = []
        sync = StatusSync(
            storage,
            Directory(storage, clock),
            out,
            resolver,
            ProofChecker(pool),
            3600,
            clock,
            log,
            lambda _, presentation: changed.append(presentation),
        )
        yield World(sync, storage, hosts, changed)


def lists(count: int) -> list[str]:
    return [f"https://host{number % 8}.example/{number}" for number in range(count)]


async def test_every_list_is_fetched_whole_once_and_then_only_asked_after(world: World) -> None:
    urls = lists(1_000)
    await world.want(*urls)
    assert await world.sync.sync_now() == (1_000, 0)
    assert await world.fresh() == set(urls)
    assert await world.sync.sync_now() == (1_000, 0)
    assert set(world.hosts.asked.values()) == {2}
    assert world.hosts.most <= 4, "a host is not asked for more than a few lists at once"


async def test_a_host_that_hangs_delays_no_other_and_nothing_that_becomes_due_meanwhile(world: World) -> None:
    urls, stuck = lists(40), [f"{HANGS}/{number}" for number in range(250)]
    await world.want(*stuck, *urls)
    began = time.monotonic()
    running = asyncio.create_task(world.sync.run_due())
    later = "https://host0.example/later"

    async def has(wanted: set[str]) -> bool | None:
        return True if await world.fresh() >= wanted else None

    await wait_until("the other lists", lambda: has(set(urls)), deadline_s=2.5)
    await world.want(later)
    await wait_until("a list that became due", lambda: has({later}), deadline_s=2.5)
    assert not running.done()
    assert time.monotonic() - began < 3.0, "before the first that hangs was given up"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_fails_is_tried_again_later_each_time_and_what_is_kept_ages(world: World) -> None:
    (url,) = lists(1)
    await world.want(url)
    await world.sync.run_due()
    world.hosts.answer = lambda _: 503
    assert await world.sync.sync_now() == (1, 1)
    (row,) = await world.sync.lists(limit=1, after=None)
    assert (row.failures, row.freshness, row.fetched_at is not None) == (1, "fresh", True)
    assert timedelta(seconds=4) < row.next_at - SystemClock().now() <= timedelta(seconds=6)


async def test_an_older_list_is_not_gone_back_to(world: World) -> None:
    (url,) = lists(1)
    world.hosts.answer = lambda url: signed_list(url, version=9)
    await world.want(url)
    await world.sync.run_due()
    world.hosts.answer = lambda url: signed_list(url, version=3)
    assert await world.sync.sync_now() == (1, 1)
    (row,) = await world.sync.lists(limit=1, after=None)
    assert row.error == "STATUS_VERIFICATION_ERROR: an older list than the one in use"


async def test_only_a_list_with_other_bits_has_reports_made_anew(world: World) -> None:
    (url,) = lists(1)
    await world.want(url)
    await world.sync.run_due()
    await world.storage.run("test.rely", lambda session: status_snapshots.rely(session, url, "presentation-1"))
    await world.sync.sync_now()
    assert world.changed == []
    world.hosts.answer = lambda url: signed_list(url, version=2)
    await world.sync.sync_now()
    assert world.changed == ["presentation-1"]
