"""How federation reaches other nodes: the guarded way out as far as it is used here, and where things stand there."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from node.adapters.fetch import Fetched, Posted
from protocols.dids.web import document_url
from protocols.jose.encoding import JsonObject, parse_object
from protocols.trust.entity import did_of
from protocols.trust.statement import MAX_STATEMENT_BYTES

STATEMENT = "application/entity-statement+jwt"
APPLICATION = "application/ler-join-application+jwt"
LEAVE_NOTICE = "application/ler-leave-notice+jwt"
CONFIRMATION = "application/ler-succession-confirmation+jwt"
DID_DOCUMENT = "application/did+json, application/did+ld+json, application/did, application/ld+json, application/json"
METADATA = "application/ld+json, application/json"
MAX_DOCUMENT_BYTES = 1024 * 1024

T = TypeVar("T")


class Web(Protocol):
    """`node.adapters.fetch.Fetcher`."""

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched: ...

    async def post(self, url: str, body: bytes, *, content_type: str) -> Posted: ...


async def get_configuration(web: Web, entity_id: str, etag: str | None = None) -> Fetched:
    """An entity configuration from where the specification puts it (section 9)."""
    url = f"{entity_id}/.well-known/openid-federation"
    return await web.get(url, max_bytes=MAX_STATEMENT_BYTES, accept=STATEMENT, etag=etag)


async def get_did_document(web: Web, entity_id: str, etag: str | None = None) -> Fetched:
    """The document of the did:web that belongs to an entity id."""
    url = document_url(did_of(entity_id))
    return await web.get(url, max_bytes=MAX_DOCUMENT_BYTES, accept=DID_DOCUMENT, etag=etag)


async def get_metadata(web: Web, entity_id: str, etag: str | None = None) -> Fetched:
    """What a node publishes about itself as an issuer."""
    return await web.get(f"{entity_id}/issuer", max_bytes=MAX_DOCUMENT_BYTES, accept=METADATA, etag=etag)


def token_in(fetched: Fetched) -> str:
    """The body as a compact JWS; what is not ASCII will not parse as one."""
    return fetched.body.decode("ascii", errors="replace").strip()


def object_in(fetched: Fetched) -> JsonObject:
    """The body as a JSON object; raises MalformedMessage or TooLarge."""
    return parse_object(fetched.body, max_bytes=MAX_DOCUMENT_BYTES)


async def at_once(most: int, items: Iterable[T], call: Callable[[T], Awaitable[None]]) -> None:
    """Calls `call` with each item, `most` of them at a time, and returns when all have ended."""
    slots = asyncio.Semaphore(most)

    async def one(item: T) -> None:
        async with slots:
            await call(item)

    async with asyncio.TaskGroup() as tasks:
        for item in items:
            tasks.create_task(one(item))


async def side_by_side(
    items: Iterable[T], call: Callable[[T], Awaitable[None]], *, quick: int, slow: int, slow_after_s: float
) -> None:
    """Calls `call` with each item and returns when all have ended; who is slow does not hold up who is not.

    `quick` are begun at a time. One that has not ended after `slow_after_s` gives its place to the next and goes on
    beside; only where `slow` are at that already does it keep its place until one of them ends.
    """
    places, beside = asyncio.Semaphore(quick), asyncio.Semaphore(slow)

    async def one(item: T) -> None:
        await places.acquire()
        under_way = tasks.create_task(_called(call, item))
        ended, _ = await asyncio.wait({under_way}, timeout=slow_after_s)
        if ended:
            places.release()
            return
        async with beside:
            places.release()
            await asyncio.wait({under_way})

    async with asyncio.TaskGroup() as tasks:
        for item in items:
            tasks.create_task(one(item))


async def _called(call: Callable[[T], Awaitable[None]], item: T) -> None:
    await call(item)
