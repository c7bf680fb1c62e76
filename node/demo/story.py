"""The story itself: its steps in order, the wait at the end, and the file with the two reports."""

import asyncio
import fcntl
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from node.demo import act_asking, act_badges, act_network, act_revocation
from node.demo.processes import StepFailed
from node.demo.screen import Screen, Stopwatch
from node.demo.stage import Stage, path_of, set_up

FOLDER = ".demo"
EXIT_INTERRUPTED = 130
MEANT_TO_TAKE_MS = 60_000

Step = tuple[str, str, Callable[[Stage], Awaitable[str]]]
"""Its name in `timings_ms`, its title, and what is done: that returns what really happened, or raises StepFailed."""
Act = tuple[str, Sequence[Step]]

ACTS: tuple[Act, ...] = (
    ("A trust network", act_network.STEPS),
    ("A learner and two badges", act_badges.STEPS),
    ("An employer asks, the learner decides", act_asking.STEPS),
    ("The institution takes a badge back", act_revocation.STEPS),
)


@dataclass(slots=True)
class Told:
    """How far the story came; `failed` is the title of the step that did not hold."""

    timings_ms: dict[str, int] = field(default_factory=dict[str, int])
    failed: str | None = None


def main(*, keep: bool = False, folder: Path | None = None, acts: Sequence[Act] = ACTS) -> int:
    """Tells the story in `folder`, which is emptied first; 0 only if every step held.

    Args:
        keep: leave everything running at the end, until Ctrl-C or SIGTERM.
    """
    folder = (folder or Path(FOLDER)).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    screen = Screen()
    with (folder / "lock").open("a") as lock:
        if not _locked(lock):
            screen.say(f"A story is being told in {folder} already: end that one first (Ctrl-C where it runs).")
            return 1
        return asyncio.run(_tell(set_up(folder), screen, acts, keep=keep))


async def _tell(stage: Stage, screen: Screen, acts: Sequence[Act], *, keep: bool) -> int:
    screen.say(f"Four parties, each a process of its own, over HTTP and WebSocket; data in {stage.folder}")
    told, stopped = Told(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        if await _interrupted(_steps(stage, screen, acts, told), stopped):
            return EXIT_INTERRUPTED
        if told.failed is None:
            _conclude(stage, screen, told)
            if keep:
                _where_to_look(stage, screen)
                await stopped.wait()
    finally:
        with screen.working("everybody goes home"):
            complaints = await stage.end()
        for complaint in complaints:
            screen.say(complaint)
    if told.failed is not None:
        screen.say(f"\nThe story ended at “{told.failed}”. What everybody said: {stage.folder}/*/log and */commands")
    return 1 if told.failed is not None or complaints else 0


async def _interrupted(story: Awaitable[None], stopped: asyncio.Event) -> bool:
    """Runs `story` to its end, or until somebody wants it stopped."""
    telling, waiting = asyncio.ensure_future(story), asyncio.ensure_future(stopped.wait())
    try:
        await asyncio.wait((telling, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            telling.cancel()
            await asyncio.wait((telling,))
            return True
        telling.result()
        return False
    finally:
        waiting.cancel()


async def _steps(stage: Stage, screen: Screen, acts: Sequence[Act], told: Told) -> None:
    """Every step, until one does not hold."""
    watch, count = Stopwatch(), sum(len(steps) for _, steps in acts)
    for act, steps in acts:
        screen.act(act)
        for name, title, do in steps:
            step = Stopwatch()
            try:
                with screen.working(f"{len(told.timings_ms) + 1} of {count}: {title}"):
                    happened = await do(stage)
            except Exception as error:  # whatever it was, the step did not hold and the others must not begin
                reason = str(error) if isinstance(error, StepFailed) else f"{type(error).__name__}: {error}"
                screen.failed(title, reason)
                told.failed = title
                return
            told.timings_ms[name] = round(step.ms)
            screen.done(title, happened, step.ms)
    told.timings_ms["total"] = round(watch.ms)


def _conclude(stage: Stage, screen: Screen, told: Told) -> None:
    """Writes the file with the reports, and what they come down to."""
    before, after = stage.facts.get("before"), stage.facts.get("after")
    report = {"before": before, "after": after, "receipt": stage.facts.get("receipt"), "timings_ms": told.timings_ms}
    path = stage.folder / "report.json"
    path.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    total_ms = told.timings_ms["total"]
    slowly = "" if total_ms <= MEANT_TO_TAKE_MS else f", more than the {MEANT_TO_TAKE_MS // 1000} s it is meant to take"
    screen.act(f"Every step held, in {total_ms / 1000:.1f} s{slowly}")
    rows = [("both reports", str(path)), ("logs", f"{stage.folder}/*/log, commands in */commands")]
    if before and after:
        lines = f"{len(before['checks'])} lines, each with its reason"
        rows = [("before", f"{before['verdict']}, {lines}"), ("after", stage.facts["why_after"]), *rows]
    screen.pairs(rows)


def _where_to_look(stage: Stage, screen: Screen) -> None:
    facts, employer = stage.facts, stage.employer
    screen.act("Still running. Where to look:")
    rows = [("what the college issues", f"{stage.college.url}/issuer")]
    if "link" in facts:
        rows += [
            ("the employer's link", f"{employer.url}{path_of(facts['link'])}"),
            ("its request and reports", f"ler-node request show {facts['request']} --data {employer.data}"),
            ("the badge, checked offline", f"ler-node verify {facts['badge_file']} --data {employer.data}"),
        ]
    for node in stage.nodes:
        rows += [(f"{node.name}: its API", f"{node.url}/api/docs"), ("its token", str(node.token_file))]
    screen.pairs(rows)
    screen.say("\nCtrl-C ends it.")


def _locked(lock: IO[str]) -> bool:
    """Whether this is the only story in its folder, for as long as `lock` is open."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return True
