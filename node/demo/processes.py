"""Processes of the story: commands that end, servers that are told to, and the wait for what somebody else does."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
COMMAND_WITHIN_S = 40.0
WAIT_AT_MOST_S = 30.0
LOOK_EVERY_S = 0.1
DRAIN_WITHIN_S = 12.0


class StepFailed(Exception):
    """A step of the story did not hold; the text says what was found."""


async def run(
    arguments: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None, prints_json: bool = True
) -> Any:
    """Runs a Python module to its end; what it printed, parsed, or as text where it does not print JSON.

    Raises:
        StepFailed: another exit code than 0, or no JSON; with the last line it wrote.
    """
    began = time.monotonic()
    process = await _start(arguments, stdout=PIPE, stderr=PIPE, environment=environment)
    try:
        async with asyncio.timeout(COMMAND_WITHIN_S):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise StepFailed(f"{_shown(arguments)} did not end within {COMMAND_WITHIN_S:.0f} s") from error
    finally:
        if process.returncode is None:  # too late, or the story was interrupted
            process.kill()
    with log.open("ab") as file:
        took_ms = (time.monotonic() - began) * 1000
        file.write(f"$ {_shown(arguments)}  ({took_ms:.0f} ms, exit {process.returncode})\n".encode() + out + err)
    if process.returncode != 0:
        last = (err or out).decode(errors="replace").strip().rpartition("\n")[2]
        raise StepFailed(f"{_shown(arguments)}: exit {process.returncode}: {last[:500]}")
    if not prints_json:
        return out.decode()
    try:
        return orjson.loads(out)
    except orjson.JSONDecodeError as error:
        raise StepFailed(f"{_shown(arguments)}: found {out[:80]!r}, expected JSON") from error


async def serve(arguments: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None) -> Process:
    """Starts a process that stays; all it writes goes to `log`."""
    with log.open("ab") as file:
        return await _start(arguments, stdout=file, stderr=file, environment=environment)


async def stop(process: Process) -> int:
    """SIGTERM, and the exit code; SIGKILL where it does not drain in time."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(DRAIN_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    return cast(int, process.returncode)


async def until(what: str, look: Callable[[], Awaitable[T | None]], *, within_s: float = WAIT_AT_MOST_S) -> T:
    """What `look` finds, as soon as it finds anything; it is asked again until then.

    Raises:
        StepFailed: nothing within `within_s`.
    """
    began = time.monotonic()
    while (found := await look()) is None:
        if time.monotonic() - began > within_s:
            raise StepFailed(f"waited {within_s:.0f} s for {what}")
        await asyncio.sleep(LOOK_EVERY_S)
    return found


async def _start(
    arguments: Sequence[str], *, stdout: Any, stderr: Any, environment: Mapping[str, str] | None
) -> Process:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LER_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        cwd=ROOT,
        env={**inherited, "PYTHONUNBUFFERED": "1", **(environment or {})},
        stdin=DEVNULL,
        stdout=stdout,
        stderr=stderr,
    )


def _shown(arguments: Sequence[str]) -> str:
    """The command as a person would type it, without long values."""
    name = {"node": "ler-node", "node.demo.wallet": "wallet"}.get(arguments[0], arguments[0])
    return " ".join([name, *(part if len(part) <= 60 else part[:57] + "…" for part in arguments[1:])])
