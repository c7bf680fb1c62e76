"""did:webvh from the web: what is fetched, how long it is believed, and what is remembered against a rewritten log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetcher
from node.adapters.webvh_reading import HistoryReader
from node.errors import AddressForbidden, Unreachable
from protocols.dids.key import did_key
from protocols.dids.parse import parse_document
from protocols.dids.webvh import LogRefused, Wanted
from protocols.dids.webvh.history import NoSuchVersion
from protocols.errors import DidError
from tests.node.adapters.test_did_resolver import later
from tests.node.adapters.test_did_resolver import resolving as resolving_from
from tests.support.clock import StandingClock
from tests.support.loopback import ORIGIN, fetching, serving
from tests.support.webvh import BEGUN, DAY, PLAIN, Owner, document, key, keys, lines, witness_file, witnesses

DID = PLAIN.did
LOG, WITNESSES = "/.well-known/did.jsonl", "/.well-known/did-witness.json"


@dataclass(slots=True)
class Host:
    """A web server with these files, by path; a number instead of one is the status that is answered."""

    files: dict[str, bytes | int]
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[str] = field(default_factory=list[str])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        found = self.files.get(request.path, 404)
        if isinstance(found, int):
            return web.Response(status=found, headers=self.headers)
        if "ETag" in self.headers and request.headers.get("If-None-Match") == self.headers["ETag"]:
            return web.Response(status=304)
        return web.Response(body=found, content_type="application/octet-stream", headers=self.headers)


def host_of(owner: Owner, **headers: str) -> Host:
    return Host({LOG: owner.log}, {name.replace("_", "-"): text for name, text in headers.items()})


@asynccontextmanager
async def resolving(host: Any, clock: StandingClock | None = None, **options: Any) -> AsyncIterator[Resolver]:
    async with resolving_from(host, clock or StandingClock(), **options) as resolver:
        yield resolver


async def test_a_log_is_fetched_where_the_did_says_and_tells_every_version() -> None:
    host = host_of(PLAIN)
    async with resolving(host) as resolver:
        assert await resolver.resolve(DID) == parse_document(document(DID, "key-4"), DID)
        assert await resolver.as_of(DID, BEGUN + DAY) == parse_document(document(DID, "key-2"), DID)
        assert (await resolver.history(DID)).version(Wanted(number=1)).id == PLAIN.ids()[0]
        with pytest.raises(NoSuchVersion):
            await resolver.as_of(DID, BEGUN - DAY)
    assert host.asked == [LOG]


async def test_a_path_leads_to_a_log_of_its_own() -> None:
    owner = Owner("peer.example:a:b").start()
    host = Host({"/a/b/did.jsonl": owner.log})
    async with resolving(host) as resolver:
        assert (await resolver.resolve(owner.did)).id == owner.did


async def test_a_did_that_is_its_own_document_was_always_so_and_a_did_web_proves_no_past() -> None:
    host = host_of(PLAIN)
    async with resolving(host) as resolver:
        did = did_key(key("a").public)
        assert await resolver.as_of(did, BEGUN) == await resolver.resolve(did)
        with pytest.raises(DidError, match="without a history"):
            await resolver.as_of("did:web:peer.example", BEGUN)
    assert host.asked == []


@pytest.mark.parametrize(
    ("ttl", "said", "kept_s"),
    [(3600, "max-age=3600", 300), (3600, "max-age=60", 60), (3600, "no-cache", 30), (45, "max-age=3600", 45)],
)
async def test_a_history_is_kept_as_long_as_a_did_web_and_no_longer_than_its_log_says(
    ttl: int, said: str, kept_s: int
) -> None:
    owner, clock = Owner().start({**keys("a"), "ttl": ttl}), StandingClock()
    host = host_of(owner, Cache_Control=said)
    async with resolving(host, clock) as resolver:
        await resolver.resolve(owner.did)
        later(clock, kept_s - 1)
        await resolver.resolve(owner.did)
        assert len(host.asked) == 1
        later(clock, 1)
        await resolver.resolve(owner.did)
        assert len(host.asked) == 2


async def test_a_log_that_is_not_to_be_kept_is_fetched_once_for_all_who_wait() -> None:
    owner, clock = Owner().start({**keys("a"), "ttl": 0}), StandingClock()
    host = host_of(owner)
    async with resolving(host, clock) as resolver:
        await asyncio.gather(*(resolver.resolve(owner.did) for _ in range(20)))
        assert len(host.asked) == 1
        later(clock, 1)
        await resolver.resolve(owner.did)
    assert len(host.asked) == 2


async def test_an_unchanged_log_is_not_sent_again() -> None:
    host, clock = host_of(PLAIN, ETag='"1"'), StandingClock()
    async with resolving(host, clock) as resolver:
        before = await resolver.history(DID)
        later(clock, 300)
        assert await resolver.history(DID) is before
    assert len(host.asked) == 2


async def test_a_rotated_key_is_found_by_a_fresh_look() -> None:
    owner, clock = Owner().start(), StandingClock()
    host = host_of(owner)
    async with resolving(host, clock) as resolver:
        assert (await resolver.resolve(owner.did)).method(f"{owner.did}#key-2") is None
        host.files[LOG] = owner.add().log
        later(clock, 5)
        assert (await resolver.refresh(owner.did)).method(f"{owner.did}#key-2") is not None


@pytest.mark.parametrize("answer", [b"", b"<html>", 404, 403, PLAIN.log[:-100]])
async def test_what_is_no_log_of_the_did_is_a_did_error(answer: bytes | int) -> None:
    async with resolving(Host({LOG: answer})) as resolver:
        with pytest.raises(DidError):
            await resolver.resolve(DID)


async def test_a_log_that_does_not_hold_is_asked_for_again_soon() -> None:
    host, clock = Host({LOG: PLAIN.log[:-100]}), StandingClock()
    async with resolving(host, clock) as resolver:
        for _ in range(3):
            with pytest.raises(DidError):
                await resolver.history(Owner("other.example").start().did.replace("other", "peer"))
        assert len(host.asked) == 1
        with pytest.raises(LogRefused):
            await resolver.resolve(DID)
        host.files[LOG] = PLAIN.log
        later(clock, 2)
        assert (await resolver.resolve(DID)).id == DID


async def test_a_log_over_what_this_node_fetches_is_refused() -> None:
    async with resolving(host_of(PLAIN), max_bytes=1000) as resolver:
        with pytest.raises(DidError, match="too large"):
            await resolver.resolve(DID)


async def test_a_silent_host_says_nothing_about_the_did() -> None:
    async with resolving(Host({LOG: 503})) as resolver:
        with pytest.raises(Unreachable):
            await resolver.resolve(DID)


async def test_a_host_that_leads_inside_is_refused_by_the_fetcher() -> None:
    host = Host({LOG: 302}, {"Location": "https://127.0.0.1/did.jsonl"})
    async with resolving(host) as resolver:
        with pytest.raises(AddressForbidden):
            await resolver.resolve(DID)


WITNESSED = Owner().start({**keys("a"), "witness": witnesses(1, "w")}).add()


async def test_witness_proofs_are_fetched_after_the_log_where_it_names_witnesses() -> None:
    host = host_of(WITNESSED, ETag='"1"')
    host.files[WITNESSES] = witness_file((WITNESSED.ids()[0], "w"))
    clock = StandingClock()
    async with resolving(host, clock) as resolver:
        with pytest.raises(LogRefused, match="not enough"):
            await resolver.resolve(WITNESSED.did)
        assert (await resolver.history(WITNESSED.did)).document(Wanted(number=1)).id == WITNESSED.did
        host.files[WITNESSES] = witness_file((WITNESSED.ids()[1], "w"))
        later(clock, 2)
        assert (await resolver.resolve(WITNESSED.did)).method(f"{WITNESSED.did}#key-2") is not None
    assert host.asked == [LOG, WITNESSES] * 2


async def test_without_witness_proofs_a_witnessed_log_is_not_believed() -> None:
    async with resolving(host_of(WITNESSED)) as resolver:
        with pytest.raises(LogRefused) as refused:
            await resolver.resolve(WITNESSED.did)
    assert refused.value.rule == "witness_file"


async def test_witness_proofs_that_cannot_be_had_now_are_no_answer_about_the_did() -> None:
    host = host_of(WITNESSED)
    host.files[WITNESSES] = 503
    async with resolving(host) as resolver:
        with pytest.raises(Unreachable):
            await resolver.resolve(WITNESSED.did)


FORK = Owner(entries=PLAIN.entries[:2]).add(keys("thief"), state=document(DID, "thief"))
"""What somebody writes who has key a after it was replaced."""
REWRITTEN = {
    "a fork from a stolen key": FORK.log,
    "a longer fork": Owner(entries=FORK.entries).add(by="thief").add(by="thief").log,
    "a log cut off": lines(PLAIN.entries[:3]),
    "a log cut off, and a line that does not hold": lines(PLAIN.entries[:3]) + b"{}\n",
}


@pytest.mark.parametrize("kind", REWRITTEN)
async def test_a_log_that_is_not_the_one_before_is_refused_and_a_later_one_of_the_owner_is_not(kind: str) -> None:
    host, clock = host_of(PLAIN), StandingClock()
    async with resolving(host, clock) as resolver:
        await resolver.resolve(DID)
        host.files[LOG] = REWRITTEN[kind]
        for _ in range(3):
            later(clock, 300)
            with pytest.raises(LogRefused) as refused:
                await resolver.resolve(DID)
            assert refused.value.rule == ("malformed" if "line" in kind else "forked")
        host.files[LOG] = Owner(entries=[*PLAIN.entries]).add(by="b").log
        later(clock, 300)
        assert (await resolver.resolve(DID)).method(f"{DID}#key-5") is not None


async def test_what_is_remembered_is_bounded() -> None:
    owners = [Owner(f"peer.example:{name}").start().add() for name in "abc"]
    host = Host({f"/{name}/did.jsonl": owner.log for name, owner in zip("abc", owners, strict=True)})
    async with serving(("GET", "/{path:.*}", host.handle)) as origin, fetching({ORIGIN: origin}) as fetcher:
        reader = _reader(fetcher)
        for owner in owners:
            await reader.read(owner.did, None, None)
        for owner in owners:
            host.files[f"/{owner.did[-1]}/did.jsonl"] = lines(owner.entries[:1])
        for owner in owners[1:]:
            with pytest.raises(LogRefused, match="not the log that was here before"):
                await reader.read(owner.did, None, None)
        assert (await reader.read(owners[0].did, None, None))[0].version().number == 1


def _reader(fetcher: Fetcher) -> HistoryReader:
    return HistoryReader(fetcher, StandingClock(), max_bytes=100_000, max_remembered=2)
