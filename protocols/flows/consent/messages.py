"""consent/1.0: what asker and learner tell each other about a consent after it was used. Thin: the receipt.

The learner's side of it travels by consented-relay (kind receipt), so only the asker's messages are read here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage
from protocols.flow import Command, Effect
from protocols.jose.encoding import JsonObject

PIURI = "https://w3id.org/ler-exchange/consent/1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge(Command):
    """The asker says what arrived and until when it is kept: `receipt` carries its signature alone."""

    thread_id: str
    request_thread: str
    ours: str
    theirs: str
    receipt: JsonObject
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersigned(Command):
    """The receipt came back by consented-relay with the learner's signature, checked."""

    receipt: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptArrived(Effect):
    """For the learner: check the asker's signature, countersign, keep, and send back."""

    thread_id: str
    asker: str
    ours: str
    receipt: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptComplete(Effect):
    """For the asker: file the receipt with both signatures."""

    thread_id: str
    theirs: str
    receipt: JsonObject


def receipt_message(command: Acknowledge, *, id: str, now: datetime) -> Message:
    return Message(
        id=id,
        thid=command.thread_id,
        pthid=command.request_thread,
        type=f"{PIURI}/receipt",
        sender=command.ours,
        to=(command.theirs,),
        created_time=now,
        expires_time=command.expires_at,
        body={"receipt": command.receipt},
    )


def read_receipt(message: Message) -> JsonObject:
    """The receipt of a receipt message, unverified."""
    receipt: Any = message.body.get("receipt")
    if not isinstance(receipt, Mapping):
        raise MalformedMessage("a receipt message without a receipt", expected="receipt: an object")
    return dict(receipt)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
