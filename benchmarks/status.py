"""Looking up statuses in synced lists, and keeping a thousand lists of many issuers fresh."""

import asyncio
import io
import os
import random
import resource
import urllib.request
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import aiohttp

from benchmarks.measure import Benchmark, Measured, race, rate
from benchmarks.processes import free_port, init_node, running_module
from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetcher
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.cli.offline import opened_storage
from node.clock import SystemClock
from node.log import create_log
from node.metrics import Metrics
from node.services.directory import Directory
from node.services.fair_queue import AT_ONCE
from node.services.status_sync import ACCEPT, SYNCED, StatusSync
from node.settings import load_settings
from node.storage.repos import status_snapshots
from node.storage.unit import Session, Storage
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.jose.keys import PrivateKey
from protocols.status.acceptance import Snapshot
from protocols.status.bitstring import MIN_ENTRIES, compress, get_bit, new_bits, set_bit
from protocols.status.entry import StatusEntry
from protocols.status.lookup import StatusOutcome, status_of
from tests.support.badges import NOW

LISTS, HOSTS, RUNS = 1_000, 20, 3
LOOKUPS = 4_096


def lookup() -> Measured:
    """What the verification asks of a synced list, for entries all over a hundred lists."""
    chance = random.Random(5)
    snapshots = [_snapshot(number, chance) for number in range(100)]
    asked = [
        (StatusEntry(list_url=snapshot.url, index=chance.randrange(MIN_ENTRIES), purpose="revocation"), snapshot)
        for snapshot in chance.choices(snapshots, k=LOOKUPS)
    ]
    bits = [new_bits()] * LOOKUPS

    def ours(number: int) -> None:
        entry, snapshot = asked[number % LOOKUPS]
        if status_of(entry, snapshot, now=NOW, policy=SYNCED).outcome is StatusOutcome.UNKNOWN:
            raise AssertionError("it was not found")

    def floor(number: int) -> None:
        get_bit(bits[number % LOOKUPS], asked[number % LOOKUPS][0].index)

    note = (
        f"entries at random places of {len(snapshots)} lists of {MIN_ENTRIES:,}, the whole answer with freshness and "
        "reason, lists inflated before; floor: one bit of a list at hand; 100,000/s are wanted"
    )
    return race(lambda: rate(ours), lambda: rate(floor), {}, unit="lookups/s", note=note)


def _snapshot(number: int, chance: random.Random) -> Snapshot:
    bits = set_bit(new_bits(), chance.randrange(MIN_ENTRIES))
    return Snapshot(
        url=f"https://college.example/status/{number}",
        issuer="did:web:college.example",
        purposes=("revocation",),
        compressed=compress(bits),
        fetched_at=NOW - timedelta(minutes=1),
        valid_from=NOW - timedelta(days=1),
        valid_until=None,
        made_at=NOW - timedelta(days=1),
        ttl_s=None,
        verification_method="did:web:college.example#issue-1",
    )


def sync_1000_unchanged() -> Measured:
    """Every list is asked for and has not changed."""
    return _sync("none of them changed (304)", changes=False)


def sync_1000_full() -> Measured:
    """Every list has changed: fetched whole, its proof checked, compared and kept."""
    return _sync("all of them changed: proof checked, compared, kept", changes=True)


def _sync(what: str, *, changes: bool) -> Measured:
    ports = [free_port() for _ in range(HOSTS)]
    key = PrivateKey.generate("Ed25519", os.urandom, "")
    did = did_key(key.public)
    kid = f"{did}#{encode_multikey(key.public)}"
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="ler-bench-"))) / "node"
        init_node(home, free_port())
        job = {"ports": ports, "lists": LISTS, "issuer": {**key.to_jwk(), "kid": kid}}
        stack.enter_context(running_module("benchmarks.floors.status_server", job, ports[0]))
        times = asyncio.run(_timed(home, ports, did, changes))
    ours, floors = [time for time, _ in times], [floor for _, floor in times]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(
        unit="s",
        value=median(ours),
        floor=median(floors),
        ratio=median(floor / time for time, floor in times),
        runs=ours,
        note=f"{LISTS:,} lists of {HOSTS} hosts over loopback, {what}; floor: bare aiohttp GETs of the same, as many "
        f"at once; this process had {peak_mb:.0f} MB at most",
    )


async def _timed(home: Path, ports: list[int], did: str, changes: bool) -> list[tuple[float, float]]:
    """(ours, floor) in seconds, run by run, after one that is not counted."""
    origins = {f"https://host{n}.example": f"http://127.0.0.1:{port}" for n, port in enumerate(ports)}
    settings = load_settings(home, fetch={"origins": origins, "burst_per_origin": LISTS, "per_s_per_origin": LISTS})
    clock, metrics, log = SystemClock(), Metrics(), create_log("warning", "json", io.StringIO())
    pool = proof_pool(metrics)
    times: list[tuple[float, float]] = []
    try:
        async with opened_storage(settings) as storage, Fetcher(settings.fetch, settings.limits, clock, metrics) as out:
            resolver = Resolver(out, clock, known=_nobody)
            directory = Directory(storage, clock)
            sync = StatusSync(storage, directory, out, resolver, ProofChecker(pool), 3600, clock, log, lambda *_: None)
            await _want(storage, did)
            await _synced(sync)
            for _ in range(RUNS):
                if changes:
                    await asyncio.to_thread(_change, ports[0])
                etags = {} if changes else {row.url: row.etag for row in await storage.read(_rows)}
                ours = await _in_seconds(partial(_synced, sync))
                times.append((ours, await _in_seconds(partial(_bare, ports, etags))))
    finally:
        await pool.close()
    return times


async def _nobody(_: str) -> None:
    return None


async def _want(storage: Storage, did: str) -> None:
    def body(session: Session) -> None:
        for n in range(LISTS):
            url = f"https://host{n % HOSTS}.example/{n}"
            status_snapshots.want(session, url, issuer=did, now=SystemClock().now())

    await storage.run("bench.want", body)


def _rows(session: Session) -> Any:
    return status_snapshots.all(session, limit=LISTS, after=None)


async def _synced(sync: StatusSync) -> None:
    count, failed = await sync.sync_now()
    if (count, failed) != (LISTS, 0):
        raise AssertionError(f"{failed} of {count} lists failed")


async def _bare(ports: list[int], etags: dict[str, str]) -> None:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(session: aiohttp.ClientSession, n: int) -> None:
        etag = etags.get(f"https://host{n % HOSTS}.example/{n}")
        headers = {"Accept": ACCEPT} | ({"If-None-Match": etag} if etag else {})
        async with slots, session.get(f"http://127.0.0.1:{ports[n % HOSTS]}/{n}", headers=headers) as response:
            await response.read()
            if response.status != (304 if etag else 200):
                raise AssertionError(response.status)

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        for n in range(LISTS):
            tasks.create_task(one(session, n))


def _change(port: int) -> None:
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/change", method="POST"), timeout=60).close()


async def _in_seconds(work: Callable[[], Awaitable[None]]) -> float:
    begun = perf_counter()
    await work()
    return perf_counter() - begun


BENCHMARKS = (
    Benchmark(name="status.lookup", measure=lookup),
    Benchmark(name="status.sync_1000_full", measure=sync_1000_full),
    Benchmark(name="status.sync_1000_unchanged", measure=sync_1000_unchanged),
)
