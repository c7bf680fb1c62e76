"""What the Fetcher asks, takes and gives up on: threats F5 to F7, and the ordinary."""

import asyncio
import gzip
import resource
import time
import zlib
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from node.adapters.fetch import Fetched, Posted
from node.errors import PayloadTooLarge, Rejected, Unreachable
from node.settings import Limits
from tests.support.clock import StandingClock
from tests.support.loopback import ORIGIN, Handler, fetching, serving, talking

JSON = "application/json"


def answering(body: bytes | str = b"{}", status: int = 200, type: str = JSON, **headers: str) -> Handler:
    data = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, status=status, headers={"Content-Type": type, **named})

    return handler


async def get(handler: Handler, *, max_bytes: int = 1000, accept: str = JSON, etag: str | None = None) -> Fetched:
    async with serving(("GET", "/x", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        return await fetcher.get(f"{ORIGIN}/x", max_bytes=max_bytes, accept=accept, etag=etag)


async def test_an_answer_is_given_with_what_it_says_about_itself() -> None:
    fetched = await get(answering('{"a":1}', ETag='"v1"', Cache_Control="public, max-age=60"))

    assert fetched == Fetched(
        status=200, body=b'{"a":1}', etag='"v1"', content_type=JSON, final_url=f"{ORIGIN}/x", max_age_s=60
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("max-age=5", 5), ("no-cache", 0), ("no-store, max-age=5", 0), ("x-max-age=5", None), ("max-age=-1", None)],
)
async def test_how_long_an_answer_is_good_for(value: str, expected: int | None) -> None:
    assert (await get(answering(Cache_Control=value))).max_age_s == expected


async def test_what_did_not_change_is_not_sent_again() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["If-None-Match"] == '"v1"'
        return web.Response(status=304, headers={"ETag": '"v1"'})

    assert await get(handler, etag='"v1"') == Fetched(
        status=304, body=b"", etag='"v1"', content_type="", final_url=f"{ORIGIN}/x", max_age_s=None
    )


async def test_not_modified_without_a_question_is_no_answer() -> None:
    with pytest.raises(Rejected) as caught:
        await get(answering(b"", 304))
    assert caught.value.found == "HTTP 304"


async def test_nothing_about_us_goes_along() -> None:
    seen: list[dict[str, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(dict(request.headers))
        return web.Response(text="{}", content_type=JSON, headers={"Set-Cookie": "track=1; Path=/"})

    async with serving(("GET", "/x", handler), ("POST", "/x", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        await fetcher.get(f"{ORIGIN}/x", max_bytes=100, accept=JSON)
        await fetcher.get(f"{ORIGIN}/x", max_bytes=100, accept=JSON)
        await fetcher.post(f"{ORIGIN}/x", b"{}", content_type=JSON)

    plain = {"Host": "peer.example", "User-Agent": "ler-node", "Accept-Encoding": "gzip"}
    assert seen[0] == seen[1] == {**plain, "Accept": JSON}
    assert seen[2] == {**plain, "Content-Type": JSON, "Content-Length": "2", "Accept": "*/*"}


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert (await get(answering())).status == 200


async def test_path_and_query_arrive_as_they_were_written() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.raw_path)
        return web.json_response({})

    async with serving(("GET", "/{rest:.*}", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        await fetcher.get(f"{ORIGIN}/a%2Fb/c?d=%26&e=f#g", max_bytes=100, accept=JSON)

    assert seen == ["/a%2Fb/c?d=%26&e=f"]


@pytest.mark.parametrize("status", [201, 204, 303, 400, 401, 403, 404, 410])
async def test_a_no_is_final(status: int) -> None:
    with pytest.raises(Rejected) as caught:
        await get(answering(b"", status))
    assert (caught.value.found, caught.value.retryable) == (f"HTTP {status}", False)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 507])
async def test_a_later_may_be_tried_again(status: int) -> None:
    with pytest.raises(Unreachable) as caught:
        await get(answering(b"", status))
    assert (caught.value.found, caught.value.retryable) == (f"HTTP {status}", True)


@pytest.mark.parametrize(
    ("type", "accept", "taken"),
    [
        (JSON, JSON, True),
        ("application/json; charset=utf-8", JSON, True),
        ("application/did+ld+json", JSON, True),
        ("APPLICATION/JSON", JSON, True),
        ("application/vc", "application/vc, application/json;q=0.5", True),
        ("text/html", "*/*", True),
        ("text/html", JSON, False),
        ("text/x+json", JSON, False),
        ("application/jsonx", JSON, False),
        ("", JSON, False),
    ],
)
async def test_only_the_media_types_that_were_asked_for_are_taken(type: str, accept: str, taken: bool) -> None:
    if taken:
        assert (await get(answering(type=type), accept=accept)).body == b"{}"
    else:
        with pytest.raises(Rejected, match="another media type"):
            await get(answering(type=type), accept=accept)


@pytest.mark.parametrize("over", [0, 1])
async def test_the_limit_of_a_body_is_exact(over: int) -> None:
    for body, headers in (
        (b"a" * (1000 + over), {}),
        (gzip.compress(b"a" * (1000 + over)), {"Content_Encoding": "gzip"}),
    ):
        if over:
            with pytest.raises(PayloadTooLarge) as caught:
                await get(answering(body, **headers))
            assert caught.value.expected == "at most 1000 bytes"
        else:
            assert (await get(answering(body, **headers))).body == b"a" * 1000


async def test_a_bomb_is_put_out_before_it_takes_memory() -> None:
    packer, mebibyte = zlib.compressobj(6, wbits=31), bytes(1024 * 1024)
    bomb = b"".join(packer.compress(mebibyte) for _ in range(256)) + packer.flush()
    assert len(bomb) < 300_000
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()

    with pytest.raises(PayloadTooLarge):
        await get(answering(bomb, Content_Encoding="gzip"), max_bytes=2 * 1024 * 1024)

    assert time.perf_counter() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 20 * 1024


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip"])
async def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Encoding: {encoding}\r\nContent-Length: 2\r\n\r\n"
        writer.write(head.encode() + b"{}")

    with pytest.raises(Rejected, match="an encoding that was not asked for"):
        await get_from(script)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"not gzip at all", Rejected),
        (gzip.compress(b"{}", mtime=0) + b"more", Rejected),
        (gzip.compress(b"{}" * 100, mtime=0)[:-9], Unreachable),
    ],
    ids=["not gzip", "more after it", "cut short"],
)
async def test_broken_gzip_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        await get(answering(body, Content_Encoding="gzip"))


async def get_from(script: Any, **limits: Any) -> Fetched:
    async with talking(script) as peer, fetching({ORIGIN: peer}, limits=Limits(**limits)) as fetcher:
        return await fetcher.get(f"{ORIGIN}/x", max_bytes=1000, accept=JSON)


async def drip_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


@pytest.mark.parametrize("script", [drip_head, drip_body, say_nothing])
async def test_a_slow_answer_ends_with_the_time_in_all(script: Any) -> None:
    started = time.perf_counter()
    with pytest.raises(Unreachable, match="no answer in time"):
        await get_from(script, fetch_s=0.3)
    assert time.perf_counter() - started < 2


async def test_slow_redirects_share_one_time() -> None:
    async def slowly_on(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.Response(status=302, headers={"Location": "/x"})

    started = time.perf_counter()
    async with (
        serving(("GET", "/x", slowly_on)) as peer,
        fetching({ORIGIN: peer}, limits=Limits(fetch_s=0.3)) as fetcher,
    ):
        with pytest.raises(Unreachable, match="no answer in time"):
            await fetcher.get(f"{ORIGIN}/x", max_bytes=1000, accept=JSON)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(1000)) + b"\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    ],
    ids=["one huge field", "a thousand fields", "another protocol"],
)
async def test_a_head_that_is_none_is_refused(head: bytes) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        await writer.drain()

    with pytest.raises((Rejected, Unreachable)):
        await get_from(script)


