"""Threats F1 to F3: no spelling, redirect or name leads this node to an address that is not public."""

import socket
from datetime import timedelta

import pytest
from aiohttp import web

from node.adapters.addresses import AddressInfo, is_public
from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetcher, check_url
from node.adapters.transport import DidcommTransport
from node.errors import AddressForbidden, NodeError, Rejected, Unreachable
from protocols.dids.document import DidDocument
from protocols.errors import DidError
from tests.support.clock import StandingClock
from tests.support.loopback import ORIGIN, Canary, Names, canary, fetching, serving

ADDRESSES = [
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
SPELLINGS = [
    *(f"[{address}]" if ":" in address else address for address in ADDRESSES),
    "①②⑦.0.0.1",
    "127。0。0。1",
    "127.0.0.1.",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "ⓛocalhost",
    "name.that.leads.here",
    "%31%32%37.0.0.1",
    "[::ffff:127.0.0.1%25lo]",
    "[fe80::1%25lo]",
]
HERE = ["127.0.0.1", "::1"]
LEADS_HERE = Names(
    {
        name: [HERE]
        for name in (
            *("localhost", "localhost.", "name.that.leads.here", "127.0.0.1.", "%31%32%37.0.0.1"),
            *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "0"),  # as libc reads them
        )
    }
)


async def nobody(_: str) -> DidDocument | None:
    return None


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_of_the_table_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.0.0.1.", "0x7f000001", "2130706433", "::1%lo"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


async def reach(fetcher: Fetcher, source: str, host: str, port: int) -> None:
    """Tries to reach host and port through one of the places where a stranger's URL comes in."""
    url = f"https://{host}:{port}/x"
    match source:
        case "get":
            await fetcher.get(url, max_bytes=100, accept="*/*")
        case "post":
            await fetcher.post(url, b"{}", content_type="application/json")
        case "service endpoint":
            await DidcommTransport(fetcher).post(url, b"{}")
        case "did:web":
            await Resolver(fetcher, StandingClock(), known=nobody).resolve(f"did:web:{host}%3A{port}")
        case "redirect":
            await fetcher.get(f"{ORIGIN}/to?{host}:{port}", max_bytes=100, accept="*/*")
        case _:
            raise AssertionError(source)


async def lead_on(request: web.Request) -> web.StreamResponse:
    return web.Response(status=307, headers={"Location": f"https://{request.query_string}/x"})


@pytest.mark.parametrize("source", ["get", "post", "service endpoint", "did:web", "redirect"])
async def test_no_spelling_from_any_source_reaches_this_machine(source: str) -> None:
    async with (
        canary() as bird,
        serving(("GET", "/to", lead_on)) as peer,
        fetching({ORIGIN: peer}, names=LEADS_HERE, per_s_per_origin=10_000.0) as fetcher,
    ):
        for host in SPELLINGS:
            with pytest.raises((NodeError, DidError)) as caught:
                await reach(fetcher, source, host, bird.port)
            assert isinstance(caught.value, AddressForbidden | DidError), (host, caught.value)
            assert "127" not in str(caught.value)
        assert bird.hits == 0


async def test_the_canary_would_have_been_reached_without_the_guard() -> None:
    async with canary() as bird:
        assert await hit_by_a_mapping(bird) >= 1


async def hit_by_a_mapping(bird: Canary) -> int:
    async with fetching({ORIGIN: f"http://127.0.0.1:{bird.port}"}) as fetcher:
        with pytest.raises(Unreachable):
            await fetcher.get(f"{ORIGIN}/x", max_bytes=100, accept="*/*")
    return bird.hits


