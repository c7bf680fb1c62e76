"""Every decision of discover-features 2.0. Nothing is remembered, and a disclosure is never answered."""

from collections.abc import Sequence

from protocols.errors import IllegalMove, MalformedMessage
from protocols.flow import Context, Event, Read, Received, Send, Step, Thread
from protocols.flows.discover_features import messages
from protocols.flows.discover_features.messages import MAX_RECEIVE_BYTES, Ask, Query
from protocols.jose.encoding import JsonObject


def reads(event: Event) -> tuple[Read, ...]:
    """`features`: a list of {feature-type, id, roles?}, all that may be told to anyone."""
    if isinstance(event, Received) and event.message.name == "queries":
        return (Read(name="features", kind="features"),)
    return ()


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    """The features that were asked for; of a type that is not known here there are none, which is no error."""
    match event:
        case Ask():
            return Step(effects=(Send(message=messages.queries(event, id=context.new_id(), now=context.now)),))
        case Received() if event.message.name == "queries":
            asked = messages.read_queries(event.message)
            if event.sender is None:
                return Step()
            found = _disclosed(asked, event.facts["features"])
            answer = messages.disclose(event, found, id=context.new_id(), now=context.now)
            return Step(effects=(Send(message=answer),))
        case Received() if event.message.name == "disclose":
            return Step()
        case Received():
            raise MalformedMessage("no message of discover-features 2.0", found=event.message.name[:32])
        case _:
            raise IllegalMove(f"{type(event).__name__} in discover-features 2.0")


def _disclosed(asked: Sequence[Query], features: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """Each feature once, however many queries match it."""
    known = [*(feature for feature in features if feature["id"] != MAX_RECEIVE_BYTES["id"]), MAX_RECEIVE_BYTES]
    return tuple(item for item in known if any(query.matches(item["feature-type"], item["id"]) for query in asked))
