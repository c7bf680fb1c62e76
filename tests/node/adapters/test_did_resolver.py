"""DID documents: from the DID, from what was learned, from the web; and how long they are believed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from node.adapters.did_resolver import Resolver
from node.clock import entropy
from node.errors import AddressForbidden, Unreachable
from protocols.dids.document import DidDocument
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey
from tests.support.clock import StandingClock
from tests.support.loopback import ORIGIN, fetching, serving

DID = "did:web:peer.example"
KEY = encode_multikey(PrivateKey.generate("Ed25519", entropy).public)


def document_of(did: str, key: str = KEY) -> JsonObject:
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": key}
    return {"id": did, "verificationMethod": [method], "assertionMethod": [f"{did}#k"]}


@dataclass(slots=True)
class Peer:
    """A web server of DID documents that does as it is told, and counts."""

    answer: Callable[[web.Request], web.StreamResponse]
    asked: list[str] = field(default_factory=list[str])
    conditions: list[str | None] = field(default_factory=list[str | None])

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.conditions.append(request.headers.get("If-None-Match"))
        return self.answer(request)


def json_answer(value: Any, **headers: str) -> Callable[[web.Request], web.StreamResponse]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _: web.json_response(value, headers=named)


def status_answer(status: int) -> Callable[[web.Request], web.StreamResponse]:
    return lambda _: web.Response(status=status)


@asynccontextmanager
async def resolving(
    peer: Peer, clock: StandingClock, learned: dict[str, DidDocument] | None = None, **options: Any
) -> AsyncIterator[Resolver]:
    async def known(did: str) -> DidDocument | None:
        return (learned or {}).get(did)

    async with (
        serving(("GET", "/{path:.*}", peer.handle)) as origin,
        fetching({ORIGIN: origin}, clock=clock) as fetcher,
    ):
        yield Resolver(fetcher, clock, known=known, **options)


def later(clock: StandingClock, seconds: float) -> None:
    clock.advance(timedelta(seconds=seconds))


async def test_a_did_that_carries_its_document_asks_nobody() -> None:
    peer = Peer(status_answer(500))
    async with resolving(peer, StandingClock()) as resolver:
        document = await resolver.resolve(f"did:key:{KEY}")
    assert document.id == f"did:key:{KEY}"
    assert peer.asked == []


async def test_a_document_of_the_web_is_fetched_where_the_method_says() -> None:
    peer = Peer(lambda request: web.json_response(document_of(f"{DID}:a:b" if "a/b" in request.path else DID)))
    async with resolving(peer, StandingClock()) as resolver:
        assert await resolver.resolve(DID) == parse_document(document_of(DID), DID)
        assert (await resolver.resolve(f"{DID}:a:b")).id == f"{DID}:a:b"
    assert peer.asked == ["/.well-known/did.json", "/a/b/did.json"]


async def test_a_document_is_kept_for_five_minutes_and_then_asked_for_by_its_etag() -> None:
    clock, peer = StandingClock(), Peer(json_answer(document_of(DID), ETag='"1"'))
    async with resolving(peer, clock) as resolver:
        first = await resolver.resolve(DID)
        later(clock, 299)
        assert await resolver.resolve(DID) is first
        assert len(peer.asked) == 1
        peer.answer = status_answer(304)
        later(clock, 1)
        assert await resolver.resolve(DID) is first
    assert peer.conditions == [None, '"1"']


@pytest.mark.parametrize(("said", "kept_s"), [("max-age=60", 60), ("max-age=3600", 300), ("no-cache", 30)])
async def test_its_origin_can_shorten_that_but_not_lengthen_it(said: str, kept_s: int) -> None:
    clock, peer = StandingClock(), Peer(json_answer(document_of(DID), Cache_Control=said))
    async with resolving(peer, clock) as resolver:
        await resolver.resolve(DID)
        later(clock, kept_s - 1)
        await resolver.resolve(DID)
        assert len(peer.asked) == 1
        later(clock, 1)
        await resolver.resolve(DID)
        assert len(peer.asked) == 2


async def test_a_removed_key_is_gone_when_its_time_is_over() -> None:
    clock, peer = StandingClock(), Peer(json_answer(document_of(DID)))
    async with resolving(peer, clock) as resolver:
        assert (await resolver.resolve(DID)).method(f"{DID}#k") is not None
        peer.answer = json_answer({"id": DID})
        later(clock, 300)
        assert (await resolver.resolve(DID)).method(f"{DID}#k") is None


async def test_an_old_document_is_not_believed_when_its_origin_is_silent() -> None:
    clock, peer = StandingClock(), Peer(json_answer(document_of(DID)))
    async with resolving(peer, clock) as resolver:
        await resolver.resolve(DID)
        peer.answer = status_answer(503)
        later(clock, 301)
        with pytest.raises(Unreachable):
            await resolver.resolve(DID)


async def test_a_fresh_look_is_had_at_most_every_five_seconds() -> None:
    clock, peer = StandingClock(), Peer(json_answer(document_of(DID)))
    other = encode_multikey(PrivateKey.generate("Ed25519", entropy).public)
    async with resolving(peer, clock) as resolver:
        old = await resolver.resolve(DID)
        peer.answer = json_answer(document_of(DID, other))
        later(clock, 4)
        assert [await resolver.refresh(DID) for _ in range(20)] == [old] * 20
        later(clock, 1)
        fresh = [await resolver.refresh(DID) for _ in range(20)]
    assert fresh == [parse_document(document_of(DID, other), DID)] * 20
    assert len(peer.asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        status_answer(404),
        status_answer(401),
        json_answer({"id": "did:web:another.example"}),
        json_answer({"id": DID, "verificationMethod": 1}),
        json_answer([]),
        lambda _: web.Response(text="{", content_type="application/json"),
        lambda _: web.Response(text="<html>", content_type="text/html"),
        lambda _: web.Response(body=b" " * 2001, content_type="application/json"),
    ],
)
async def test_what_is_no_document_is_a_did_error_and_kept_for_thirty_seconds(answer: Any) -> None:
    clock, peer = StandingClock(), Peer(answer)
    async with resolving(peer, clock, max_bytes=2000) as resolver:
        for _ in range(3):
            with pytest.raises(DidError):
                await resolver.resolve(DID)
        assert len(peer.asked) == 1
        peer.answer = json_answer(document_of(DID))
        later(clock, 30)
        assert (await resolver.resolve(DID)).id == DID


async def test_silence_is_no_answer_about_the_did_and_forgotten_soon() -> None:
    clock, peer = StandingClock(), Peer(status_answer(503))
    async with resolving(peer, clock) as resolver:
        for _ in range(3):
            with pytest.raises(Unreachable):
                await resolver.resolve(DID)
        assert len(peer.asked) == 1
        peer.answer = json_answer(document_of(DID))
        later(clock, 2)
        assert (await resolver.resolve(DID)).id == DID


async def test_many_who_wait_for_one_document_cause_one_fetch() -> None:
    peer = Peer(json_answer(document_of(DID)))
    async with resolving(peer, StandingClock()) as resolver:
        documents = await asyncio.gather(*(resolver.resolve(DID) for _ in range(50)))
    assert {document.id for document in documents} == {DID}
    assert len(peer.asked) == 1


async def test_memory_is_bounded_and_forgets_what_was_not_used_longest() -> None:
    peer = Peer(lambda request: web.json_response(document_of(f"{DID}:{request.path.split('/')[1]}")))
    async with resolving(peer, StandingClock(), max_kept=2) as resolver:
        for name in ("a", "b", "a", "c", "a", "b"):
            await resolver.resolve(f"{DID}:{name}")
    assert peer.asked == [f"/{name}/did.json" for name in ("a", "b", "c", "b")]


SHORT = "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd"


async def test_a_short_form_is_what_was_learned_of_it() -> None:
    learned = parse_document({"id": SHORT}, SHORT)
    async with resolving(Peer(status_answer(500)), StandingClock(), {SHORT: learned}) as resolver:
        assert await resolver.resolve(SHORT) is learned


async def test_a_short_form_nobody_introduced_is_unknown() -> None:
    async with resolving(Peer(status_answer(500)), StandingClock()) as resolver:
        with pytest.raises(DidError, match="not known here"):
            await resolver.resolve(SHORT)


@pytest.mark.parametrize(
    "did",
    [
        "did:web:127.0.0.1",
        "did:web:peer.example%2F..%2Fadmin",
        "did:web:peer.example:%2E%2E:x",
        "did:web:user%40peer.example",
        "did:web:peer.example%3Fa",
        "did:web:peer.example%23a",
        "did:example:123",
        "not a did",
        "",
    ],
)
async def test_what_is_no_did_of_ours_asks_nobody(did: str) -> None:
    peer = Peer(status_answer(500))
    async with resolving(peer, StandingClock()) as resolver:
        with pytest.raises(DidError):
            await resolver.resolve(did)
    assert peer.asked == []


async def test_a_host_that_leads_inside_is_refused_by_the_fetcher() -> None:
    peer = Peer(lambda _: web.Response(status=302, headers={"Location": "https://127.0.0.1/did.json"}))
    async with resolving(peer, StandingClock()) as resolver:
        with pytest.raises(AddressForbidden):
            await resolver.resolve(DID)
