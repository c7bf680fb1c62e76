"""Every decision of enrolment 1.0, for both roles."""

from protocols.errors import IllegalMove, MalformedMessage, ProtocolError, Unauthorized, UnexpectedMessage
from protocols.flow import Context, Event, Read, Received, Send, Step, Thread
from protocols.flows.enrolment import messages
from protocols.flows.enrolment.messages import PIURI, BindLearner, Enrol
from protocols.flows.enrolment.states import INSTITUTION, LEARNER, MOVES, State
from protocols.jose.encoding import JsonObject


def reads(event: Event) -> tuple[Read, ...]:
    """What the institution knows of a code, by its hash.

    `code`: {state: valid | used | expired | unknown, bound_to: DID or None, learner, reference, assurance, anchors};
    the last four only matter for a code that is valid or used.
    """
    if not isinstance(event, Received) or event.sender is None or event.message.name != "enrol":
        return ()
    try:
        code = messages.read_code(event.message)
    except ProtocolError:
        return ()  # `advance` reads it again and says what is wrong
    return (Read(name="code", kind="enrolment_code", arguments={"hash": messages.code_hash(code)}),)


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """What follows from `event`; the code is not kept in any thread."""
    if isinstance(event, Received):
        return _received(thread, event, context)
    if not isinstance(event, Enrol) or thread is not None:
        raise IllegalMove(f"{type(event).__name__} while {thread.state if thread else 'no thread'}")
    message = messages.enrol(event, id=context.new_id(), now=context.now)
    asked = Thread(id=message.id, flow=PIURI, role=LEARNER, state=State.REQUESTED, ours=event.ours, theirs=event.theirs)
    return Step(thread=asked, effects=(Send(message=message),))


def _received(thread: Thread | None, event: Received, context: Context) -> Step:
    if event.sender is None:
        raise Unauthorized("an anonymous sender may not take part", expected="an authcrypt message")
    if thread is not None and thread.theirs != event.sender:
        raise Unauthorized("this thread belongs to someone else")
    name = event.message.name
    move = MOVES.get((thread.role, thread.state, name) if thread else (None, None, name))
    match name:
        case "enrol" if move:
            return _enrol(event, event.sender, move, context)
        case "enrolled" if move and thread:
            arrived = messages.read_enrolled(event.message, institution=event.sender)
            return Step(thread=thread.to(move), effects=(arrived,))
        case "problem-report" if move and thread:
            return Step(thread=thread.to(move))
        case "problem-report":
            return Step(thread=thread)
        case "enrolled" if thread and (thread.role, thread.state) == (LEARNER, State.ENROLLED):
            return Step(thread=thread)
        case "enrol" | "enrolled":
            found = thread.state if thread else "no such thread"
            raise UnexpectedMessage(f"{name} does not fit here", found=found)
        case _:
            raise MalformedMessage("no message of enrolment 1.0", found=name[:32])


def _enrol(event: Received, learner_did: str, state: State, context: Context) -> Step:
    """The institution's side. Used, expired and never given look the same to whom the code is not bound."""
    code = messages.read_code(event.message)
    fact: JsonObject = event.facts["code"]
    match fact["state"]:
        case "valid":
            hash = messages.code_hash(code)
            bind = (BindLearner(learner=fact["learner"], did=learner_did, code_hash=hash),)
        case "used" if fact["bound_to"] == learner_did:
            bind = ()
        case _:
            raise Unauthorized("this code does not open an enrolment", expected="an unused code that is not too old")
    known = Thread(
        id=event.message.thread_id,
        flow=PIURI,
        role=INSTITUTION,
        state=state,
        ours=event.ours,
        theirs=learner_did,
    )
    answer = event.message.reply(
        "enrolled",
        id=context.new_id(),
        body=messages.enrolled(fact, mediation=event.ours),
        sender=event.ours,
        to=(learner_did,),
        created_time=context.now,
    )
    return Step(thread=known, effects=(*bind, Send(message=answer)))
