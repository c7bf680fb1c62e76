"""discover-features 2.0: queries, disclosures, and what matches what.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#discover-features-protocol-20
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Command, Received
from protocols.jose.encoding import MAX_JSON_BYTES, JsonObject

PIURI = "https://didcomm.org/discover-features/2.0"
MAX_QUERIES = 50
MAX_MATCH_CHARS = 512
MAX_DISCLOSURES = 1000

MAX_RECEIVE_BYTES: JsonObject = {
    "feature-type": "constraint",
    "id": "max_receive_bytes",
    "max_receive_bytes": str(MAX_JSON_BYTES),
}
"""How large an envelope may be (spec: Transports, Agent Constraint Disclosure; the number is a string there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question: features of `feature_type` whose identifier matches `match`, where `*` stands for anything."""

    feature_type: str
    match: str

    def matches(self, feature_type: str, id: str) -> bool:
        """Whether a feature is asked for; takes time linear in both texts, whatever the pattern."""
        if feature_type != self.feature_type:
            return False
        head, *middle = self.match.split("*")
        if not middle:
            return id == head
        tail = middle.pop()
        if not id.startswith(head) or not id.endswith(tail) or len(id) < len(head) + len(tail):
            return False
        position, end = len(head), len(id) - len(tail)
        for part in middle:
            found = id.find(part, position, end)
            if found < 0:
                return False
            position = found + len(part)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Command):
    """We want to know what `theirs` speaks."""

    ours: str
    theirs: str
    queries: tuple[Query, ...]


def queries(command: Ask, *, id: str, now: datetime) -> Message:
    asked = [{"feature-type": query.feature_type, "match": query.match} for query in command.queries]
    return Message(
        id=id,
        type=f"{PIURI}/queries",
        sender=command.ours,
        to=(command.theirs,),
        created_time=now,
        return_route="all",
        body={"queries": asked},
    )


def read_queries(message: Message) -> tuple[Query, ...]:
    """What a queries message asks.

    Raises:
        MalformedMessage: not a list of {feature-type, match}.
        TooLarge: more than 50 queries, or a pattern of more than 512 characters.
    """
    items = _objects(message, "queries", MAX_QUERIES)
    return tuple(Query(feature_type=_text(item, "feature-type"), match=_text(item, "match")) for item in items)


def disclose(event: Received, features: Sequence[JsonObject], *, id: str, now: datetime) -> Message:
    return event.message.reply(
        "disclose",
        id=id,
        body={"disclosures": list(features)},
        sender=event.ours,
        to=(event.sender,) if event.sender else (),
        created_time=now,
    )


def read_disclosures(message: Message) -> tuple[JsonObject, ...]:
    """The features in a disclose message, each with its `feature-type` and `id`; a peer's word, nothing more."""
    items = _objects(message, "disclosures", MAX_DISCLOSURES)
    for item in items:
        _text(item, "feature-type")
        _text(item, "id")
    return items


def _objects(message: Message, name: str, limit: int) -> tuple[JsonObject, ...]:
    items: Any = message.body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):  # pyright: ignore[reportUnknownVariableType]
        raise MalformedMessage(f"{name} is not a list of objects", expected=f"{name}: a list of objects")
    if len(items) > limit:  # pyright: ignore[reportUnknownArgumentType]
        raise TooLarge(f"too many {name}", found=str(len(items)), expected=f"at most {limit}")  # pyright: ignore[reportUnknownArgumentType]
    return tuple(items)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _text(item: JsonObject, name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str):
        raise MalformedMessage(f"{name} is missing", expected=f"a string {name}")
    if len(value) > MAX_MATCH_CHARS:
        raise TooLarge(f"{name} is too long", found=f"{len(value)} characters", expected=f"at most {MAX_MATCH_CHARS}")
    return value
