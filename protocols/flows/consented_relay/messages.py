"""consented-relay/1.0 as DIDComm messages: what each hop packs, reads, and has done about it.

The bodies themselves are `protocols.consent.relay`; here they become messages with attached envelopes. Attached
envelopes travel as `data.json` and are named by the digest of their RFC 8785 form.

Spec: docs/protocols/consented-relay.md
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.consent.relay import (
    ANSWER,
    CONSENTED_RELAY,
    DELIVER,
    FORWARD,
    RELAY,
    Answer,
    Deliver,
    Forward,
    Middle,
    Relay,
)
from protocols.didcomm.message import Attachment, Message, attached_json
from protocols.errors import MalformedMessage
from protocols.flow import Effect
from protocols.jose.encoding import JsonObject

PIURI = CONSENTED_RELAY
MIDDLE = f"{PIURI}/middle"
BACK = f"{PIURI}/back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched(Effect):
    """The entry carried one message for `owner`: counted against their rate, its digest remembered against replay."""

    owner: str
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSealed(Effect):
    """For the exit's work list: open the middle, check it, deliver or refuse. `vouching` is the entry's DID."""

    vouching: str
    middle: JsonObject
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDelivery(Effect):
    """For the asker's work list: check it all again and act on it. `inner` is there for a presentation."""

    exit: str
    body: JsonObject
    inner: JsonObject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerArrived(Effect):
    """For the learner: what became of something they sent."""

    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrap(Effect):
    """For the learner: an envelope that came back through the exit, to be opened like any other."""

    envelope: JsonObject


def relay_message(relay: Relay, middle: JsonObject, *, id: str, ours: str, entry: str, now: datetime) -> Message:
    """Wallet to entry, to be packed authcrypt from the mediation DID."""
    return Message(
        id=id,
        type=RELAY,
        sender=ours,
        to=(entry,),
        created_time=now,
        expires_time=relay.expires,
        body=relay.to_json(),
        attachments=(_attached(middle),),
        return_route="all",
    )


def middle_message(middle: Middle, inner: JsonObject | None, *, id: str, exit: str, now: datetime) -> Message:
    """The middle, to be packed anoncrypt for the exit."""
    attachments = () if inner is None else (_attached(inner),)
    return Message(id=id, type=MIDDLE, to=(exit,), created_time=now, body=middle.to_json(), attachments=attachments)


def forward_message(forward: Forward, middle: JsonObject, *, id: str, ours: str, exit: str, now: datetime) -> Message:
    """Entry to exit, to be packed authcrypt: the envelope is the entry's word that an enrolled learner sent it."""
    return Message(
        id=id,
        type=FORWARD,
        sender=ours,
        to=(exit,),
        created_time=now,
        expires_time=forward.expires,
        body=forward.to_json(),
        attachments=(_attached(middle),),
    )


def deliver_message(
    deliver: Deliver, inner: JsonObject | None, *, id: str, ours: str, asker: str, now: datetime, expires_at: datetime
) -> Message:
    """Exit to asker, authcrypt."""
    attachments = () if inner is None else (_attached(inner),)
    return Message(
        id=id,
        type=DELIVER,
        sender=ours,
        to=(asker,),
        created_time=now,
        expires_time=expires_at,
        body=deliver.to_json(),
        attachments=attachments,
    )


def answer_message(answer: Answer, *, id: str, ours: str, subject: str, now: datetime, expires_at: datetime) -> Message:
    """Exit to the learner's per-asker DID; it goes the way back like everything else for that DID."""
    return Message(
        id=id,
        type=ANSWER,
        sender=ours,
        to=(subject,),
        created_time=now,
        expires_time=expires_at,
        body=answer.to_json(),
    )


def back_message(envelope: JsonObject, *, id: str, mailbox: str, now: datetime, expires_at: datetime) -> Message:
    """Exit to mailbox key, anoncrypt: whatever came for a per-asker DID, wrapped so that the entry sees only size."""
    return Message(
        id=id,
        type=BACK,
        to=(mailbox,),
        created_time=now,
        expires_time=expires_at,
        attachments=(_attached(envelope),),
    )


def read_envelope(message: Message) -> JsonObject:
    """The one attached envelope; raises MalformedMessage when there is none or more than one."""
    if len(message.attachments) != 1:
        found = f"{len(message.attachments)} attachments"
        raise MalformedMessage("a message of another form", found=found, expected="exactly one attached envelope")
    envelope: Any = attached_json(message)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("ciphertext"), str):  # pyright: ignore[reportUnknownMemberType]
        raise MalformedMessage("not an envelope", expected="a JWE in JSON form")
    return envelope  # pyright: ignore[reportUnknownVariableType]


def _attached(envelope: JsonObject) -> Attachment:
    return Attachment(id="sealed", media_type="application/didcomm-encrypted+json", json=envelope)
