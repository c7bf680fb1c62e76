"""Publishes status lists of many hosts: a port for each. Runs as a process of its own.

in (one line of standard input): {ports, lists, issuer: JWK with kid}
`GET /{n}` is list n, with its ETag; `POST /change` signs every list anew, with other bits.
"""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from protocols.credentials.proofs import add_proof
from protocols.jose.encoding import canonical_json, digest
from protocols.jose.keys import PrivateKey
from protocols.status.bitstring import MIN_ENTRIES, new_bits
from protocols.status.publish import status_list_credential

SET = 500
"""Entries that are set in each list."""


class Lists:
    def __init__(self, job: dict[str, Any]) -> None:
        self.key = PrivateKey.from_jwk(job["issuer"])
        self.did = job["issuer"]["kid"].partition("#")[0]
        self.urls = [f"https://host{n % len(job['ports'])}.example/{n}" for n in range(job["lists"])]
        self.version = 0
        self.bodies: list[tuple[bytes, str]] = []
        self.change()

    def change(self) -> None:
        self.version += 1
        chance = random.Random(self.version)
        self.bodies = [self.signed(url, chance) for url in self.urls]

    def signed(self, url: str, chance: random.Random) -> tuple[bytes, str]:
        bits = bytearray(new_bits())
        for _ in range(SET):
            index = chance.randrange(MIN_ENTRIES)
            bits[index // 8] |= 0x80 >> index % 8
        made_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.version)
        document = status_list_credential(
            url=url,
            issuer=self.did,
            purpose="revocation",
            bits=bytes(bits),
            valid_from=made_at,
            valid_until=None,
            ttl_ms=None,
        )
        options: Any = {"signer": self.key, "purpose": "assertionMethod", "created": made_at}
        signed = add_proof(document, suite="eddsa-jcs-2022", **options)
        body = canonical_json(signed)
        return body, f'"{digest(body)}"'


async def serve(job: dict[str, Any]) -> None:
    lists = Lists(job)

    async def get(request: web.Request) -> web.Response:
        body, etag = lists.bodies[int(request.match_info["n"])]
        headers = {"ETag": etag}
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/vc", headers=headers)

    async def change(_: web.Request) -> web.Response:
        lists.change()
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/{n}", get), web.post("/change", change)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    for port in job["ports"]:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.stdin.readline())))
