"""Playing single steps of a flow: a fixed time, counted ids, and what came of a step in one comparable value."""

import itertools
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from protocols.didcomm.message import Attachment, Message
from protocols.errors import ProtocolError
from protocols.flow import Context, Event, FlowSpec, Received, Send, Step, Thread

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTITUTION = "did:web:college.example"
LEARNER = "did:peer:4zQmLearner"
STRANGER = "did:peer:4zQmStranger"


def context(now: datetime = NOW) -> Context:
    """A context in which the first new id is `id-1`."""
    numbers = itertools.count(1)
    return Context(now=now, entropy=os.urandom, new_id=lambda: f"id-{next(numbers)}")


def received(
    piuri: str,
    name: str,
    body: Mapping[str, Any] | None = None,
    *,
    sender: str | None = LEARNER,
    ours: str = INSTITUTION,
    facts: Mapping[str, Any] | None = None,
    thid: str | None = None,
    pthid: str | None = None,
    attachments: tuple[Attachment, ...] = (),
    expires_time: datetime | None = None,
    id: str = "in-1",
) -> Received:
    """A message of `sender` to `ours`, as a runner hands it to a flow."""
    message = Message(
        id=id,
        type=f"{piuri}/{name}",
        sender=sender,
        to=(ours,),
        body=body or {},
        thid=thid,
        pthid=pthid,
        attachments=attachments,
        expires_time=expires_time,
    )
    return Received(message=message, sender=sender, ours=ours, facts=facts or {})


def sent(step: Step) -> list[Message]:
    """The messages a step sends."""
    return [effect.message for effect in step.effects if isinstance(effect, Send)]


def outcome(spec: FlowSpec, thread: Thread | None, event: Event) -> tuple[str | None, tuple[str, ...]] | str:
    """(state afterwards, effects: the name of a sent message or of the effect's class), or the class of the refusal."""
    try:
        step = spec.advance(thread, event, context())
    except ProtocolError as error:
        return type(error).__name__
    names = (
        f"send {effect.message.name}" if isinstance(effect, Send) else type(effect).__name__ for effect in step.effects
    )
    return (step.thread.state if step.thread else None, tuple(names))


def play_table(
    spec: FlowSpec,
    threads: Mapping[str, Thread | None],
    events: Mapping[str, Callable[[], Event]],
    table: Mapping[tuple[str, str], object],
) -> dict[tuple[str, str], tuple[object, object]]:
    """Every state with every event; {(state, event): (expected, found)} where they differ, and where one is missing.

    A table may leave nothing out and name nothing that does not exist.
    """
    cells = {(state, event) for state in threads for event in events}
    different: dict[tuple[str, str], tuple[object, object]] = {
        cell: (table.get(cell, "not in the table"), "no such cell") for cell in table.keys() - cells
    }
    for state, event in cells:
        found = outcome(spec, threads[state], events[event]())
        expected = table.get((state, event), "not in the table")
        if expected != found:
            different[state, event] = (expected, found)
    return different
