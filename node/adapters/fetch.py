"""The only way out of this node.

Everything a stranger can make us call goes through here: DID documents, service endpoints, status lists, federation
statements. https only; the address of every connect is checked on its socket (addresses.py); redirects are followed
here, each hop checked like the first; size, time and hops are bounded; nothing about us or our learners goes along:
no cookies, no Referer, a plain User-Agent.

For development, an https origin can be mapped to a plain loopback origin (`fetch.origins`). The mapping happens in
this file only, and only for that origin: a stranger's URL with a loopback address stays refused. There is no switch
that turns the guard off.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from node.adapters.addresses import ForbiddenAddress, OpenSocket, only, open_socket, public_only
from node.adapters.origins import Budget, Origins
from node.adapters.reading import acceptable, read_body
from node.clock import Clock
from node.errors import AddressForbidden, NodeError, Rejected, Unreachable
from node.metrics import Metrics
from node.settings import Fetch, Limits

USER_AGENT = "ler-node"
MAX_URL_CHARACTERS = 2048
MAX_CONNECTIONS = 256
_REDIRECTS: Mapping[str, frozenset[int]] = {"GET": frozenset({301, 302, 307, 308}), "POST": frozenset({307, 308})}
_LATER = frozenset({408, 425, 429})
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])", re.IGNORECASE)
_NEVER = re.compile(r"(?:^|[\s,])no-(?:store|cache)(?:$|[\s,])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer to a GET. 304: `body` is empty and what was fetched with that `etag` still holds.

    `final_url` is where the last hop led, in its https form; `max_age_s` is None where the origin did not say.
    """

    status: Literal[200, 304]
    body: bytes
    etag: str | None
    content_type: str
    final_url: str
    max_age_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An answer to a POST, whatever its status. `headers`, in lower case: retry-after, location."""

    status: int
    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Fetcher:
    """Used as `async with Fetcher(…) as fetcher`; safe to share.

    Args:
        resolver, open: the outside, for tests: who answers names, and who makes sockets once the guard let them pass.
    """

    def __init__(
        self,
        settings: Fetch,
        limits: Limits,
        clock: Clock,
        metrics: Metrics,
        *,
        resolver: AbstractResolver | None = None,
        open: OpenSocket = open_socket,
    ) -> None:
        self._limits = limits
        self._metrics = metrics
        self._resolver = resolver
        self._open = open
        self._stand_ins = {URL(name).origin(): URL(target) for name, target in settings.origins.items()}
        budget = Budget(
            at_once=settings.at_once_per_origin, burst=settings.burst_per_origin, per_s=settings.per_s_per_origin
        )
        self._origins = Origins(clock, budget)
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        stand_ins = {(str(url.host), url.port or 80) for url in self._stand_ins.values()}
        self._sessions = {
            "https": self._session(public_only(self._open)),
            "http": self._session(only(stand_ins, self._open)),
        }
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for session in self._sessions.values():
            await session.close()

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        """What stands at `url`, an https URL.

        Args:
            max_bytes: of the body, decompressed.
            accept: as the Accept header; an answer of none of these media types is refused. `application/json` also
                takes every `application/…+json`.
            etag: of what we have; then the answer may be 304.

        Raises:
            Unreachable: no usable connection, no answer in `limits.fetch_s`, 429 or 5xx, or over the origin's budget.
            Rejected: another status, a media type or encoding that was not asked for, too many redirects.
            AddressForbidden: not https, with a user name, or an address that is not public.
            PayloadTooLarge: over `max_bytes`.
        """
        headers = {"Accept": accept} | ({"If-None-Match": etag} if etag else {})
        async with self._follow("GET", url, headers, None, self._limits.fetch_s) as (response, final_url):
            not_modified = response.status == 304 and etag is not None
            if response.status != 200 and not not_modified:
                raise _refusal(response.status)
            if not not_modified and not acceptable(response.headers.get("Content-Type", ""), accept):
                found = response.headers.get("Content-Type", "none")[:80]
                raise Rejected("an answer of another media type", found=found, expected=accept)
            return Fetched(
                status=304 if not_modified else 200,
                body=b"" if not_modified else await read_body(response, max_bytes),
                etag=response.headers.get("ETag") or (etag if not_modified else None),
                content_type=_media_type(response),
                final_url=str(final_url),
                max_age_s=_max_age_s(response),
            )

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        timeout_s: float | None = None,
        accept: str | None = None,
        max_bytes: int | None = None,
    ) -> Posted:
        """The answer to `body` posted to `url`, with whatever status. 307 and 308 are followed, other redirects not.

        Args:
            timeout_s: in all; `limits.fetch_s` where not given.
            max_bytes: of the answer; `limits.envelope_bytes` where not given.

        Raises:
            Unreachable, AddressForbidden, PayloadTooLarge: as for `get`; a status never raises.
        """
        headers = {"Content-Type": content_type} | ({"Accept": accept} if accept else {})
        async with self._follow("POST", url, headers, body, timeout_s or self._limits.fetch_s) as (response, _):
            names = ("Retry-After", "Location")
            return Posted(
                status=response.status,
                body=await read_body(response, max_bytes or self._limits.envelope_bytes),
                content_type=_media_type(response),
                headers={name.lower(): response.headers[name][:256] for name in names if name in response.headers},
            )

    @asynccontextmanager
    async def _follow(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, timeout_s: float
    ) -> AsyncGenerator[tuple[aiohttp.ClientResponse, URL], None]:
        """The first answer that is no redirect, and the URL that gave it."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        at = check_url(url)
        outcome = "failed"
        try:
            with self._metrics.fetch_seconds.labels(method).time():
                for _ in range(self._limits.redirects + 1):
                    async with self._call(method, at, headers, body, deadline) as response:
                        if response.status not in _REDIRECTS[method]:
                            yield response, at
                            outcome = "answered"
                            return
                        at = _next(at, response)
            raise Rejected("too many redirects", expected=f"at most {self._limits.redirects}")
        except NodeError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            self._metrics.fetches.labels(method, outcome).inc()

    @asynccontextmanager
    async def _call(
        self, method: str, url: URL, headers: dict[str, str], body: bytes | None, deadline: float
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """One request to one address; its answer must be read before the block ends."""
        origin = url.origin()
        stand_in = self._stand_ins.get(origin)
        target = url if stand_in is None else _onto(stand_in, url)
        sent = {**headers, "Host": url.host_port_subcomponent or ""}
        async with self._origins.turn(str(origin), deadline=deadline, counted=method == "GET"):
            with _translated():
                async with self._sessions[target.scheme].request(
                    method, target, headers=sent, data=body, allow_redirects=False
                ) as response:
                    yield response

    def _session(self, open: OpenSocket) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            socket_factory=open, resolver=self._resolver, limit=MAX_CONNECTIONS, ttl_dns_cache=10
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
        )


