"""JSON-LD lets one value stand for a set of one, and strangers send any shape: both are dealt with here."""

import re
from typing import Any, cast
from urllib.parse import urlsplit

from protocols.jose.encoding import JsonObject

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+\Z")


def many(value: Any) -> list[Any]:
    """`value` as a list: itself where it is one, empty for None, else the only member."""
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def as_object(value: Any) -> JsonObject | None:
    """`value` where it is a JSON object, else None."""
    return cast("JsonObject", value) if isinstance(value, dict) else None


def as_text(value: Any) -> str | None:
    """`value` where it is a string, else None."""
    return value if isinstance(value, str) else None


def is_url(value: Any) -> bool:
    """Whether `value` is an absolute URL (URNs and DIDs are), of at most 2048 characters."""
    if not isinstance(value, str) or len(value) > 2048 or _URL.match(value) is None:
        return False
    return (value.isascii() and "[" not in value and "]" not in value) or _has_host_that_can_be(value)


def _has_host_that_can_be(url: str) -> bool:
    """Brackets hold an IPv6 address, and no character of a host turns into one that ends it."""
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True
