"""The port between the flows, which decide, and this node, which does.

Services own the port; `node.handlers` implements it; `node.app` joins them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from node.storage.unit import Session
from protocols.didcomm.message import Message
from protocols.flow import Effect, Read


class Connection(Protocol):
    """The line a message came in on, as far as flows may know it."""

    @property
    def persistent(self) -> bool:
        """Whether messages can be pushed on it later: a WebSocket, not a POST."""
        ...

    def push_for(self, owner: str, live: bool) -> None:
        """Begin or end pushing what is queued for `owner` on this line."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of work in which effects are performed: the open transaction and what led to it.

    Attributes:
        sender: the DID the envelope authenticated, None for an anonymous message or one of our own commands.
        received: the message that is being answered, None for a command.
        connection: where it came from, None where there is no line to answer on.
        is_stranger: the sender is nobody this node knows.
        replies: messages for the line itself (return_route), packed in this transaction.
        after_commit: called on the event loop once the transaction is durable.
    """

    session: Session
    now: datetime
    ours: str
    sender: str | None = None
    received: Message | None = None
    connection: Connection | None = None
    is_stranger: bool = False
    replies: list[Message] = field(default_factory=list[Message])
    after_commit: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    @property
    def answers_on_the_line(self) -> bool:
        """Whether the received message asked for its answer on the connection it came in on."""
        return self.received is not None and self.received.return_route in ("all", "thread")

    def command(self) -> "Unit":
        """The same transaction for a command of our own: nobody to answer."""
        return replace(self, sender=None, received=None, connection=None)


class Performers(Protocol):
    """Does what a flow decided, inside the unit of work it is given. Awaits nothing, calls no network."""

    def read(self, unit: Unit, read: Read) -> Any:
        """The fact a flow asked for, as a JSON-like value."""
        ...

    def perform(self, unit: Unit, effect: Effect) -> None: ...
