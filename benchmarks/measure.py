"""What a benchmark is, and how contenders are timed beside each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

RUNS = 5
SLICE_S = 0.5
"""How long one contender is timed before the next has its turn."""

Speed = Callable[[], float]
"""Does the work for a slice of time; operations per second."""


class NotMeasured(Exception):
    """A benchmark, or a peer in it, cannot run on this machine; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One result.

    Attributes:
        value: ours, in `unit`; `floor` likewise, None where there is none.
        ratio: ours ÷ floor in speed, the median over the runs of the ratio within a run.
        peers: the same against each peer, by exact package name.
        runs: ours, run by run.
    """

    unit: str
    value: float
    floor: float | None
    ratio: float | None
    note: str
    runs: Sequence[float]
    peers: Mapping[str, float] = field(default_factory=dict[str, float])

    def to_json(self, name: str) -> dict[str, Any]:
        """As `.bench/results.json` has it."""
        return {
            "name": name,
            "unit": self.unit,
            "value": significant(self.value),
            "floor": None if self.floor is None else significant(self.floor),
            "ratio": None if self.ratio is None else significant(self.ratio),
            "peers": {package: significant(ratio) for package, ratio in self.peers.items()},
            "runs": [significant(run) for run in self.runs],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A name and what measures it; `measure` raises NotMeasured where it cannot run here."""

    name: str
    measure: Callable[[], Measured]


def rate(operation: Callable[[int], object], seconds: float = SLICE_S) -> float:
    """How often per second `operation(0)`, `operation(1)`, … end."""
    begun, count = perf_counter(), 0
    while (passed := perf_counter() - begun) < seconds:
        operation(count)
        count += 1
    return count / passed


def race(ours: Speed, floor: Speed, peers: Mapping[str, Speed], *, unit: str, note: str, runs: int = RUNS) -> Measured:
    """All contenders in turn, `runs` times over, after one turn that is not counted."""
    contenders = {"": ours, "floor": floor, **peers}
    turns = [{name: speed() for name, speed in contenders.items()} for _ in range(runs + 1)][1:]

    def ratio(name: str) -> float:
        return median(turn[""] / turn[name] for turn in turns)

    return Measured(
        unit=unit,
        value=median(turn[""] for turn in turns),
        floor=median(turn["floor"] for turn in turns),
        ratio=ratio("floor"),
        peers={name: ratio(name) for name in peers},
        runs=[turn[""] for turn in turns],
        note=note,
    )


def significant(value: float) -> float:
    """Four significant digits: timings have no more."""
    return float(f"{value:.4g}")
