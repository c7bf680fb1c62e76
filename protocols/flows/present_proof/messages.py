"""present-proof 3.0: its messages, what each side may want, and what it leads to.

Spec: https://github.com/decentralized-identity/waci-didcomm/blob/main/present_proof/present-proof-v3.md
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.didcomm.message import Attachment, Message, attached_json
from protocols.errors import MalformedMessage
from protocols.flow import Command, Effect
from protocols.jose.encoding import JsonObject
from protocols.requests.query import QUERY_FORMAT

PIURI = "https://didcomm.org/present-proof/3.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Command):
    """The verifier sends its signed request (`request`, a compact JWS) to a learner's per-asker DID."""

    thread_id: str
    ours: str
    theirs: str
    request: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Command):
    """The learner said yes: `presentation` (signed) and `disclosure` (salts and what else only the asker may read)."""

    presentation: JsonObject
    disclosure: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline(Command):
    """The learner said no. Their refusal travels by consented-relay; here only the thread ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Command):
    """The learner's refusal reached the verifier by consented-relay, with a generic reason where they gave one."""

    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestArrived(Effect):
    """Show the learner who asks for what; nothing is answered before they decide."""

    thread_id: str
    ours: str
    asker: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyPresentation(Effect):
    """Put the verification of what arrived on the durable work list."""

    thread_id: str
    theirs: str
    presentation: JsonObject
    disclosure: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRequest(Effect):
    """The learner will not answer; `reason` is one of consent/1.0's generic reasons, or None."""

    thread_id: str
    reason: str | None


def request_presentation(ask: Ask, *, id: str, now: datetime) -> Message:
    return Message(
        id=id,
        thid=ask.thread_id,
        type=f"{PIURI}/request-presentation",
        sender=ask.ours,
        to=(ask.theirs,),
        created_time=now,
        expires_time=ask.expires_at,
        body={"goal_code": "org.w3id.ler-exchange.present", "will_confirm": True},
        attachments=(
            Attachment(
                id="request",
                format=QUERY_FORMAT,
                media_type="application/ler-presentation-request+jwt",
                content=ask.request.encode("ascii"),
            ),
        ),
    )


def read_request(message: Message) -> str:
    """The signed request as it stood in the message: a compact JWS, unverified."""
    for attachment in message.attachments:
        if attachment.format == QUERY_FORMAT and attachment.content is not None and attachment.content.isascii():
            return attachment.content.decode("ascii")
    raise MalformedMessage("a request without a query", expected=f"an attachment of format {QUERY_FORMAT}")


def presentation(command: Present, *, thread_id: str, ours: str, theirs: str, id: str, now: datetime) -> Message:
    return Message(
        id=id,
        thid=thread_id,
        type=f"{PIURI}/presentation",
        sender=ours,
        to=(theirs,),
        created_time=now,
        body={"disclosure": command.disclosure},
        attachments=(
            Attachment(id="presentation", format=QUERY_FORMAT, media_type="application/vp", json=command.presentation),
        ),
    )


def read_presentation(message: Message) -> tuple[JsonObject, JsonObject]:
    """(presentation, disclosure) of a presentation message, unverified."""
    attached: Any = attached_json(message, QUERY_FORMAT)
    disclosure: Any = message.body.get("disclosure")
    if not isinstance(attached, dict) or not isinstance(disclosure, Mapping):
        raise MalformedMessage("a presentation message of another form", expected="one presentation and its disclosure")
    return dict(attached), dict(disclosure)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
