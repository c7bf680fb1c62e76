"""What can go wrong in a wallet, in words for the person who holds it."""


class WalletError(Exception):
    """Something did not work.

    Args:
        detail: one sentence. `found` and `expected` say what was there and what would have been right.
    """

    def __init__(self, detail: str, *, found: str | None = None, expected: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.found = found
        self.expected = expected


class Unreachable(WalletError):
    """Nobody answered, or not in time: what was to be sent waits for the next try."""


class Refused(WalletError):
    """The other side, or a rule that protects the learner, said no: trying again does not help."""


class Unseen(Refused):
    """A yes to what was not shown, or not as it is now; `screen` is what would be shown now."""

    def __init__(self, detail: str, *, screen: str, expected: str) -> None:
        super().__init__(detail, expected=expected)
        self.screen = screen


class NotFound(WalletError):
    """Nothing of that name in this wallet."""


class Locked(WalletError):
    """The keys do not open: a wrong passphrase, or the key file of another wallet."""
