"""Every decision of coordinate-mediation 3.0, for both roles."""

from protocols.errors import IllegalMove, MalformedMessage, Unauthorized, UnexpectedMessage
from protocols.flow import Command, Context, Effect, Event, Received, Send, Step, Thread
from protocols.flows.coordinate_mediation import keylist, messages
from protocols.flows.coordinate_mediation.messages import (
    PIURI,
    GrantMediation,
    MediationDenied,
    MediationGranted,
    QueryRecipients,
    RecipientsListed,
    RecipientsUpdated,
    RequestMediation,
    UpdateKeylist,
    UpdateRecipients,
)
from protocols.flows.coordinate_mediation.states import MOVES, RECIPIENT, State
from protocols.jose.encoding import JsonObject


def advance(thread: Thread | None, event: Event, context: Context) -> Step:
    """What follows from `event`; only authenticated senders are served, each for its own keylist."""
    match event:
        case Received():
            return _received(thread, event, context)
        case RequestMediation() if thread is None:
            return _ask(event, event.ours, event.theirs, State.REQUEST_SENT, context)
        case UpdateRecipients() if thread is None:
            return _ask(event, event.ours, event.theirs, State.UPDATE_SENT, context)
        case QueryRecipients() if thread is None:
            return _ask(event, event.ours, event.theirs, State.QUERY_SENT, context)
        case _:
            raise IllegalMove(f"{type(event).__name__} while {thread.state if thread else 'no thread'}")


def _ask(command: Command, ours: str, theirs: str, state: State, context: Context) -> Step:
    message = messages.request(command, id=context.new_id(), now=context.now)
    thread = Thread(id=message.id, flow=PIURI, role=RECIPIENT, state=state, ours=ours, theirs=theirs)
    return Step(thread=thread, effects=(Send(message=message),))


def _received(thread: Thread | None, event: Received, context: Context) -> Step:
    if event.sender is None:
        raise Unauthorized("an anonymous sender has no mailbox", expected="an authcrypt message")
    if thread is not None and thread.theirs != event.sender:
        raise Unauthorized("this thread belongs to someone else")
    match event.message.name:
        case "mediate-request" | "recipient-update" | "recipient-query" if thread is None:
            return _serve(event, event.sender, context)
        case "mediate-grant" | "mediate-deny" | "recipient-update-response" | "recipient" if thread:
            return _answered(thread, event, event.sender)
        case "mediate-request" | "recipient-update" | "recipient-query":
            raise UnexpectedMessage("a request in a thread of ours", expected="a thread of its own")
        case "mediate-grant" | "mediate-deny" | "recipient-update-response" | "recipient":
            raise UnexpectedMessage("an answer that was not asked for", found=event.message.name)
        case _:
            raise MalformedMessage("no message of coordinate-mediation 3.0", found=event.message.name[:32])


def _serve(event: Received, owner: str, context: Context) -> Step:
    """The mediator's side: one request, one answer."""
    name = event.message.name
    if not event.facts["enrolled"]:
        if name == "mediate-request":
            return Step(effects=(_reply(event, "mediate-deny", {}, context),))
        raise Unauthorized("no mediation for this sender", expected="an enrolled learner")
    match name:
        case "mediate-request":
            granted = _reply(event, "mediate-grant", {"routing_did": [event.ours]}, context)
            return Step(effects=(GrantMediation(owner=owner), granted))
        case "recipient-update":
            updates = messages.read_updates(event.message)
            changes = keylist.apply(updates, event.facts["keylist"], {*event.facts["taken"], event.ours})
            update = UpdateKeylist(owner=owner, added=changes.added, removed=changes.removed)
            answer = _reply(event, "recipient-update-response", {"updated": list(changes.updated)}, context)
            return Step(effects=(update, answer) if changes.added or changes.removed else (answer,))
        case _:
            return Step(effects=(_reply(event, "recipient", _page(event), context),))


def _page(event: Received) -> JsonObject:
    limit, offset, paginated = messages.read_page(event.message)
    owned: list[str] = event.facts["keylist"]
    page = owned[offset : offset + limit]
    remaining = max(0, len(owned) - offset - len(page))
    body: JsonObject = {"dids": [{"recipient_did": did} for did in page]}
    if paginated or remaining:
        body["pagination"] = {"count": len(page), "offset": offset, "remaining": remaining}
    return body


def _answered(thread: Thread, event: Received, mediator: str) -> Step:
    """The recipient's side: an answer that was waited for, once."""
    message = event.message
    state = MOVES.get((thread.state, message.name))
    if state is None:
        raise UnexpectedMessage(f"{message.name} does not fit here", found=thread.state)
    effect: Effect
    match message.name:
        case "mediate-grant":
            effect = MediationGranted(mediator=mediator, routing_dids=messages.read_routing_dids(message))
        case "mediate-deny":
            effect = MediationDenied(mediator=mediator)
        case "recipient-update-response":
            effect = RecipientsUpdated(mediator=mediator, results=messages.read_results(message))
        case _:
            recipients, remaining = messages.read_recipients(message)
            effect = RecipientsListed(mediator=mediator, recipients=recipients, remaining=remaining)
    return Step(thread=thread.to(state), effects=(effect,))


def _reply(event: Received, name: str, body: JsonObject, context: Context) -> Send:
    answer = event.message.reply(
        name,
        id=context.new_id(),
        body=body,
        sender=event.ours,
        to=(event.sender,) if event.sender else (),
        created_time=context.now,
    )
    return Send(message=answer)
