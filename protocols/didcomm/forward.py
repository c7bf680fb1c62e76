"""Routing 2.0: an envelope inside a `forward` message for a mediator.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#routing-protocol-20
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from protocols.didcomm.envelope import MAX_ENVELOPE_BYTES, pack_anoncrypt
from protocols.didcomm.message import Attachment, Message, attached_json
from protocols.dids.did import did_of
from protocols.dids.document import VerificationMethod
from protocols.dids.shapes import as_object
from protocols.errors import MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, parse_object
from protocols.jose.keys import Entropy

PIURI = "https://didcomm.org/routing/2.0"
FORWARD = f"{PIURI}/forward"
MAX_NEXT_CHARACTERS = 8192 + 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """What a mediator is asked: to pass `envelope` on to `next`, a DID or key id."""

    next: str
    attached: JsonObject
    envelope: bytes


def wrap_forward(
    envelope: bytes,
    *,
    next: str,
    keys: Sequence[VerificationMethod],
    id: str,
    entropy: Entropy,
    expires: datetime | None = None,
) -> bytes:
    """A `forward` with `envelope` attached as JSON, anoncrypted for a mediator.

    Args:
        next: whom the mediator is to pass it on to: a DID or a key id.
        keys: keyAgreement keys of the mediator, of one curve.
        expires: when the mediator may drop it.
    """
    attachment = Attachment(
        media_type="application/didcomm-encrypted+json", json=parse_object(envelope, max_bytes=MAX_ENVELOPE_BYTES)
    )
    message = Message(
        id=id,
        type=FORWARD,
        to=tuple({did_of(key.id): None for key in keys}),
        body={"next": next},
        expires_time=expires,
        attachments=(attachment,),
    )
    return pack_anoncrypt(message, recipients=keys, entropy=entropy)


def read_forward(message: Message) -> Forward:
    """What a `forward` asks for: one envelope on, for one that came in, whatever else it carries.

    Raises:
        MalformedMessage: not a forward, no `next`, or not exactly one attached envelope.
    """
    next = message.body.get("next")
    if message.type != FORWARD or not isinstance(next, str) or not next.startswith("did:"):
        raise MalformedMessage("not a forward message", found=message.type[:120], expected=f"{FORWARD} with next")
    if len(next) > MAX_NEXT_CHARACTERS:
        raise TooLarge("next is too long", expected=f"at most {MAX_NEXT_CHARACTERS} characters")
    if len(message.attachments) != 1:
        found = f"{len(message.attachments)} attachments"
        raise MalformedMessage("a forward carries one envelope", found=found, expected="one attachment")
    attached = as_object(attached_json(message))
    if attached is None or "ciphertext" not in attached:
        raise MalformedMessage("a forward without an envelope", expected="an encrypted message as attachment")
    envelope = json.dumps(attached, separators=(",", ":"), ensure_ascii=False).encode()
    return Forward(next=next, attached=attached, envelope=envelope)
