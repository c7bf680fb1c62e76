"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class StandingClock:
    """Implements `node.clock.Clock`."""

    def __init__(self, now: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic_s

    def advance(self, by: timedelta) -> None:
        self._now += by
        self._monotonic_s += by.total_seconds()
