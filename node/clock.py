"""The only place where this node asks what time it is, and where it gets ids and unpredictable bytes."""

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, given to whoever needs it, so that a test can make it stand still."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def entropy(length_bytes: int) -> bytes:
    """Unpredictable bytes from the operating system."""
    return secrets.token_bytes(length_bytes)


def jitter() -> float:
    """A random share, at least 0 and less than 1, by which waits are spread."""
    return secrets.randbits(53) / (1 << 53)


class _Ids:
    """128 bits: milliseconds, then at least 63 unpredictable bits; ids of one process ascend.

    Ascending keeps a database index's hot pages few, and rows of the same instant in the order they were made.
    The step within one millisecond is random too: from one id nobody can tell its neighbour.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> str:
        fresh = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        with self._lock:
            self._last = fresh if fresh > self._last else self._last + 1 + secrets.randbits(64)
            return f"{self._last:032x}"


_ids = _Ids()


def new_id() -> str:
    """A fresh id: 32 hexadecimal digits, unique everywhere, ascending within a process, not to be guessed."""
    return _ids.next()
