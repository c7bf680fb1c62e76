"""Points in time as federation claims (seconds) and membership records (RFC 3339) write them."""

import re
from datetime import UTC, datetime

from protocols.trust.refusal import StatementRefused, shown

_MAX_SECONDS = 253_402_300_799
"""The last second of the year 9999."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z\Z", re.ASCII)


def from_seconds(value: object, *, claim: str) -> datetime:
    """The UTC time of a NumericDate (RFC 7519 section 2); raises StatementRefused under the claim's own name."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SECONDS:
        raise StatementRefused(
            f"{claim} is not a time", rule=f"{claim}_invalid", found=shown(value), expected="seconds since 1970"
        )
    return datetime.fromtimestamp(value, UTC)


def to_seconds(at: datetime) -> int:
    """Whole seconds since 1970; raises ValueError for a naive time."""
    return int(checked(at).timestamp())


def parse_instant(value: object, *, rule: str) -> datetime:
    """The UTC time of an RFC 3339 text with Z, to the microsecond."""
    try:
        if isinstance(value, str) and _INSTANT.match(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise StatementRefused("not a time", rule=rule, found=shown(value), expected="2026-01-31T09:00:00Z")


def format_instant(at: datetime) -> str:
    """`at` as RFC 3339 with Z; raises ValueError for a naive time."""
    return checked(at).astimezone(UTC).isoformat().replace("+00:00", "Z")


def checked(at: datetime) -> datetime:
    """`at` itself; raises ValueError when it does not say its zone."""
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at
