"""Every decision of log-witness 1.0: each message stands alone, what it means is for whoever keeps logs and records."""

from protocols.errors import IllegalMove, MalformedMessage, Unauthorized
from protocols.flow import Context, Event, Received, Send, Step, Thread
from protocols.flows.log_witness import messages
from protocols.flows.log_witness.messages import Cosign, ShowHead, TellDate


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    match event:
        case Received():
            return _received(event)
        case ShowHead():
            message = messages.show_head(event, id=context.new_id(), now=context.now)
        case Cosign():
            message = messages.cosignature(event, id=context.new_id(), now=context.now)
        case TellDate():
            message = messages.inclusion(event, id=context.new_id(), now=context.now)
        case _:
            raise IllegalMove(f"{type(event).__name__} in log-witness 1.0")
    return Step(effects=(Send(message=message),))


def _received(event: Received) -> Step:
    if event.sender is None:
        raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
    match event.message.name:
        case "head":
            effect = messages.read_head(event.message, event.sender)
        case "cosignature":
            effect = messages.read_cosignature(event.message, event.sender)
        case "inclusion":
            effect = messages.read_inclusion(event.message, event.sender)
        case name:
            raise MalformedMessage("no message of log-witness 1.0", found=name[:32])
    return Step(effects=(effect,))
