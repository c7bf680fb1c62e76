"""Reading the members of a JSON object a stranger wrote: each bounded, each named in the error, none left over."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from protocols.errors import MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject

T = TypeVar("T")

MAX_TEXT = 2_000
MAX_URI = 2_048
MAX_DID = 8_192
_DID = re.compile(r"did:[a-z0-9]+:[^#?/\s]+\Z")
_IDENTIFIER = re.compile(r"[A-Za-z0-9\-._~]{1,64}\Z")
_CODE = re.compile(r"[a-z][a-z0-9_.:/-]{0,99}\Z")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,199}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)+\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters and direction overrides: words a person reads must be the words that are signed."""


class Members:
    """The members of one object, taken one by one; `done` refuses what nobody took.

    Args:
        value: what stood there; anything but an object is refused.
        where: what the object is, for the errors.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise MalformedMessage(f"{where} is not an object", found=type(value).__name__, expected="a JSON object")
        self._left: JsonObject = dict(cast(JsonObject, value))
        self._where = where

    def take(self, name: str) -> Any:
        """The member, or None where it is absent."""
        return self._left.pop(name, None)

    def done(self) -> None:
        """Raises MalformedMessage for a member that is not known: what is not read cannot be meant."""
        if self._left:
            found = ", ".join(sorted(self._left))[:80]
            raise MalformedMessage(f"{self._where} has members that are not known", found=found)

    def text(self, name: str, max_length: int = MAX_TEXT) -> str:
        """Non-empty text without control characters, at most `max_length` characters."""
        value = self.optional_text(name, max_length)
        return value if value is not None else self._refuse(name, "absent", "text")

    def optional_text(self, name: str, max_length: int = MAX_TEXT) -> str | None:
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            return self._refuse(name, type(value).__name__, "non-empty text")
        if len(value) > max_length:
            raise TooLarge(
                f"{name} of {self._where} is too long",
                found=f"{len(value)} characters",
                expected=f"at most {max_length} characters",
            )
        if _CONTROL.search(value):
            return self._refuse(name, "control characters", "plain text")
        return value

    def identifier(self, name: str) -> str:
        """1 to 64 unreserved characters."""
        return self._matching(name, _IDENTIFIER, 64, "1 to 64 unreserved characters")

    def code(self, name: str) -> str:
        """A code of the network's lists, such as a purpose: lower case, at most 100 characters."""
        return self._matching(name, _CODE, 100, "a code of lower-case letters, digits and _.:/-")

    def type_name(self, name: str) -> str:
        """The name or URI of a credential type."""
        return self._matching(name, _TYPE, 200, "a credential type of at most 200 characters")

    def did(self, name: str) -> str:
        return self._matching(name, _DID, MAX_DID, "a DID without path or fragment")

    def digest(self, name: str) -> str:
        """A SHA-256 digest as this network writes it: 43 characters of base64url."""
        return self._matching(name, _DIGEST, 43, "a SHA-256 digest in base64url")

    def optional_digest(self, name: str) -> str | None:
        return None if name not in self._left else self.digest(name)

    def boolean(self, name: str) -> bool:
        value = self.take(name)
        return value if isinstance(value, bool) else self._refuse(name, type(value).__name__, "true or false")

    def integer(self, name: str, low: int, high: int) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return self._refuse(name, str(value)[:32], f"an integer from {low} to {high}")
        return value

    def optional_integer(self, name: str, low: int, high: int) -> int | None:
        return None if name not in self._left else self.integer(name, low, high)

    def time(self, name: str) -> datetime:
        """Seconds since 1970 as aware UTC."""
        return datetime.fromtimestamp(self.integer(name, 0, 2**36), UTC)

    def items(self, name: str, max_count: int, read: Callable[[Any], T], min_count: int = 0) -> tuple[T, ...]:
        """Each item of a list read by `read`; an absent list is an empty one."""
        value = self.take(name)
        if value is None:
            value = []
        if not isinstance(value, list):
            return self._refuse(name, type(value).__name__, "a list")
        found = cast(list[Any], value)
        if len(found) > max_count:
            raise TooLarge(f"{name} has too many items", found=str(len(found)), expected=f"at most {max_count}")
        if len(found) < min_count:
            return self._refuse(name, f"{len(found)} items", f"at least {min_count}")
        return tuple(read(item) for item in found)

    def tokens(self, name: str, max_count: int, max_length: int) -> tuple[str, ...]:
        """A list of ASCII strings, such as compact JWS."""

        def read(value: Any) -> str:
            if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= max_length:
                return self._refuse(name, type(value).__name__, f"ASCII strings of at most {max_length} characters")
            return value

        return self.items(name, max_count, read)

    def token(self, name: str, max_length: int) -> str:
        """One ASCII string, such as a compact JWS."""
        value = self.take(name)
        if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= max_length:
            return self._refuse(name, type(value).__name__, f"an ASCII string of at most {max_length} characters")
        return value

    def pointers(self, name: str, max_count: int) -> tuple[str, ...]:
        """A list of JSON pointers (RFC 6901), each once; the empty pointer is written as an empty list."""

        def read(value: Any) -> str:
            if not isinstance(value, str) or len(value) > 256 or not _POINTER.match(value):
                return self._refuse(name, str(value)[:64], "JSON pointers that start with /")
            return value

        found = self.items(name, max_count, read)
        if len(set(found)) != len(found):
            return self._refuse(name, "a pointer twice", "each pointer once")
        return found

    def _matching(self, name: str, pattern: re.Pattern[str], max_length: int, expected: str) -> str:
        value = self.take(name)
        if not isinstance(value, str) or len(value) > max_length or not pattern.match(value):
            return self._refuse(name, str(value)[:64] if isinstance(value, str) else type(value).__name__, expected)
        return value

    def _refuse(self, name: str, found: str, expected: str) -> Any:
        raise MalformedMessage(f"{name} of {self._where} is not valid", found=found, expected=expected)


def seconds(time: datetime) -> int:
    """A time as whole seconds since 1970, as signed records carry it."""
    return int(time.timestamp())