async def test_a_mapped_origin_opens_no_way_to_its_stand_in_for_other_urls() -> None:
    async with canary() as bird, fetching({ORIGIN: f"http://127.0.0.1:{bird.port}"}, names=LEADS_HERE) as fetcher:
        for url in (
            f"https://127.0.0.1:{bird.port}/",
            f"https://localhost:{bird.port}/",
            f"{ORIGIN}:{bird.port}/",
            f"https://sub.peer.example:{bird.port}/",
        ):
            with pytest.raises((AddressForbidden, Unreachable)):
                await fetcher.get(url, max_bytes=100, accept="*/*")
        assert bird.hits == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://peer.example/",
        "HTTP://peer.example/",
        "ftp://peer.example/",
        "file:///etc/passwd",
        "gopher://peer.example/",
        "data:,x",
        "//peer.example/",
        "peer.example",
        "https:///path",
        "https://",
        "https://user@peer.example/",
        "https://user:word@peer.example/",
        "https://:@peer.example/",
        "https://peer.example:99999/",
        "https://[::1/",
        "",
        "https://peer.example/" + "a" * 2048,
    ],
)
def test_only_a_plain_https_url_is_called(url: str) -> None:
    with pytest.raises(AddressForbidden):
        check_url(url)


@pytest.mark.parametrize("target", ["http://peer.example/final", "http://127.0.0.1:{port}/", "ftp://peer.example/"])
async def test_a_redirect_to_another_scheme_is_not_followed(target: str) -> None:
    async with canary() as bird:

        async def down(_: web.Request) -> web.StreamResponse:
            return web.Response(status=302, headers={"Location": target.format(port=bird.port)})

        async with serving(("GET", "/", down)) as peer, fetching({ORIGIN: peer}) as fetcher:
            with pytest.raises(AddressForbidden) as caught:
                await fetcher.get(f"{ORIGIN}/", max_bytes=100, accept="*/*")
        assert caught.value.expected == "https"
        assert bird.hits == 0


@pytest.mark.parametrize("hops", [3, 4])
async def test_three_redirects_are_followed_and_a_fourth_is_not(hops: int) -> None:
    asked: list[str] = []

    async def on(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        left = int(request.match_info["left"])
        if left == 0:
            return web.Response(text="here", headers={"ETag": '"1"'})
        return web.Response(status=301, headers={"Location": f"./{left - 1}"})

    async with serving(("GET", "/hop/{left}", on)) as peer, fetching({ORIGIN: peer}) as fetcher:
        if hops == 3:
            fetched = await fetcher.get(f"{ORIGIN}/hop/3", max_bytes=100, accept="text/plain")
            assert (fetched.body, fetched.final_url) == (b"here", f"{ORIGIN}/hop/0")
        else:
            with pytest.raises(Rejected, match="too many redirects"):
                await fetcher.get(f"{ORIGIN}/hop/4", max_bytes=100, accept="text/plain")
    assert len(asked) == 4


async def test_a_name_that_turns_to_this_machine_the_second_time_is_refused_then() -> None:
    opened: list[str] = []

    def outside(info: AddressInfo) -> socket.socket:
        opened.append(str(info[4][0]))
        raise OSError("no route from a test to the Internet")

    clock = StandingClock()
    names = Names({"rebind.example": [["93.184.215.14"], ["127.0.0.1"]]})
    async with canary() as bird, fetching(names=names, open=outside, clock=clock) as fetcher:
        url = f"https://rebind.example:{bird.port}/"
        with pytest.raises(Unreachable):
            await fetcher.get(url, max_bytes=100, accept="*/*")
        clock.advance(timedelta(seconds=60))
        fetcher._sessions["https"].connector.clear_dns_cache()  # pyright: ignore
        with pytest.raises(AddressForbidden):
            await fetcher.get(url, max_bytes=100, accept="*/*")
        assert bird.hits == 0
    assert opened == ["93.184.215.14"]
    assert names.looks == ["rebind.example", "rebind.example"]


async def test_of_a_name_with_a_public_and_a_private_address_only_the_public_one_is_tried() -> None:
    opened: list[str] = []

    def outside(info: AddressInfo) -> socket.socket:
        opened.append(str(info[4][0]))
        raise OSError("no route from a test to the Internet")

    names = Names({"both.example": [["127.0.0.1", "93.184.215.14", "::1"]]})
    async with canary() as bird, fetching(names=names, open=outside) as fetcher:
        with pytest.raises(Unreachable):
            await fetcher.get(f"https://both.example:{bird.port}/", max_bytes=100, accept="*/*")
        assert bird.hits == 0
    assert set(opened) == {"93.184.215.14"}
