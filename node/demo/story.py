"""The story itself: its steps in order, the wait at the end, and the file with the two reports."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import aiohttp
import orjson

from node.demo import act_asking, act_badges, act_network, act_revocation
from node.demo.processes import StepFailed
from node.demo.screen import Screen, Stopwatch
from node.demo.stage import Stage, path_of, set_up

FOLDER = ".demo"
EXPECTED_WITHIN_S = 60

Act = tuple[str, Sequence[tuple[str, str, Callable[[Stage], Awaitable[str]]]]]
"""A title, and its steps: (name in `timings_ms`, title, what is done); each returns what really happened."""

ACTS: tuple[Act, ...] = (
    ("A trust network", act_network.STEPS),
    ("A learner and two badges", act_badges.STEPS),
    ("An employer asks, the learner decides", act_asking.STEPS),
    ("The institution takes a badge back", act_revocation.STEPS),
)


@dataclass(slots=True)
class Told:
    """How far the story came."""

    timings_ms: dict[str, int]
    failed: str | None = None


def main(*, keep: bool = False, folder: Path | None = None) -> int:
    """Tells the story; 0 only if every step held. `keep` leaves everything running until Ctrl-C."""
    folder = (folder or Path(FOLDER)).absolute()
    folder.mkdir(exist_ok=True)
    screen = Screen()
    with (folder / "lock").open("w") as lock:
        if not _locked(lock):
            screen.say(f"A story is being told in {folder} already: end that one first (Ctrl-C where it runs).")
            return 1
        try:
            return asyncio.run(_tell(set_up(folder), screen, keep=keep))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return 130


async def _tell(stage: Stage, screen: Screen, *, keep: bool) -> int:
    screen.say(
        f"Four parties, each a process of its own, over HTTP and WebSocket on this machine; data in {stage.folder}"
    )
    watch, told = Stopwatch(), Told(timings_ms={})
    stopped = _interrupts()
    complaints: list[str] = []
    try:
        await _steps(stage, screen, told)
        told.timings_ms["total"] = round(watch.ms)
        if told.failed is None:
            _write_report(stage, told)
            _summary(stage, screen, watch.ms)
            if keep:
                _where_to_look(stage, screen)
                await stopped.wait()
    finally:
        with screen.working("everybody goes home"):
            complaints = await stage.end()
    if told.failed is not None:
        screen.say(
            f"\nThe story ended at “{told.failed}”. What every process said: {stage.folder}/*/log and */commands"
        )
        return 1
    for complaint in complaints:
        screen.say(complaint)
    return 1 if complaints else 0


async def _steps(stage: Stage, screen: Screen, told: Told) -> None:
    """Every step, until one does not hold."""
    for act, steps in ACTS:
        screen.act(act)
        for name, title, do in steps:
            step = Stopwatch()
            try:
                with screen.working(title):
                    happened = await do(stage)
            except (StepFailed, aiohttp.ClientError, TimeoutError, OSError, KeyError) as error:
                reason = str(error) if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
                screen.failed(title, reason)
                told.failed = title
                return
            told.timings_ms[name] = round(step.ms)
            screen.done(title, happened, step.ms)


def _write_report(stage: Stage, told: Told) -> None:
    facts = stage.facts
    report = {
        "before": facts["before"],
        "after": facts["after"],
        "receipt": facts["receipt"],
        "timings_ms": told.timings_ms,
    }
    (stage.folder / "report.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")


def _summary(stage: Stage, screen: Screen, took_ms: float) -> None:
    facts = stage.facts
    screen.act(
        f"Every step held, in {took_ms / 1000:.1f} s" + ("" if took_ms < EXPECTED_WITHIN_S * 1000 else ", slowly")
    )
    screen.pairs(
        [
            (
                "before the revocation",
                f"{facts['before']['verdict']}, {len(facts['before']['checks'])} lines, each with a reason",
            ),
            ("after it", f"{facts['after']['verdict']}: {facts['revoked_because']}"),
            ("both reports", str(stage.folder / "report.json")),
            ("logs", f"{stage.folder}/*/log, commands in */commands"),
        ]
    )


def _where_to_look(stage: Stage, screen: Screen) -> None:
    screen.act("Still running. Where to look:")
    rows = [("what the college issues", f"{stage.college.url}/issuer")]
    rows += [("the employer's link", f"{stage.employer.url}{path_of(stage.facts['link'])}")]
    rows += [(f"API of {node.name}", f"{node.url}/api/docs") for node in stage.nodes]
    rows += [(f"its token ({node.key})", str(node.token_file)) for node in stage.nodes]
    rows += [("a command", f".venv/bin/ler-node request show {stage.facts['request']} --data {stage.employer.data}")]
    screen.pairs(rows)
    screen.say("\nCtrl-C ends it.")


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return True


def _interrupts() -> asyncio.Event:
    """Set by SIGTERM, and by Ctrl-C where the story has been told and is only kept running."""
    task, told = asyncio.current_task(), asyncio.Event()

    def interrupted() -> None:
        if told.is_set() or task is None:
            return
        told.set()
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted)
    return told
