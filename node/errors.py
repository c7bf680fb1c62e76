"""What can go wrong on our side of a conversation, each with whether trying again may help and its HTTP status.

The other trunk is `protocols.errors`: what is wrong with what a peer sent.
"""

from typing import ClassVar

from protocols.errors import Explained


class NodeError(Explained):
    """Something this node will not or cannot do."""

    retryable: ClassVar[bool] = False
    status: ClassVar[int] = 500


class Refused(NodeError):
    """The caller may not have this, or not in this form."""

    status = 400


class BadInput(Refused):
    """The input is not what the operation takes."""

    status = 422


class Unauthenticated(Refused):
    """The caller did not show who they are."""

    status = 401


class Forbidden(Refused):
    """The caller is known and may not do this."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or not for this caller."""

    status = 404


class Conflict(Refused):
    """It was already done, or something else stands in its place."""

    status = 409


class PayloadTooLarge(Refused):
    """Over a limit of size, depth or count."""

    status = 413


class RateLimited(Refused):
    """Too much from this caller for now; `retry_after_s` says for how long."""

    retryable = True
    status = 429

    def __init__(
        self, detail: str, *, retry_after_s: int, found: str | None = None, expected: str | None = None
    ) -> None:
        super().__init__(detail, found=found, expected=expected)
        self.retry_after_s = retry_after_s


class PeerError(NodeError):
    """Another party could not be reached or did not answer as it should."""

    status = 502


class Unreachable(PeerError):
    """No answer: name, connection, TLS, timeout, or an answer that says "later" (429, 5xx)."""

    retryable = True
    status = 504


class OverBudget(Unreachable):
    """This node called that origin as often as it allows itself to for now: nobody was called, and nobody failed."""


class Rejected(PeerError):
    """An answer that says no (4xx) or that cannot be used: asking again changes nothing."""


class AddressForbidden(PeerError):
    """The address is not one this node connects to: private, loopback, or not https."""


class EngineError(NodeError):
    """A worker process or a library failed in a way its input does not explain."""

    retryable = True


class StorageError(NodeError):
    """The database did not do its work; nothing of the unit of work was kept, or its answer was lost."""

    retryable = True
    status = 503


class Contended(StorageError):
    """Too many want to write at once; nothing was kept."""


class Full(StorageError):
    """No space left; nothing was kept. Reading and deleting may go on."""

    status = 507


class SchemaOutOfDate(StorageError):
    """The database is of another version than this program."""

    retryable = False


class ConfigurationError(NodeError):
    """The settings cannot be used as they are."""
