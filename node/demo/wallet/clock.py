"""The wallet's own time, ids and unpredictable bytes: it is a program of its own and shares none with a node."""

import secrets
from datetime import UTC, datetime
from typing import Protocol

from protocols.flow import Context


class Clock(Protocol):
    """Time, given to whoever needs it, so that a test can make it stand still."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the wallet's one clock


def entropy(length_bytes: int) -> bytes:
    """Unpredictable bytes from the operating system."""
    return secrets.token_bytes(length_bytes)


def new_id() -> str:
    """32 hexadecimal digits, unique everywhere and not to be guessed."""
    return secrets.token_hex(16)


def context(now: datetime) -> Context:
    """What a flow may know of the world."""
    return Context(now=now, entropy=entropy, new_id=new_id)
