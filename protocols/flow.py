"""A DIDComm flow as values: `advance(thread, event, context) -> Step(thread, effects)`.

A flow decides; it never does. Whoever runs it (a node in one database transaction, a wallet in its own storage)
loads the thread and the facts it asked for, calls `advance`, and performs the effects, or keeps nothing at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Message
from protocols.jose.keys import Entropy


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a pure function may know of the world: the time, unpredictable bytes and fresh ids, all given."""

    now: datetime
    entropy: Entropy
    new_id: Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One conversation, as stored. `data` holds JSON values only; `ours` and `theirs` are DIDs."""

    id: str
    flow: str
    role: str
    state: str
    ours: str
    theirs: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to(self, state: str, **data: Any) -> "Thread":
        """The thread in another state, with `data` merged in."""
        return replace(self, state=state, data={**self.data, **data})


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message came in. `sender` is the DID the envelope authenticated, None for an anonymous one.

    `facts` are the answers to the flow's `reads`, by the name of the read.
    """

    message: Message
    sender: str | None
    ours: str
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Someone on our side wants something. Each flow subclasses it in its messages.py."""


Event = Received | Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A fact that a flow needs beside its thread, loaded in the same transaction, put under `name` into `facts`.

    `kind` names the loader (found among the handlers like an effect's performer), `arguments` are its JSON input.
    """

    name: str
    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something to be done in the transaction that stores the step. Flows subclass it; handlers perform it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Effect):
    """Send `message` from `message.sender` to `message.to[0]`.

    `expires_time` of the message bounds how long delivery is tried. A message to whoever is on the other end of the
    connection that is being served goes back on it when the received message asked for that (return_route).
    """

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an event led to. `thread` None: nothing to remember (a flow without state)."""

    thread: Thread | None = None
    effects: tuple[Effect, ...] = ()


def _reads_nothing(_: Event) -> tuple[Read, ...]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSpec:
    """A flow as the registry finds it.

    Args:
        piuri: the protocol identifier, as published.
        roles: for discover-features.
        advance: the decision function; raises ProtocolError to refuse, and the peer gets a problem report.
        reads: which facts an event needs beside its thread.
        aliases: other PIURIs in the field that mean the same; answers go out in the family that asked.
        keeps_threads: False for a flow in which every message stands alone: whoever runs it loads and stores nothing.
        queries: names of messages that change nothing and are answered anew each time they come, so that a repeated
            one is not taken for a duplicate.
    """

    piuri: str
    roles: tuple[str, ...]
    advance: Callable[[Thread | None, Event, Context], Step]
    reads: Callable[[Event], tuple[Read, ...]] = _reads_nothing
    aliases: tuple[str, ...] = ()
    keeps_threads: bool = True
    queries: frozenset[str] = field(default_factory=frozenset[str])
