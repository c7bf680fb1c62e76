"""The verbs' way to a running node: its JSON API, found by the data directory.

`LER_URL` and `LER_TOKEN` in the environment stand for a node elsewhere.
"""

import asyncio
import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from node.cli.tls import calling_context
from node.errors import ConfigurationError, Rejected, Unreachable
from node.settings import Settings, load_settings
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, parse_object

TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)
LOOK_EVERY_S = 0.1
MAX_ANSWER_BYTES = 64 * 1024 * 1024
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 # what a listener says, not a bind


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClient:
    """Calls one node. `tls` is None for plain HTTP; `host` is the name on its certificate.

    `wait_s` is how long a node is waited for that does not listen yet.
    """

    url: str
    token: str
    host: str | None = None
    tls: ssl.SSLContext | None = None
    wait_s: float = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonObject:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: JsonObject | None = None) -> JsonObject:
        return self.call("POST", path, body=body)

    def put(self, path: str, body: JsonObject) -> JsonObject:
        return self.call("PUT", path, body=body)

    def list(self, path: str, query: Mapping[str, str] | None = None, *, position: str = "after") -> list[JsonObject]:
        """All items of a listing, page by page; `position` is what the query calls the place where a page begins."""
        items: list[JsonObject] = []
        after: dict[str, str] = {}
        while True:
            page = self.get(path, {**(query or {}), **after})
            items += page["items"]
            if page.get("next") is None:
                return items
            after = {position: page["next"]}

    def call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: JsonObject | None = None
    ) -> JsonObject:
        """The answer of `/api/v1` + `path`, {} where it has no body.

        Raises:
            Unreachable: nobody answers; the node is not running.
            Rejected: it answered with a problem; `detail`, `found` and `expected` are the node's.
        """
        return asyncio.run(self._call(method, path, query, body))

    async def _call(
        self, method: str, path: str, query: Mapping[str, str] | None, body: JsonObject | None
    ) -> JsonObject:
        await self._wait()
        headers = {"Authorization": f"Bearer {self.token}"}
        tls: dict[str, Any] = {} if self.tls is None else {"ssl": self.tls, "server_hostname": self.host}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
                session.request(method, f"{self.url}/api/v1{path}", params=query, json=body, **tls) as response,
            ):
                raw = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(
                "the node does not answer", found=f"nothing at {self.url}", expected="ler-node serve --data DIR"
            ) from error
        return _answer(status, raw)

    async def _wait(self) -> None:
        """Returns when somebody listens there, or after `wait_s`."""
        parts = urlsplit(self.url)
        ends_at = time.monotonic() + self.wait_s
        while time.monotonic() < ends_at:
            try:
                _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            except OSError:
                await asyncio.sleep(LOOK_EVERY_S)
            else:
                writer.close()
                return


def client_of(data: Path, *, wait_s: float = 0) -> NodeClient:
    """A client of the node in `data`.

    Raises:
        ConfigurationError: no node.toml or no token there.
    """
    settings = load_settings(data)
    elsewhere = os.environ.get("LER_URL", "").rstrip("/")
    token = os.environ.get("LER_TOKEN") or _token_in(settings.secrets_dir / "api-token")
    if elsewhere:
        return NodeClient(url=elsewhere, token=token, wait_s=wait_s)
    host, tls = urlsplit(settings.origin).hostname, calling_context(settings)
    return NodeClient(url=_local_url(settings), token=token, host=host, tls=tls, wait_s=wait_s)


def _local_url(settings: Settings) -> str:
    address = settings.admin_address or settings.listen_address
    host = ANY_ADDRESS.get(address.host, address.host)
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}"


def _token_in(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            "no API token", found=f"no readable {path}", expected="the token `ler-node init` wrote there, or LER_TOKEN"
        ) from error


def _answer(status: int, raw: bytes) -> JsonObject:
    try:
        value = parse_object(raw, max_bytes=MAX_ANSWER_BYTES) if raw else {}
    except ProtocolError as error:
        raise Rejected("not an answer of a node", found=f"status {status}", expected="JSON") from error
    if status >= 400:
        found, expected = value.get("found"), value.get("expected")
        raise Rejected(str(value.get("detail", f"status {status}")), found=found, expected=expected)
    return value
