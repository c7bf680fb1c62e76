"""One envelope out, at most one back."""

import pytest
from aiohttp import web

from node.adapters.transport import DidcommTransport
from node.errors import AddressForbidden, PayloadTooLarge, Rejected, Unreachable
from protocols.didcomm.envelope import MAX_ENVELOPE_BYTES
from tests.support.loopback import ORIGIN, fetching, serving

ENCRYPTED = "application/didcomm-encrypted+json"


async def post(status: int, body: bytes = b"", type: str = ENCRYPTED) -> bytes | None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert (request.content_type, await request.read()) == (ENCRYPTED, b"envelope")
        return web.Response(status=status, body=body, headers={"Content-Type": type})

    async with serving(("POST", "/didcomm", handler)) as peer, fetching({ORIGIN: peer}) as fetcher:
        return await DidcommTransport(fetcher).post(f"{ORIGIN}/didcomm", b"envelope")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_any_2xx_means_that_the_message_was_taken(status: int) -> None:
    assert await post(status) is None


@pytest.mark.parametrize("status", [200, 202])
async def test_an_envelope_in_the_answer_is_handed_on(status: int) -> None:
    assert await post(status, b"reply") == b"reply"


async def test_an_answer_that_is_no_envelope_is_not_handed_on() -> None:
    assert await post(200, b"<html>", "text/html") is None


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410, 413, 415, 422])
async def test_a_no_is_final(status: int) -> None:
    with pytest.raises(Rejected) as caught:
        await post(status)
    assert (caught.value.found, caught.value.retryable) == (f"HTTP {status}", False)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507])
async def test_a_later_may_be_tried_again(status: int) -> None:
    with pytest.raises(Unreachable) as caught:
        await post(status)
    assert caught.value.retryable


async def test_an_answer_larger_than_an_envelope_is_not_read() -> None:
    with pytest.raises(PayloadTooLarge):
        await post(200, b"a" * (MAX_ENVELOPE_BYTES + 1))


@pytest.mark.parametrize("url", ["http://peer.example/didcomm", "ws://peer.example/didcomm", "did:web:peer.example"])
async def test_an_endpoint_that_is_not_https_is_not_called(url: str) -> None:
    async with fetching() as fetcher:
        with pytest.raises(AddressForbidden):
            await DidcommTransport(fetcher).post(url, b"envelope")
