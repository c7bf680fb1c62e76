"""Every decision of message-pickup 3.0 for the mediator. No thread is kept: the mailbox is the state.

The owner of a mailbox is the authenticated sender and nobody else, so another's mail can be neither counted, fetched
nor removed. The recipient's side has nothing to decide: it uses the builders and readers in `messages`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from protocols.errors import IllegalMove, MalformedMessage, ProtocolError, Unauthorized
from protocols.flow import Context, Effect, Event, Read, Received, Send, Step, Thread
from protocols.flows.message_pickup import messages
from protocols.flows.message_pickup.messages import MAX_DELIVERY_BYTES, LiveModeNotSupported, RemoveMail, SetLive
from protocols.jose.encoding import JsonObject, canonical_json

_REQUESTS = ("status-request", "delivery-request", "messages-received", "live-delivery-change")


def reads(event: Event) -> tuple[Read, ...]:
    """What is asked of the mailbox of an authenticated sender.

    `mailbox`: {count, total_bytes, oldest, newest, live, live_possible, messages: [{id, envelope}]} of `owner`, of
    mail for `recipient` only where one is named; at most `limit` messages with their envelopes, oldest first;
    everything as if the messages with the ids `without` were gone. `live_possible`: whether the connection this came
    on can push; `live`: whether it does.
    """
    if not isinstance(event, Received) or event.sender is None or event.message.name not in _REQUESTS:
        return ()
    try:
        return (Read(name="mailbox", kind="mailbox", arguments=_arguments(event, event.sender)),)
    except ProtocolError:
        return ()  # `advance` reads it again and says what is wrong


def _arguments(event: Received, owner: str) -> Mapping[str, Any]:
    message = event.message
    return {
        "owner": owner,
        "recipient": messages.read_recipient(message) if message.name.endswith("-request") else None,
        "limit": messages.read_limit(message) if message.name == "delivery-request" else 0,
        "without": list(messages.read_ids(message)) if message.name == "messages-received" else [],
    }


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    """One request, one answer, in the sender's own mailbox."""
    match event:
        case Received() if event.message.name in ("status", "delivery"):
            return Step()
        case Received() if event.message.name not in _REQUESTS:
            raise MalformedMessage("no message of message-pickup 3.0", found=event.message.name[:32])
        case Received(sender=None):
            raise Unauthorized("an anonymous sender has no mailbox", expected="an authcrypt message")
        case Received(sender=str() as owner):
            return Step(effects=_serve(event, owner, context))
        case _:
            raise IllegalMove(f"{type(event).__name__} in message-pickup 3.0")


def _serve(event: Received, owner: str, context: Context) -> tuple[Effect, ...]:
    message = event.message
    match message.name:
        case "status-request":
            return (_status(event, owner, context, messages.read_recipient(message)),)
        case "delivery-request":
            return (_delivery(event, owner, context),)
        case "messages-received":
            ids = messages.read_ids(message)
            remove = (RemoveMail(owner=owner, ids=ids),) if ids else ()
            return (*remove, _status(event, owner, context))
        case _:
            live, possible = messages.read_live(message), event.facts["mailbox"]["live_possible"]
            if live and not possible:
                raise LiveModeNotSupported("Connection does not support Live Delivery")
            change = (SetLive(owner=owner, live=live),) if possible else ()
            return (*change, _status(event, owner, context, live=live))


def _delivery(event: Received, owner: str, context: Context) -> Effect:
    recipient = messages.read_recipient(event.message)
    limit = messages.read_limit(event.message)
    mail = _fitting(event.facts["mailbox"]["messages"][:limit])
    if not mail:
        return _status(event, owner, context, recipient)
    answer = messages.delivery(
        messages=mail,
        id=context.new_id(),
        ours=event.ours,
        theirs=owner,
        now=context.now,
        thid=event.message.thread_id,
        recipient_did=recipient,
    )
    return Send(message=answer)


def _fitting(waiting: Sequence[Mapping[str, Any]]) -> list[tuple[str, bytes]]:
    """As many of the oldest as fit one envelope; the first always, for what does not fit alone never will."""
    mail: list[tuple[str, bytes]] = []
    size = 0
    for item in waiting:
        envelope = _bytes(item["envelope"])
        size += len(envelope)
        if mail and size > MAX_DELIVERY_BYTES:
            break
        mail.append((item["id"], envelope))
    return mail


def _bytes(envelope: bytes | JsonObject) -> bytes:
    """An envelope as it was deposited: a JWE that was parsed again in between is written in RFC 8785 form."""
    return envelope if isinstance(envelope, bytes) else canonical_json(envelope)


def _status(
    event: Received, owner: str, context: Context, recipient: str | None = None, *, live: bool | None = None
) -> Effect:
    mailbox: Mapping[str, Any] = event.facts["mailbox"]
    answer = messages.status(
        mailbox if live is None else {**mailbox, "live": live},
        id=context.new_id(),
        ours=event.ours,
        theirs=owner,
        thid=event.message.thread_id,
        now=context.now,
        recipient_did=recipient,
    )
    return Send(message=answer)
