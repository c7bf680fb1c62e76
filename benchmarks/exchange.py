"""From the learner's yes to the report, through two relays, between real processes, as `make demo` tells it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp

from benchmarks.measure import Benchmark, Measured, NotMeasured
from node.demo import act_badges, act_network
from node.demo.cast import BUDGETS, PURPOSE, PURPOSE_TEXT, RETENTION_DAYS
from node.demo.processes import StepFailed, until
from node.demo.stage import HOLD_MS_MAX, Stage, set_up
from node.demo.wallet.wallet import Wallet

RUNS = 3
NOTE = (
    "median time from the learner's yes to a report that says verified: consent record signed, presentation sealed, "
    f"entry, exit with its checks and its random hold of up to {HOLD_MS_MAX} ms, the asker's checks, proofs, report. "
    "Three nodes as processes on this machine, on SQLite, the wallet in this one; until the time that the report "
    "bears. Floor: the mean of the exit's hold alone, which is waited on purpose"
)
FLOOR_MS = HOLD_MS_MAX / 2


def end_to_end() -> Measured:
    """One story up to the badges, then one request, yes and report after another."""
    with TemporaryDirectory(prefix="ler-bench-") as folder:
        try:
            runs = asyncio.run(_runs(set_up(Path(folder))))
        except (StepFailed, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotMeasured(f"the story ended early: {error or type(error).__name__}"[:300]) from error
    ratio = median(FLOOR_MS / ours for ours in runs)
    return Measured(unit="ms", value=median(runs), floor=FLOOR_MS, ratio=ratio, note=NOTE, runs=runs)


async def _runs(stage: Stage) -> list[float]:
    """After one that is not counted, in which the employer meets the status list for the first time."""
    try:
        for _, _, do in (*act_network.STEPS, *act_badges.STEPS):
            await do(stage)
        async with Wallet.open(stage.phone.folder / "data", origins=stage.phone.origins) as wallet:
            return [await _once(stage, wallet) for _ in range(RUNS + 1)][1:]
    finally:
        await stage.end()


async def _once(stage: Stage, wallet: Wallet) -> float:
    """Milliseconds from the learner's yes to the report."""
    asked = {item["id"] for item in wallet.requests()}
    made = await stage.employer.command(*_request())
    await wallet.follow(made["link"])

    async def arrived() -> str | None:
        await wallet.sync()
        return next((item["id"] for item in wallet.requests() if item["id"] not in asked), None)

    async def verified() -> datetime | None:
        reports = await stage.employer.items(f"/requests/{made['id']}/reports")
        at = [item["created_at"] for item in reports if item["verdict"] == "verified"]
        return datetime.fromisoformat(at[0]) if at else None

    request = await until("the request to reach the wallet", arrived)
    wallet.show(request)
    begun = datetime.now(UTC)
    await wallet.approve(request)
    reported = await until("a report that says verified", verified)
    return (reported - begun) / timedelta(milliseconds=1)


def _request() -> tuple[Any, ...]:
    terms = ("--purpose", PURPOSE, "--purpose-text", PURPOSE_TEXT, "--retention-days", str(RETENTION_DAYS))
    return ("request", "create", "--skill", BUDGETS.option, *terms, "--expires-in", "1h")


BENCHMARKS = (Benchmark(name="exchange.end_to_end_ms", measure=end_to_end),)
