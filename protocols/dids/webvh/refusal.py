"""Why a did:webvh is not believed, by the name of the rule that was broken."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

from protocols.errors import DidError, ProtocolError, TooLarge

Rule = Literal[
    "too_large",
    "malformed",
    "version_id",
    "version_number",
    "entry_hash",
    "version_time",
    "future",
    "method",
    "scid",
    "parameter",
    "update_keys",
    "pre_rotation",
    "proof",
    "authority",
    "signature",
    "state",
    "portable",
    "also_known_as",
    "deactivated",
    "other_did",
    "moved",
    "witness",
    "witness_file",
    "threshold",
    "forked",
]
"""What each is, says docs/reference/identifiers.md, in this order."""


class LogRefused(DidError):
    """A log, an entry or a witness file that breaks the rule named by `rule`.

    Args:
        rule: a stable slug; the detail is the sentence for people.
    """

    def __init__(
        self, detail: str, *, rule: Rule = "malformed", found: str | None = None, expected: str | None = None
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.rule: Rule = rule


@contextmanager
def refusing(rule: Rule) -> Generator[None]:
    """Whatever other rooms refuse inside becomes a refusal under `rule` (`too_large` for a limit)."""
    try:
        yield
    except LogRefused:
        raise
    except ProtocolError as error:
        named: Rule = "too_large" if isinstance(error, TooLarge) else rule
        raise LogRefused(error.detail, rule=named, found=error.found, expected=error.expected) from error
