"""Times as a log writes them: ISO 8601, in UTC."""

import re
from datetime import UTC, datetime

from protocols.dids.webvh.refusal import LogRefused, Rule

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|\+00:00)\Z", re.ASCII)


def time_of(value: object, rule: Rule) -> datetime:
    """The time in `value`; raises LogRefused under `rule` for anything else."""
    try:
        if isinstance(value, str) and _TIME.match(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        pass
    raise LogRefused(
        "not a time", rule=rule, found=str(value)[:40], expected="ISO 8601 in UTC, as 2026-01-31T12:00:00Z"
    )


def written(at: datetime) -> str:
    """`at` to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