async def test_an_endless_body_stops_at_the_limit() -> None:
    sent = 0

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" " * 65536)
            await writer.drain()
            sent += 65536

    with pytest.raises(PayloadTooLarge):
        await get_from(script)
    assert sent < 16 * 1024 * 1024


async def test_an_answer_cut_short_is_not_taken_for_whole() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{}")

    with pytest.raises(Unreachable):
        await get_from(script)


async def test_a_post_gives_whatever_status_and_says_when_to_come_back() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert (await request.read(), request.content_type) == (b"envelope", "application/didcomm-encrypted+json")
        return web.Response(status=503, text="later", headers={"Retry-After": "7", "X-Other": "1"})

    async with serving(("POST", "/x", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        posted = await fetcher.post(f"{ORIGIN}/x", b"envelope", content_type="application/didcomm-encrypted+json")

    assert posted == Posted(status=503, body=b"later", content_type="text/plain", headers={"retry-after": "7"})


@pytest.mark.parametrize(("status", "followed"), [(301, False), (302, False), (303, False), (307, True), (308, True)])
async def test_a_post_goes_on_only_where_it_stays_a_post(status: int, followed: bool) -> None:
    seen: list[tuple[str, bytes]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, await request.read()))
        return web.Response(status=status, headers={"Location": "/y"}) if request.path == "/x" else web.Response()

    async with serving(("POST", "/x", handler), ("POST", "/y", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        posted = await fetcher.post(f"{ORIGIN}/x", b"body", content_type=JSON)

    assert posted.status == (200 if followed else status)
    assert seen == [("/x", b"body")] + ([("/y", b"body")] if followed else [])


async def test_an_origin_that_failed_is_left_alone_for_a_while_longer_each_time() -> None:
    asked = 0

    async def failing(_: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        return web.Response(status=500)

    clock = StandingClock()
    async with serving(("GET", "/x", failing)) as peer, fetching({ORIGIN: peer}, clock=clock) as fetcher:

        async def attempt(after_s: float) -> int:
            clock.advance(timedelta(seconds=after_s))
            with pytest.raises(Unreachable):
                await fetcher.get(f"{ORIGIN}/x", max_bytes=10, accept=JSON)
            return asked

        assert [await attempt(wait) for wait in (0, 0.9, 0.2, 1.9, 0.2)] == [1, 1, 2, 2, 3]


async def test_a_budget_is_for_one_origin_and_fills_up_again() -> None:
    other = "https://other.example"
    clock = StandingClock()
    async with (
        serving(("GET", "/x", answering()), ("POST", "/x", answering())) as peer,
        fetching({ORIGIN: peer, other: peer}, clock=clock, burst_per_origin=2, per_s_per_origin=1) as fetcher,
    ):

        async def ask(origin: str) -> str:
            try:
                return str((await fetcher.get(f"{origin}/x", max_bytes=10, accept=JSON)).status)
            except Unreachable as error:
                return error.detail

        too_often = "the origin was called too often"
        assert [await ask(ORIGIN) for _ in range(3)] == ["200", "200", too_often]
        assert await ask(other) == "200"
        assert (await fetcher.post(f"{ORIGIN}/x", b"", content_type=JSON)).status == 200
        clock.advance(timedelta(seconds=1.5))
        assert [await ask(ORIGIN) for _ in range(2)] == ["200", too_often]


async def test_one_hung_origin_delays_no_other_and_takes_no_more_than_its_turns() -> None:
    now = most = 0

    async def hang(_: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        try:
            await asyncio.sleep(5)
        finally:
            now -= 1
        return web.Response()

    other = "https://other.example"
    async with (
        serving(("GET", "/hang", hang), ("GET", "/x", answering())) as peer,
        fetching({ORIGIN: peer, other: peer}, limits=Limits(fetch_s=0.5), at_once_per_origin=3) as fetcher,
    ):
        hung = [asyncio.create_task(fetcher.get(f"{ORIGIN}/hang", max_bytes=9, accept=JSON)) for _ in range(10)]
        await asyncio.sleep(0.1)
        started = time.perf_counter()
        assert (await fetcher.get(f"{other}/x", max_bytes=9, accept=JSON)).status == 200
        assert time.perf_counter() - started < 0.3
        assert most == 3
        outcomes = await asyncio.gather(*hung, return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {Unreachable}
