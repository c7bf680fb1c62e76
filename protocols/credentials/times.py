"""Points in time as credentials and proofs write them.

Spec: https://www.w3.org/TR/vc-data-model-2.0/#validity-period (XML Schema dateTimeStamp)
"""

import re
from datetime import UTC, datetime

from protocols.errors import MalformedCredential

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\dT)(\d\d)(:[0-5]\d:[0-5]\d)(?:\.(\d+))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)?\Z", re.ASCII
)


def parse_time(value: object, name: str, *, offset_required: bool = True) -> datetime:
    """The UTC time of an XML Schema dateTime, to the microsecond.

    Args:
        name: the property it stands in, for the error.
        offset_required: False for proofs, where a time without an offset is read as UTC.

    Raises:
        MalformedCredential: not such a time, or a day that does not exist.
    """
    match = _TIME.match(value) if isinstance(value, str) and len(value) <= 64 else None
    if match is None or (offset_required and match[5] is None):
        raise _malformed(value, name)
    day, hour, rest, fraction, zone = match.groups()
    micro = (fraction or "0")[:6].ljust(6, "0")
    try:
        at = datetime.fromisoformat(f"{day}{hour}{rest}.{micro}{zone or 'Z'}")
        return at if at.tzinfo is UTC else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _malformed(value, name) from error


def format_time(at: datetime) -> str:
    """`at` as a dateTimeStamp with Z, to the second; raises ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _malformed(value: object, name: str) -> MalformedCredential:
    return MalformedCredential(f"{name} is not a time", found=str(value)[:40], expected="2026-01-31T09:00:00Z")
