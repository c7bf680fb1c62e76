"""Tries by address, in memory: what slows down whoever guesses, or asks for too much."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from node.clock import Clock
from node.errors import RateLimited

MAX_FAILURES = 10
WINDOW = timedelta(minutes=1)
MAX_ADDRESSES = 10_000
MAX_KNOWN = 1_000


@dataclass(slots=True)
class Attempts:
    """Bounded in memory: the addresses and secrets that were used longest ago are forgotten first.

    A secret that was good once in this process is never limited: otherwise a stranger behind the same TLS front
    could lock the operator out. Whether it still is good is asked elsewhere, each time.

    `most` within `window` are free; `what` is counted.
    """

    clock: Clock
    most: int = MAX_FAILURES
    window: timedelta = WINDOW
    what: str = "failed tries"
    _known: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    _failures: OrderedDict[str, tuple[datetime, ...]] = field(default_factory=OrderedDict[str, tuple[datetime, ...]])

    def check(self, address: str, secret_hash: str) -> None:
        """Raises RateLimited when `address` failed too often of late and this secret never was good."""
        recent = self._recent(address)
        if len(recent) >= self.most and secret_hash not in self._known:
            raise RateLimited(
                f"too many {self.what} from this address",
                found=f"{len(recent)} within {self.window.total_seconds():.0f} s",
                expected=f"fewer than {self.most}",
                retry_after_s=ceil((recent[0] + self.window - self.clock.now()).total_seconds()),
            )

    def spend(self, address: str) -> None:
        """Counts a try of `address`, whatever comes of it; raises RateLimited where none is left."""
        self.check(address, "")
        self.failed(address)

    def failed(self, address: str) -> None:
        self._failures[address] = (*self._recent(address), self.clock.now())[-self.most :]
        _forget(self._failures, address, MAX_ADDRESSES)

    def succeeded(self, secret_hash: str) -> None:
        self._known[secret_hash] = None
        _forget(self._known, secret_hash, MAX_KNOWN)

    def _recent(self, address: str) -> tuple[datetime, ...]:
        since = self.clock.now() - self.window
        return tuple(at for at in self._failures.get(address, ()) if at > since)


def _forget(memory: OrderedDict[str, Any], used: str, most: int) -> None:
    memory.move_to_end(used)
    while len(memory) > most:
        memory.popitem(last=False)
