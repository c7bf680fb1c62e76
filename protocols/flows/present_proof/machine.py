"""Every decision of present-proof 3.0, for both roles."""

from protocols.errors import IllegalMove, MalformedMessage, Unauthorized, UnexpectedMessage
from protocols.flow import Context, Event, Received, Send, Step, Thread
from protocols.flows.present_proof import messages
from protocols.flows.present_proof.messages import (
    Ask,
    CloseRequest,
    Decline,
    Declined,
    Present,
    RequestArrived,
    VerifyPresentation,
)
from protocols.flows.present_proof.states import PROVER, VERIFIER, State


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """What follows from `event`; a message is believed only as far as its authenticated sender."""
    match event:
        case Received():
            return _received(thread, event, context)
        case Ask() if thread is None:
            asked = Thread(
                id=event.thread_id,
                flow=messages.PIURI,
                role=VERIFIER,
                state=State.REQUESTED,
                ours=event.ours,
                theirs=event.theirs,
            )
            return Step(
                thread=asked,
                effects=(Send(message=messages.request_presentation(event, id=context.new_id(), now=context.now)),),
            )
        case Present() if thread and (thread.role, thread.state) == (PROVER, State.REQUEST_RECEIVED):
            answer = messages.presentation(
                event,
                thread_id=thread.id,
                ours=thread.ours,
                theirs=thread.theirs or "",
                id=context.new_id(),
                now=context.now,
            )
            return Step(thread=thread.to(State.PRESENTED), effects=(Send(message=answer),))
        case Decline() if thread and (thread.role, thread.state) == (PROVER, State.REQUEST_RECEIVED):
            return Step(thread=thread.to(State.DECLINED))
        case Declined() if thread and (thread.role, thread.state) == (VERIFIER, State.REQUESTED):
            closed = CloseRequest(thread_id=thread.id, reason=event.reason)
            return Step(thread=thread.to(State.DECLINED), effects=(closed,))
        case Declined() if thread and thread.role == VERIFIER:
            return Step(thread=thread)  # told twice, or after the presentation: what stands stays
        case _:
            raise IllegalMove(f"{type(event).__name__} while {thread.state if thread else 'no thread'}")


def _received(thread: Thread | None, event: Received, context: Context) -> Step:
    message, sender = event.message, event.sender
    if sender is None:
        raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
    if thread is not None and thread.theirs != sender:
        raise Unauthorized("this thread belongs to someone else")
    match (thread.state if thread else None, thread.role if thread else None, message.name):
        case (None, _, "request-presentation"):
            started = Thread(
                id=message.thread_id,
                flow=messages.PIURI,
                role=PROVER,
                state=State.REQUEST_RECEIVED,
                ours=event.ours,
                theirs=sender,
            )
            request = messages.read_request(message)
            arrived = RequestArrived(thread_id=message.thread_id, ours=event.ours, asker=sender, request=request)
            return Step(thread=started, effects=(arrived,))
        case (State.REQUESTED, "verifier", "presentation") if thread:
            attached, disclosure = messages.read_presentation(message)
            verify = VerifyPresentation(
                thread_id=thread.id, theirs=sender, presentation=attached, disclosure=disclosure
            )
            return Step(thread=thread.to(State.RECEIVED), effects=(verify,))
        case (State.PRESENTED, "prover", "ack") if thread:
            return Step(thread=thread.to(State.DONE))
        case (_, _, "problem-report"):
            return Step(thread=thread)  # what became of a sharing is said by answers and receipts, not by reports
        case (_, _, "request-presentation" | "presentation" | "ack" | "propose-presentation"):
            raise UnexpectedMessage(
                f"{message.name} does not fit here", found=thread.state if thread else "no such thread"
            )
        case _:
            raise MalformedMessage("no message of present-proof 3.0", found=message.name[:32])
