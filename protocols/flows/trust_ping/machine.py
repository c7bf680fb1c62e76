"""Every decision of trust-ping 2.0. Nothing is remembered: a ping is answered, a response is not."""

from protocols.errors import IllegalMove, MalformedMessage
from protocols.flow import Context, Event, Received, Send, Step, Thread
from protocols.flows.trust_ping import messages
from protocols.flows.trust_ping.messages import Ping


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    """The response to a ping whose sender is known; an anonymous one has nobody to answer to."""
    match event:
        case Ping():
            return Step(effects=(Send(message=messages.ping(event, id=context.new_id(), now=context.now)),))
        case Received() if event.message.name == "ping":
            if not messages.wants_response(event.message) or event.sender is None:
                return Step()
            return Step(effects=(Send(message=messages.ping_response(event, id=context.new_id(), now=context.now)),))
        case Received() if event.message.name == "ping-response":
            return Step()
        case Received():
            raise MalformedMessage("no message of trust-ping 2.0", found=event.message.name[:32])
        case _:
            raise IllegalMove(f"{type(event).__name__} in trust-ping 2.0")
