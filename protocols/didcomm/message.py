"""The plaintext DIDComm message: its headers, attachments, and the JSON they travel as.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#plaintext-message-structure
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from protocols.errors import MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, b64url_encode, parse_json

MAX_ATTACHMENTS = 20
_ID = re.compile(r"[A-Za-z0-9\-._~]{1,64}\Z")
"""Unreserved characters (RFC 3986). The specification asks for at most 32; peers in the field send UUIDs of 36."""
_DID = re.compile(r"did:[a-z0-9]+:[^#?/\s]{1,8192}\Z")
_TYPE = re.compile(r"[^\s]{1,512}/[A-Za-z0-9._\-]+/\d+\.\d+/[A-Za-z0-9._\-]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment; exactly one of `json`, `content` (base64) or `links` carries it. `jws` is detached, unchecked."""

    id: str | None = None
    format: str | None = None
    media_type: str | None = None
    description: str | None = None
    json: Any = None
    content: bytes | None = None
    links: tuple[str, ...] = ()
    hash: str | None = None
    jws: Mapping[str, Any] | None = None

    def to_json(self) -> JsonObject:
        data: JsonObject = {}
        if self.json is not None:
            data["json"] = self.json
        if self.content is not None:
            data["base64"] = b64url_encode(self.content)
        if self.links:
            data["links"] = list(self.links)
        if self.hash is not None:
            data["hash"] = self.hash
        if self.jws is not None:
            data["jws"] = dict(self.jws)
        named = {"id": self.id, "format": self.format, "media_type": self.media_type, "description": self.description}
        return {**{name: value for name, value in named.items() if value is not None}, "data": data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A plaintext message. `sender` is the `from` header: a claim until an envelope has authenticated it."""

    id: str
    type: str
    sender: str | None = None
    to: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thid: str | None = None
    pthid: str | None = None
    created_time: datetime | None = None
    expires_time: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    from_prior: str | None = None
    please_ack: tuple[str, ...] = ()
    ack: tuple[str, ...] = ()
    return_route: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Headers that this program does not know, kept as they came."""

    @property
    def thread_id(self) -> str:
        """The thread this message belongs to; a message without `thid` starts one under its own id."""
        return self.thid or self.id

    @property
    def piuri(self) -> str:
        """The protocol identifier: the type without its last segment."""
        return self.type.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The message's name in its protocol: the last segment of the type."""
        return self.type.rpartition("/")[2]

    def reply(self, name: str, *, id: str, body: Mapping[str, Any] | None = None, **headers: Any) -> "Message":
        """A message of the same protocol and thread, back to the sender (no `to` where the sender is unknown)."""
        answer = Message(
            id=id,
            type=f"{self.piuri}/{name}",
            sender=self.to[0] if len(self.to) == 1 else None,
            to=(self.sender,) if self.sender else (),
            body=body or {},
            thid=self.thread_id,
        )
        return replace(answer, **headers)

    def to_json(self) -> JsonObject:
        """The JSON object of the message, empty headers left out."""
        value: JsonObject = {
            "typ": "application/didcomm-plain+json",
            "id": self.id,
            "type": self.type,
            "body": dict(self.body),
        }
        optional: JsonObject = {
            "from": self.sender,
            "to": list(self.to),
            "thid": self.thid,
            "pthid": self.pthid,
            "created_time": _seconds(self.created_time),
            "expires_time": _seconds(self.expires_time),
            "attachments": [attachment.to_json() for attachment in self.attachments],
            "from_prior": self.from_prior,
            "please_ack": list(self.please_ack),
            "ack": list(self.ack),
            "return_route": self.return_route,
        }
        return {**self.headers, **value, **{name: item for name, item in optional.items() if item not in (None, [])}}


def parse_message(value: JsonObject) -> Message:
    """The message in a JSON object, every known header checked, unknown ones kept.

    Raises:
        MalformedMessage: a header of the wrong form (checklist H1, H3, H4).
        TooLarge: more than 20 attachments.
    """
    known = dict(value)
    typ = known.pop("typ", "application/didcomm-plain+json")
    if typ not in ("application/didcomm-plain+json", "didcomm-plain+json"):
        raise MalformedMessage(
            "not a plaintext message", found=str(typ)[:64], expected="application/didcomm-plain+json"
        )
    body = known.pop("body", {})
    if not isinstance(body, dict):
        raise MalformedMessage("body is not an object", found=type(body).__name__, expected="a JSON object")
    raw_attachments = known.pop("attachments", [])
    if not isinstance(raw_attachments, list):
        raise MalformedMessage("attachments is not a list", expected="a list of attachments")
    if len(raw_attachments) > MAX_ATTACHMENTS:  # pyright: ignore[reportUnknownArgumentType]
        raise TooLarge("too many attachments", found=str(len(raw_attachments)), expected=f"at most {MAX_ATTACHMENTS}")  # pyright: ignore[reportUnknownArgumentType]
    type_ = known.pop("type", None)
    if not isinstance(type_, str) or not _TYPE.match(type_):
        raise MalformedMessage("type is not a message type URI", found=str(type_)[:80], expected="PIURI/message-name")
    return Message(
        id=_identifier(known.pop("id", None), "id"),
        type=type_,
        sender=_did(known.pop("from", None), "from"),
        to=tuple(did for item in _strings(known.pop("to", []), "to") if (did := _did(item, "to"))),
        body=body,  # pyright: ignore[reportUnknownArgumentType]
        thid=_optional_identifier(known.pop("thid", None), "thid"),
        pthid=_optional_identifier(known.pop("pthid", None), "pthid"),
        created_time=_time(known.pop("created_time", None), "created_time"),
        expires_time=_time(known.pop("expires_time", None), "expires_time"),
        attachments=tuple(_attachment(item) for item in raw_attachments),  # pyright: ignore[reportUnknownVariableType]
        from_prior=_text(known.pop("from_prior", None), "from_prior"),
        please_ack=_strings(known.pop("please_ack", []), "please_ack"),
        ack=_strings(known.pop("ack", []), "ack"),
        return_route=_text(known.pop("return_route", None), "return_route"),
        headers=known,
    )


def _attachment(value: Any) -> Attachment:
    if not isinstance(value, dict) or not isinstance(value.get("data"), dict):  # pyright: ignore[reportUnknownMemberType]
        raise MalformedMessage("an attachment without data", expected="an object with a data object")
    item = cast(JsonObject, value)
    data: JsonObject = item["data"]
    if not {"jws", "hash", "links", "base64", "json"} & data.keys():
        raise MalformedMessage("an attachment that carries nothing", expected="one of jws, hash, links, base64, json")
    links = _strings(data.get("links", []), "links")
    if links and not isinstance(data.get("hash"), str):
        raise MalformedMessage("links without a hash", expected="hash beside links")
    content = _text(data.get("base64"), "base64")
    jws = data.get("jws")
    if jws is not None and not isinstance(jws, dict):
        raise MalformedMessage("jws is not an object", expected="a detached JWS in JSON form")
    return Attachment(
        id=_text(item.get("id"), "attachment id"),
        format=_text(item.get("format"), "format"),
        media_type=_text(item.get("media_type"), "media_type"),
        description=_text(item.get("description"), "description"),
        json=data.get("json"),
        content=None if content is None else _base64(content),
        links=links,
        hash=_text(data.get("hash"), "hash"),
        jws=jws,  # pyright: ignore[reportUnknownArgumentType]
    )


def attached_json(message: Message, format: str | None = None) -> Any:
    """The JSON of the first attachment (of `format`, where given), whichever way it is carried inline.

    Raises MalformedMessage when there is none.
    """
    for attachment in message.attachments:
        if format is None or attachment.format == format:
            if attachment.json is not None:
                return attachment.json
            if attachment.content is not None:
                return parse_json(attachment.content)
    raise MalformedMessage("an attachment is missing", expected=format or "one inline attachment")


def _base64(text: str) -> bytes:
    """Either alphabet, padded or not, whatever its unused last bits: nothing is signed over this spelling of it."""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError as error:
        raise MalformedMessage("an attachment that is not base64", expected="base64url") from error


def _seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.timestamp())


def _time(value: Any, name: str) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise MalformedMessage(f"{name} is not a time", found=str(value)[:32], expected="UTC seconds as an integer")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedMessage(f"{name} is not a time", expected="UTC seconds as an integer") from error


def _text(value: Any, name: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise MalformedMessage(f"{name} is not text", found=type(value).__name__, expected="a string")
    return value


def _strings(value: Any, name: str) -> tuple[str, ...]:
    if isinstance(value, str) and name in ("please_ack",):
        return (value,)
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        raise MalformedMessage(f"{name} is not a list of strings", expected="a list of strings")
    return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _identifier(value: Any, name: str) -> str:
    if not isinstance(value, str) or not _ID.match(value):
        raise MalformedMessage(f"{name} is missing or not an identifier", expected="1 to 64 unreserved characters")
    return value


def _optional_identifier(value: Any, name: str) -> str | None:
    return None if value is None else _identifier(value, name)


def _did(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _DID.match(value):
        raise MalformedMessage(f"{name} is not a DID", found=str(value)[:64], expected="a DID without path or fragment")
    return value
