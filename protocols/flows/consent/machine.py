"""Every decision of consent/1.0, for both roles."""

from protocols.errors import IllegalMove, Unauthorized, UnexpectedMessage, UnsupportedMessage
from protocols.flow import Context, Event, Received, Send, Step, Thread
from protocols.flows.consent import messages
from protocols.flows.consent.messages import Acknowledge, Countersigned, ReceiptArrived, ReceiptComplete
from protocols.flows.consent.states import ASKER, LEARNER, State


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """What follows from `event`. The signatures are checked by whoever performs the effects: it has the keys."""
    match event:
        case Received():
            return _received(thread, event)
        case Acknowledge() if thread is None:
            sent = Thread(
                id=event.thread_id,
                flow=messages.PIURI,
                role=ASKER,
                state=State.SENT,
                ours=event.ours,
                theirs=event.theirs,
            )
            message = messages.receipt_message(event, id=context.new_id(), now=context.now)
            return Step(thread=sent, effects=(Send(message=message),))
        case Countersigned() if thread and (thread.role, thread.state) == (ASKER, State.SENT):
            complete = ReceiptComplete(thread_id=thread.id, theirs=thread.theirs or "", receipt=event.receipt)
            return Step(thread=thread.to(State.COMPLETE), effects=(complete,))
        case Countersigned() if thread and (thread.role, thread.state) == (ASKER, State.COMPLETE):
            return Step(thread=thread)
        case _:
            raise IllegalMove(f"{type(event).__name__} while {thread.state if thread else 'no thread'}")


def _received(thread: Thread | None, event: Received) -> Step:
    message, sender = event.message, event.sender
    if sender is None:
        raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
    if thread is not None and thread.theirs != sender:
        raise Unauthorized("this thread belongs to someone else")
    if message.name == "problem-report":
        return Step(thread=thread)
    if message.name != "receipt":
        raise UnsupportedMessage("no message of consent/1.0 that is read here", found=message.name[:32])
    if thread is not None and thread.role != LEARNER:
        raise UnexpectedMessage("an asker's receipt comes back by consented-relay")
    received = Thread(
        id=message.thread_id,
        flow=messages.PIURI,
        role=LEARNER,
        state=State.RECEIVED,
        ours=event.ours,
        theirs=sender,
    )
    receipt = messages.read_receipt(message)
    arrived = ReceiptArrived(thread_id=message.thread_id, asker=sender, ours=event.ours, receipt=receipt)
    return Step(thread=thread or received, effects=(arrived,))
