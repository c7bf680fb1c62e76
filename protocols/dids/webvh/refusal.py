"""Why a did:webvh is not believed, by the name of the rule that was broken."""

from collections.abc import Generator
from contextlib import contextmanager

from protocols.errors import DidError, ProtocolError, TooLarge


class LogRefused(DidError):
    """A log, an entry or a witness file that breaks the rule named by `rule`.

    Args:
        rule: a stable slug of docs/reference/identifiers.md; the detail is the sentence for people.
    """

    def __init__(
        self, detail: str, *, rule: str = "malformed", found: str | None = None, expected: str | None = None
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.rule = rule


@contextmanager
def refusing(rule: str) -> Generator[None]:
    """Whatever other rooms refuse inside becomes a refusal under `rule` (`too_large` for a limit)."""
    try:
        yield
    except LogRefused:
        raise
    except ProtocolError as error:
        named = "too_large" if isinstance(error, TooLarge) else rule
        raise LogRefused(error.detail, rule=named, found=error.found, expected=error.expected) from error