def check_url(text: str) -> URL:
    """`text` as the URL that will be called, without its fragment.

    Raises:
        AddressForbidden: not https, a user name or password in it, no host, or too long.
    """
    try:
        url = URL(text) if len(text) <= MAX_URL_CHARACTERS else URL()
        origin = url.origin()
    except ValueError as error:
        raise AddressForbidden("not a URL that can be called", expected="an https URL") from error
    if url.scheme != "https":
        raise AddressForbidden("not an https URL", found=url.scheme[:16], expected="https")
    if url.user is not None or url.password is not None:
        raise AddressForbidden("a URL with a user name", expected="an https URL without one")
    if not origin.host:
        raise AddressForbidden("a URL without a host", expected="an https URL")
    return url.with_fragment(None)


def _onto(stand_in: URL, url: URL) -> URL:
    """`url` at its stand-in: path and query as they were, byte for byte."""
    return URL(f"{stand_in.origin()}{url.raw_path_qs}", encoded=True)


def _next(at: URL, response: aiohttp.ClientResponse) -> URL:
    location = response.headers.get("Location", "")
    try:
        target = at.join(URL(location[: MAX_URL_CHARACTERS + 1]))
    except ValueError as error:
        raise Rejected("a redirect to nowhere", expected="a Location header with a URL") from error
    if not location:
        raise Rejected("a redirect to nowhere", expected="a Location header")
    return check_url(str(target))


@contextmanager
def _translated() -> Generator[None, None, None]:
    """Turns what aiohttp and the system raise into `NodeError`; their texts, which name addresses, stay inside."""
    try:
        yield
    except TimeoutError:
        raise
    except (aiohttp.InvalidURL, UnicodeError) as error:
        raise AddressForbidden("not a host that can be called", expected="an https URL") from error
    except aiohttp.ClientResponseError as error:
        raise Rejected("an answer that is not readable HTTP") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, ForbiddenAddress):
            raise AddressForbidden("an address that is not called from here", expected="a public address") from error
        raise Unreachable("no connection") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable("a connection that broke") from error


def _refusal(status: int) -> NodeError:
    if status in _LATER or status >= 500:
        return Unreachable("the answer says: later", found=f"HTTP {status}", expected="HTTP 200")
    return Rejected("the answer says no", found=f"HTTP {status}", expected="HTTP 200")


def _media_type(response: aiohttp.ClientResponse) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()[:128]


def _max_age_s(response: aiohttp.ClientResponse) -> int | None:
    value = response.headers.get("Cache-Control", "")[:512]
    if _NEVER.search(value):
        return 0
    found = _MAX_AGE.search(value)
    return int(found[1]) if found else None
