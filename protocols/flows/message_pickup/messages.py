"""message-pickup 3.0: bodies, effects, and the messages that both sides build.

Spec: https://didcomm.org/messagepickup/3.0
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.didcomm.message import MAX_ATTACHMENTS, Attachment, Message
from protocols.errors import MalformedMessage, ProtocolError, TooLarge
from protocols.flow import Effect
from protocols.jose.encoding import JsonObject

PIURI = "https://didcomm.org/messagepickup/3.0"
ENCRYPTED = "application/didcomm-encrypted+json"
MAX_DELIVERED = MAX_ATTACHMENTS
MAX_DELIVERY_BYTES = 560 * 1024
"""Envelopes in one delivery, in all: it writes them in base64 twice (16/9) and must fit an envelope of 1 MiB."""
MAX_RECEIVED_IDS = 1000
_MAX_TEXT_CHARS = 8192
_ON_THE_LINE = timedelta(minutes=5)
"""How long a status or delivery is worth sending: it answers somebody who is connected now, and is never queued."""


class LiveModeNotSupported(ProtocolError):
    """Live delivery was asked for on a connection that cannot push (spec: Live Mode Change)."""

    code = "e.m.live-mode-not-supported"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMail(Effect):
    """`owner` has these safely: remove them from its own mailbox, and from no other. Unknown ids are no error."""

    owner: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLive(Effect):
    """Push what arrives for `owner` from now on to the connection this came on, or stop; gone with the connection."""

    owner: str
    live: bool


def status_request(*, id: str, ours: str, theirs: str, recipient_did: str | None = None) -> Message:
    return _request("status-request", _named(recipient_did), id=id, ours=ours, theirs=theirs)


def delivery_request(*, id: str, ours: str, theirs: str, limit: int = 10, recipient_did: str | None = None) -> Message:
    return _request("delivery-request", {"limit": limit, **_named(recipient_did)}, id=id, ours=ours, theirs=theirs)


def messages_received(ids: Sequence[str], *, id: str, ours: str, theirs: str) -> Message:
    """Says that the messages with these delivery ids are safe here and may be removed there."""
    return _request("messages-received", {"message_id_list": list(ids)}, id=id, ours=ours, theirs=theirs)


def live_delivery_change(live: bool, *, id: str, ours: str, theirs: str) -> Message:
    return _request("live-delivery-change", {"live_delivery": live}, id=id, ours=ours, theirs=theirs)


def status(
    mailbox: Mapping[str, Any], *, id: str, ours: str, theirs: str, thid: str, now: datetime, recipient_did: str | None
) -> Message:
    """How much mail waits. `mailbox`: {count, total_bytes, oldest, newest, live}, the two times aware or None."""
    oldest, newest = mailbox["oldest"], mailbox["newest"]
    body: JsonObject = {
        **_named(recipient_did),
        "message_count": mailbox["count"],
        "total_bytes": mailbox["total_bytes"],
        "live_delivery": mailbox.get("live", False),
    }
    if isinstance(oldest, datetime) and isinstance(newest, datetime):
        body["longest_waited_seconds"] = max(0, int((now - oldest).total_seconds()))
        body["oldest_received_time"] = int(oldest.timestamp())
        body["newest_received_time"] = int(newest.timestamp())
    return Message(
        id=id,
        type=f"{PIURI}/status",
        sender=ours,
        to=(theirs,),
        thid=thid,
        created_time=now,
        expires_time=now + _ON_THE_LINE,
        body=body,
    )


def delivery(
    *,
    messages: Sequence[tuple[str, bytes]],
    id: str,
    ours: str,
    theirs: str,
    now: datetime | None = None,
    thid: str | None = None,
    recipient_did: str | None = None,
) -> Message:
    """(delivery id, envelope) each, as attachments; without `thid` it is a live push of what just arrived."""
    attached = (Attachment(id=item, media_type=ENCRYPTED, content=envelope) for item, envelope in messages)
    return Message(
        id=id,
        type=f"{PIURI}/delivery",
        sender=ours,
        to=(theirs,),
        thid=thid,
        created_time=now,
        expires_time=None if now is None else now + _ON_THE_LINE,
        body=_named(recipient_did),
        attachments=tuple(attached),
    )


def read_delivery(message: Message) -> tuple[tuple[str, bytes], ...]:
    """(delivery id, envelope) of each message in a delivery.

    Raises:
        MalformedMessage: not a delivery, or an attachment without id or without content carried in base64.
    """
    if message.piuri != PIURI or message.name != "delivery":
        raise MalformedMessage("not a delivery", found=message.type[:80], expected=f"{PIURI}/delivery")
    mail: list[tuple[str, bytes]] = []
    for attachment in message.attachments:
        if not attachment.id or attachment.content is None:
            raise MalformedMessage("mail of another form", expected="attachments with id and base64")
        mail.append((attachment.id, attachment.content))
    return tuple(mail)


def read_recipient(message: Message) -> str | None:
    """The `recipient_did` a request is limited to, None for all of them."""
    found = message.body.get("recipient_did")
    if found is not None and (not isinstance(found, str) or len(found) > _MAX_TEXT_CHARS):
        raise MalformedMessage("recipient_did is not a DID", expected="a DID, or nothing")
    return found


def read_limit(message: Message) -> int:
    """How many messages a delivery-request wants, at most as many as a message has room for."""
    limit = message.body.get("limit")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise MalformedMessage("limit is missing", expected="limit: a number above 0")
    return min(limit, MAX_DELIVERED)


def read_ids(message: Message) -> tuple[str, ...]:
    """The ids that a messages-received names, each once."""
    ids: Any = message.body.get("message_id_list")
    if not isinstance(ids, list) or not all(isinstance(id, str) and len(id) <= 128 for id in ids):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        raise MalformedMessage("message_id_list is missing", expected="a list of attachment ids")
    if len(ids) > MAX_RECEIVED_IDS:  # pyright: ignore[reportUnknownArgumentType]
        raise TooLarge("too many ids", found=str(len(ids)), expected=f"at most {MAX_RECEIVED_IDS}")  # pyright: ignore[reportUnknownArgumentType]
    return tuple(dict.fromkeys(ids))  # pyright: ignore[reportUnknownArgumentType]


def read_live(message: Message) -> bool:
    """Whether a live-delivery-change asks for live delivery."""
    live = message.body.get("live_delivery")
    if not isinstance(live, bool):
        raise MalformedMessage("live_delivery is missing", expected="true or false")
    return live


def _request(name: str, body: JsonObject, *, id: str, ours: str, theirs: str) -> Message:
    return Message(id=id, type=f"{PIURI}/{name}", sender=ours, to=(theirs,), return_route="all", body=body)


def _named(recipient_did: str | None) -> JsonObject:
    return {} if recipient_did is None else {"recipient_did": recipient_did}
