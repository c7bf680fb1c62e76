"""SIGTERM while everything is going on: open lines, requests under way, a body that never ends."""

import asyncio
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp

from tests.support.commands import RunningNode, made_node, running_node

ENVELOPE = {"Content-Type": "application/didcomm-encrypted+json"}
CUT_OFF = "cut off"


async def test_sigterm_under_load_ends_within_ten_seconds_with_exit_0_and_loses_nothing(tmp_path: Path) -> None:
    data = tmp_path / "node"
    port = made_node(data)
    with running_node(data, port) as node:
        assert node.process is not None
        answers = await _loaded(node, node.process)
        assert node.process.returncode == 0, (data / "log").read_text()[-2000:]
    with running_node(data, port) as node:
        learners = node.json("learner", "list")
    assert answers[201] > 0
    assert answers[201] <= len(learners) <= answers[201] + answers[CUT_OFF]
    assert set(answers) <= {201, CUT_OFF}, "whoever was answered was answered well"


async def _loaded(node: RunningNode, process: subprocess.Popen[bytes]) -> Counter[int | str]:
    """What became of requests while the node was told to stop, which it did in time."""
    answers: Counter[int | str] = Counter()
    bearer = {"Authorization": f"Bearer {node.token}"}

    async def enrols(session: aiohttp.ClientSession, lane: int) -> None:
        for number in range(1_000_000):
            body = {"name": "Somebody", "reference": f"{lane}-{number}"}
            try:
                async with session.post(f"{node.url}/api/v1/learners", json=body, headers=bearer) as response:
                    answers[response.status] += 1
            except aiohttp.ClientConnectorError:
                return  # nobody listens any more
            except aiohttp.ClientError:
                answers[CUT_OFF] += 1
                return

    async def never_ends(session: aiohttp.ClientSession) -> None:
        async with session.post(f"{node.url}/didcomm", data=_drip(), headers=ENVELOPE):
            raise AssertionError("answered before its end")

    async with aiohttp.ClientSession() as session:
        lines = [await session.ws_connect(f"{node.url}/didcomm/ws") for _ in range(3)]
        slow = [asyncio.create_task(never_ends(session)) for _ in range(2)]
        lanes = [asyncio.create_task(enrols(session, lane)) for lane in range(8)]
        await asyncio.sleep(1.5)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        while process.poll() is None and time.monotonic() < began + 15:
            await asyncio.sleep(0.05)
        took_s = time.monotonic() - began
        await asyncio.gather(*lanes)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        assert [(await line.receive()).type for line in lines] == [aiohttp.WSMsgType.CLOSED] * 3
    assert took_s < 10
    return answers


async def _drip() -> AsyncGenerator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.2)
