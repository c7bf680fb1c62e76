"""The table of jobs: what runs on its own, how often, and whether one replica does it for all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One row of the table.

    Args:
        every_s: seconds from the end of one run to the next.
        jitter_s: up to so many seconds more, so that a network's nodes do not all call at once.
        leased: one replica runs it for all that share the database; otherwise each runs its own.
    """

    name: str
    every_s: float
    jitter_s: float = 0.0
    leased: bool = True
    run: Callable[[], Awaitable[None]]
