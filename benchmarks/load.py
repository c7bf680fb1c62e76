"""A client that costs little: HTTP/1.1 over kept connections, nothing else, so that what is timed is the server."""

import asyncio
from collections.abc import Iterator
from time import perf_counter

HOST = "127.0.0.1"
READ_S = 10.0


def post_for(port: int, bodies: Iterator[bytes], *, seconds: float, at_once: int) -> float:
    """Posts `bodies` to /didcomm for `seconds`, `at_once` under way; accepted per second.

    Raises:
        RuntimeError: an answer other than 202.
    """
    return asyncio.run(_post_for(port, bodies, seconds, at_once))


async def _post_for(port: int, bodies: Iterator[bytes], seconds: float, at_once: int) -> float:
    begun = perf_counter()
    async with asyncio.TaskGroup() as tasks:
        workers = [tasks.create_task(_post_some(port, bodies, begun + seconds)) for _ in range(at_once)]
    return sum(worker.result() for worker in workers) / (perf_counter() - begun)


async def _post_some(port: int, bodies: Iterator[bytes], until: float) -> int:
    reader, writer = await asyncio.open_connection(HOST, port)
    count = 0
    try:
        while perf_counter() < until:
            await _post(reader, writer, next(bodies))
            count += 1
    finally:
        writer.close()
    return count


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(
        b"POST /didcomm HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/didcomm-encrypted+json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), READ_S)
    length = next((line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-le")), b"0")
    answer = await reader.readexactly(int(length))
    if not head.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"{head.splitlines()[0].decode()}: {answer[:200].decode(errors='replace')}")
