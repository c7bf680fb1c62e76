"""The wallet's way out: HTTPS to the hosts it was told of, bounded in size and time, following no redirect.

For development a table maps an https origin to the plain loopback origin that stands for it. Ids stay https: the
table is looked up when a connection is made, and nowhere else.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp

from node.demo.wallet.errors import Refused, Unreachable, WalletError
from node.demo.wallet.storage import NoPoints, Points

ENCRYPTED = "application/didcomm-encrypted+json"
MAX_ENVELOPE_BYTES = 1024 * 1024
TIMEOUT_S = 10.0
HEARTBEAT_S = 30.0
_LATER = frozenset({408, 425, 429})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_origins(origins: Mapping[str, str]) -> dict[str, str]:
    """The table itself; raises WalletError for anything but https origins that stand for plain loopback ones."""
    for origin, stand_in in origins.items():
        there, here = urlsplit(origin), urlsplit(stand_in)
        if there.scheme != "https" or there.path or here.scheme != "http" or here.hostname not in _LOOPBACK:
            raise WalletError(
                "not an origin for development",
                found=f"{origin}={stand_in}",
                expected="https://HOST[:PORT]=http://127.0.0.1:PORT",
            )
    return {origin: stand_in.rstrip("/") for origin, stand_in in origins.items()}


@dataclass(slots=True)
class Transport:
    """Use as an async context manager."""

    origins: Mapping[str, str]
    points: Points = field(default_factory=NoPoints)
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    async def __aenter__(self) -> "Transport":
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        self._session = aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": "ler-wallet"})
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, url: str, *, accept: str, max_bytes: int) -> bytes:
        """The body of a 200 answer.

        Raises:
            Unreachable: no answer in time, or one that says "later".
            Refused: another status, or a body over `max_bytes`.
        """
        status, _, body = await self._call("GET", url, headers={"Accept": accept}, data=None, max_bytes=max_bytes)
        if status != 200:
            raise Refused("nothing to be had there", found=f"HTTP {status}", expected="HTTP 200")
        return body

    async def post(self, url: str, envelope: bytes) -> bytes | None:
        """The envelope that came back on the line, None where there was none; a return means that it was taken.

        Raises as `get` does.
        """
        headers = {"Content-Type": ENCRYPTED, "Accept": ENCRYPTED}
        self.points.reached("post:before")
        status, media_type, body = await self._call(
            "POST", url, headers=headers, data=envelope, max_bytes=MAX_ENVELOPE_BYTES
        )
        self.points.reached("post:after")
        if not 200 <= status < 300:
            raise Refused("the message was not taken", found=f"HTTP {status}", expected="a 2xx status")
        return body if body and media_type == ENCRYPTED else None

    @asynccontextmanager
    async def socket(self, url: str) -> AsyncGenerator["Line"]:
        """An open line to a mediator's WebSocket; raises Unreachable where there is none."""
        mapped = self._mapped(url.replace("wss://", "https://", 1)).replace("http", "ws", 1)
        try:
            line = await self._open().ws_connect(mapped, max_msg_size=MAX_ENVELOPE_BYTES, heartbeat=HEARTBEAT_S)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unreachable("no line for live delivery", found=type(error).__name__) from error
        try:
            yield Line(line)
        finally:
            await line.close()

    async def _call(
        self, method: str, url: str, *, headers: Mapping[str, str], data: bytes | None, max_bytes: int
    ) -> tuple[int, str, bytes]:
        try:
            async with self._open().request(
                method, self._mapped(url), headers=headers, data=data, allow_redirects=False
            ) as answer:
                if answer.status >= 500 or answer.status in _LATER:
                    raise Unreachable("the other side cannot answer now", found=f"HTTP {answer.status}")
                body = await _bounded(answer.content, max_bytes)
                return answer.status, answer.content_type, body
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Unreachable("no answer", found=type(error).__name__) from error

    def _mapped(self, url: str) -> str:
        try:
            parts = urlsplit(url)
            origin, is_plain = f"{parts.scheme}://{parts.netloc}", parts.username is None and parts.port != 0
        except ValueError:
            origin, is_plain = "", False
        if not origin.startswith("https://") or not is_plain or len(url) > 2048:
            raise Refused("not an address that this wallet calls", found=url[:80], expected="an https URL")
        return self.origins.get(origin, origin) + url.removeprefix(origin)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise WalletError("the wallet is not open")
        return self._session


@dataclass(frozen=True, slots=True)
class Line:
    """One WebSocket: an envelope a frame, in both directions."""

    _line: aiohttp.ClientWebSocketResponse

    async def send(self, envelope: bytes) -> None:
        """Raises Unreachable when the line is gone."""
        try:
            await self._line.send_bytes(envelope)
        except (ConnectionError, aiohttp.ClientError) as error:
            raise Unreachable("the line is gone", found=type(error).__name__) from error

    async def receive(self, timeout_s: float) -> bytes | None:
        """The next envelope; None when `timeout_s` passed first. Raises Unreachable when the line is gone."""
        try:
            frame = await self._line.receive(timeout=timeout_s)
        except TimeoutError:
            return None
        if frame.type is aiohttp.WSMsgType.BINARY:
            return frame.data
        if frame.type is aiohttp.WSMsgType.TEXT:
            return frame.data.encode("utf-8")
        raise Unreachable("the line is gone", found=frame.type.name)


async def _bounded(stream: aiohttp.StreamReader, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in stream.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > max_bytes:
            raise Refused("the answer is too large", expected=f"at most {max_bytes} bytes")
    return bytes(body)
