"""The least that a durable forward takes: an aiohttp handler, the outer envelope opened, one row in a shared commit.

Run as a process: reads {port, database, key} from standard input, serves until killed. `key` is a private JWK with kid.
"""

import asyncio
import json
import queue
import sqlite3
import sys
import threading
from datetime import UTC, datetime

from aiohttp import web

from protocols.didcomm.envelope import unpack
from protocols.jose.keys import PrivateKey

MOST_ROWS = 64


class Writer:
    """One thread, one connection: whatever has gathered goes into one commit."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._rows: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    async def keep(self, data: bytes) -> None:
        """Returns once `data` is on disk."""
        done = self._loop.create_future()
        self._rows.put((data, done))
        await done

    def _write(self) -> None:
        database = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, envelope BLOB)")
        while True:
            batch = [self._rows.get()]
            while len(batch) < MOST_ROWS and not self._rows.empty():
                batch.append(self._rows.get())
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO message (envelope) VALUES (?)", [(data,) for data, _ in batch])
            database.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, [done for _, done in batch])


def _settle(answers: list[asyncio.Future[None]]) -> None:
    for done in answers:
        if not done.done():
            done.set_result(None)


async def serve(port: int, path: str, key: PrivateKey) -> None:
    writer, secrets = Writer(path), {key.kid: key}

    async def receive(request: web.Request) -> web.Response:
        opened = unpack(await request.read(), secrets=secrets, documents={}, now=datetime.now(UTC))
        await writer.keep(json.dumps(opened.message.attachments[0].json).encode())
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/didcomm", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    job = json.loads(sys.stdin.readline())
    asyncio.run(serve(job["port"], job["database"], PrivateKey.from_jwk(job["key"], job["key"]["kid"])))
