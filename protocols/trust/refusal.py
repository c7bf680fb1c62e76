"""The one way this room says no: which rule was broken, in words and as a name that a report can hold on to."""

from collections.abc import Generator
from contextlib import contextmanager

from protocols.errors import MalformedStatement, ProtocolError, TooLarge


class StatementRefused(MalformedStatement):
    """A statement, chain, membership or application that breaks the rule named by `rule`.

    Args:
        rule: a stable slug, for example `iss_sub_mismatch`; the detail is the sentence for people.
    """

    def __init__(
        self, detail: str, *, rule: str = "malformed", found: str | None = None, expected: str | None = None
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.rule = rule


@contextmanager
def refusing(rule: str) -> Generator[None]:
    """Whatever the room of keys and tokens refuses inside becomes a refusal under `rule` (`too_large` for a limit)."""
    try:
        yield
    except StatementRefused:
        raise
    except ProtocolError as error:
        named = "too_large" if isinstance(error, TooLarge) else rule
        raise StatementRefused(error.detail, rule=named, found=error.found, expected=error.expected) from error


def shown(value: object) -> str:
    """What was found, short enough to repeat in an answer."""
    return repr(value)[:80]
