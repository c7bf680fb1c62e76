"""Every decision of issue-credential 3.0, for both roles."""

from protocols.didcomm.message import Message
from protocols.errors import IllegalMove, MalformedMessage, Unauthorized, UnexpectedMessage
from protocols.flow import Command, Context, Event, Received, Send, Step, Thread
from protocols.flows.issue_credential import messages
from protocols.flows.issue_credential.holder_binding import check_holder_proof
from protocols.flows.issue_credential.messages import (
    PIURI,
    Abandon,
    CredentialArrived,
    CredentialRequested,
    Issue,
    Offer,
    OfferArrived,
    Request,
)
from protocols.flows.issue_credential.states import HOLDER, ISSUER, MOVES, OPEN, State
from protocols.jose.encoding import digest_json


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """What follows from `event`; only the other party of a thread can move it."""
    if isinstance(event, Received):
        return _received(thread, event, context)
    return _command(thread, event, context)


def _command(thread: Thread | None, command: Command, context: Context) -> Step:
    id, now = context.new_id(), context.now
    move = _move(thread, type(command).__name__)
    match command:
        case Offer() if move:
            offered = Thread(
                id=command.thread_id or id,
                flow=PIURI,
                role=ISSUER,
                state=move,
                ours=command.ours,
                theirs=command.theirs,
            )
            return _sending(offered, messages.offer_credential(command, offered, id=id, now=now))
        case Request() if move and thread:
            request = messages.request_credential(command, thread, id=id, now=now)
            return _sending(thread.to(move, holder_did=command.holder_did), request)
        case Issue() if move and thread:
            return _sending(thread.to(move), messages.issue_credential(command, thread, id=id, now=now))
        case Issue() if thread and thread.role == ISSUER and thread.state in (State.CREDENTIAL_ISSUED, State.DONE):
            return Step(thread=thread)  # signed twice, after a crash: what was sent stands
        case Abandon() if thread and thread.state in OPEN:
            return _sending(thread.to(State.ABANDONED), messages.issuance_abandoned(thread, id=id, now=now))
        case Abandon() if thread and thread.state == State.ABANDONED:
            return Step(thread=thread)
        case _:
            raise IllegalMove(f"{type(command).__name__} while {thread.state if thread else 'no thread'}")


def _received(thread: Thread | None, event: Received, context: Context) -> Step:
    if event.sender is None:
        raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
    if thread is not None and thread.theirs != event.sender:
        raise Unauthorized("this thread belongs to someone else")
    message = event.message
    move = _move(thread, message.name)
    match message.name:
        case "offer-credential" if move and thread is None:
            return _offered(event, event.sender, move)
        case "request-credential" if move and thread:
            return _requested(thread, event, move, context)
        case "issue-credential" if move and thread:
            return _issued(thread, event, move, context)
        case "ack" if move and thread:
            return Step(thread=thread.to(move))
        case "problem-report" if thread:
            return _reported(thread, message)
        case "offer-credential" | "request-credential" | "issue-credential" | "ack" if thread:
            return _repeated(thread, event, context)
        case "propose-credential" | "offer-credential" | "request-credential" | "issue-credential" | "ack":
            raise UnexpectedMessage(f"{message.name} does not fit here", found="no such thread")
        case "problem-report":
            return Step()
        case _:
            raise MalformedMessage("no message of issue-credential 3.0", found=message.name[:32])


def _offered(event: Received, issuer: str, state: State) -> Step:
    thread_id = event.message.thread_id
    preview = messages.read_preview(event.message)
    started = Thread(id=thread_id, flow=PIURI, role=HOLDER, state=state, ours=event.ours, theirs=issuer)
    arrived = OfferArrived(thread_id=thread_id, ours=event.ours, issuer=issuer, preview=preview, offer=event.message)
    return Step(thread=started, effects=(arrived,))


def _requested(thread: Thread, event: Received, state: State, context: Context) -> Step:
    did, jwt = messages.read_holder(event.message)
    check_holder_proof(did, jwt, issuer=thread.ours, thread_id=thread.id, now=context.now)
    requested = CredentialRequested(thread_id=thread.id, holder_did=did)
    return Step(thread=thread.to(state, holder_did=did), effects=(requested,))


def _issued(thread: Thread, event: Received, state: State, context: Context) -> Step:
    credential = messages.read_credential(event.message)
    arrived = CredentialArrived(thread_id=thread.id, issuer=event.sender or "", credential=credential)
    ack = messages.ack(event.message, thread, id=context.new_id(), now=context.now)
    return Step(thread=thread.to(state, credential=digest_json(credential)), effects=(arrived, Send(message=ack)))


def _reported(thread: Thread, report: Message) -> Step:
    if thread.state not in OPEN or not messages.ends_protocol(report):
        return Step(thread=thread)
    return Step(thread=thread.to(State.ABANDONED))


def _repeated(thread: Thread, event: Received, context: Context) -> Step:
    """A message whose move was made before: the same again is answered or passed over, a different one refused."""
    message = event.message
    match thread.role, thread.state, message.name:
        case ("issuer", State.REQUEST_RECEIVED | State.CREDENTIAL_ISSUED | State.DONE, "request-credential"):
            if messages.read_holder(message)[0] == thread.data.get("holder_did"):
                return Step(thread=thread)
        case ("issuer", State.DONE, "ack"):
            return Step(thread=thread)
        case ("holder", State.DONE, "issue-credential"):
            if digest_json(messages.read_credential(message)) == thread.data.get("credential"):
                ack = messages.ack(message, thread, id=context.new_id(), now=context.now)
                return Step(thread=thread, effects=(Send(message=ack),))
        case _:
            pass
    raise UnexpectedMessage(f"{message.name} does not fit here", found=thread.state)


def _move(thread: Thread | None, name: str) -> State | None:
    return MOVES.get((thread.role, thread.state, name) if thread else (None, None, name))


def _sending(thread: Thread, message: Message) -> Step:
    return Step(thread=thread, effects=(Send(message=message),))
