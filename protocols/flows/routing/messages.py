"""routing 2.0, the mediator's side: what a forward asks for. Senders wrap with `protocols.didcomm`.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#routing-protocol-20
"""

import re
from dataclasses import dataclass
from datetime import datetime

from protocols.didcomm.message import Attachment, Message
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Effect
from protocols.jose.encoding import canonical_json, parse_object

PIURI = "https://didcomm.org/routing/2.0"
MAX_DEPOSIT_BYTES = 560 * 1024
"""What a mailbox can hand out again in one envelope of 1 MiB: a delivery writes it in base64 twice (16/9)."""
_NEXT = re.compile(r"did:[a-z0-9]+:[^?/\s]{1,8192}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Effect):
    """Keep `envelope` for `next` (a DID, or the DID URL of a key) until it is fetched or `expires_at` has passed.

    A `next` that has no mailbox here is dropped without a word: who has one is nobody's business.
    """

    next: str
    envelope: bytes
    expires_at: datetime | None


def read_forward(message: Message) -> tuple[str, bytes]:
    """(next, envelope) of a forward. The envelope's bytes are as sent, or in RFC 8785 form where sent as JSON.

    Raises:
        MalformedMessage: no `next`, not exactly one attachment (a forward must not multiply), or one that is not an
            encrypted message carried inline.
        TooLarge: an envelope over 560 KiB.
    """
    next = message.body.get("next")
    if not isinstance(next, str) or not _NEXT.match(next):
        raise MalformedMessage("a forward without next", expected="a DID or the DID URL of a key")
    if len(message.attachments) != 1:
        found = f"{len(message.attachments)} attachments"
        raise MalformedMessage("a forward of another form", found=found, expected="exactly one attachment")
    return next, _envelope(message.attachments[0])


def _envelope(attachment: Attachment) -> bytes:
    envelope = attachment.content if attachment.json is None else canonical_json(attachment.json)
    if envelope is None:
        raise MalformedMessage("a forward without an envelope", expected="a JWE, inline")
    if len(envelope) > MAX_DEPOSIT_BYTES:
        raise TooLarge("too large to keep", found=f"{len(envelope)} bytes", expected=f"at most {MAX_DEPOSIT_BYTES}")
    if not isinstance(parse_object(envelope).get("ciphertext"), str):
        raise MalformedMessage("not an encrypted message in a forward", expected="a JWE, inline")
    return envelope
