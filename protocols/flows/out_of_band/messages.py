"""out-of-band 2.0: the invitation, as JSON and as a URL.

Whatever it says may be read by anyone, and nobody has signed it: nothing private goes in, and nothing in it is
believed before the exchange it leads to has authenticated its sender.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#out-of-band-messages
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from protocols.didcomm.message import Attachment, Message, parse_message
from protocols.errors import MalformedMessage, TooLarge
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json, parse_object

PIURI = "https://didcomm.org/out-of-band/2.0"
INVITATION = f"{PIURI}/invitation"
MAX_INVITATION_BYTES = 64 * 1024
MAX_URL_CHARS = 96 * 1024
"""A full invitation in base64, and room for the address."""
MAX_ACCEPT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """`sender` invites whoever reads this to answer with `pthid` = `id`, by one of `attachments` if any."""

    id: str
    sender: str
    goal_code: str | None = None
    goal: str | None = None
    accept: tuple[str, ...] = ("didcomm/v2",)
    attachments: tuple[Attachment, ...] = ()

    def to_message(self) -> Message:
        body: JsonObject = {"accept": list(self.accept)}
        if self.goal_code is not None:
            body["goal_code"] = self.goal_code
        if self.goal is not None:
            body["goal"] = self.goal
        return Message(id=self.id, type=INVITATION, sender=self.sender, body=body, attachments=self.attachments)

    def to_json(self) -> JsonObject:
        """The plaintext message, as it is served and encoded."""
        return self.to_message().to_json()

    def to_url(self, base: str) -> str:
        """`base` (an https URL that shows people what to do) with the invitation as its `_oob` parameter."""
        parts = urlsplit(base)
        encoded = b64url_encode(canonical_json(self.to_json()))
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("_oob", encoded)]
        return urlunsplit(parts._replace(query=urlencode(query)))


def invitation(
    *,
    id: str,
    sender: str,
    goal_code: str | None = None,
    goal: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Invitation:
    """An invitation of ours, to be answered in DIDComm v2."""
    return Invitation(id=id, sender=sender, goal_code=goal_code, goal=goal, attachments=attachments)


def read_invitation(value: JsonObject | bytes | str) -> Invitation:
    """The invitation in a JSON document or an object already parsed.

    Raises:
        MalformedMessage: not an out-of-band 2.x invitation with a sender.
        TooLarge: a document over 64 KiB.
    """
    if isinstance(value, bytes | str):
        value = parse_object(value, max_bytes=MAX_INVITATION_BYTES)
    message = parse_message(value)
    if message.name != "invitation" or not message.piuri.startswith("https://didcomm.org/out-of-band/2."):
        raise MalformedMessage("not an invitation", found=message.type[:80], expected=INVITATION)
    if message.sender is None:
        raise MalformedMessage("an invitation from nobody", expected="a DID in `from`")
    return Invitation(
        id=message.id,
        sender=message.sender,
        goal_code=_text(message, "goal_code"),
        goal=_text(message, "goal"),
        accept=_accept(message),
        attachments=message.attachments,
    )


def read_invitation_url(url: str) -> Invitation:
    """The invitation in the `_oob` parameter of a URL, of any scheme. Nothing is fetched.

    Raises:
        MalformedMessage: no `_oob` or several, or not an invitation.
        TooLarge: over 96 Ki characters.
    """
    if len(url) > MAX_URL_CHARS:
        raise TooLarge("a URL too long", found=f"{len(url)} characters", expected=f"at most {MAX_URL_CHARS}")
    try:
        found = [value for name, value in parse_qsl(urlsplit(url).query, max_num_fields=50) if name == "_oob"]
    except ValueError as error:
        raise MalformedMessage("not a URL", expected="a URL with an _oob parameter") from error
    if len(found) != 1:
        raise MalformedMessage("not one invitation", found=f"{len(found)} _oob parameters", expected="exactly one")
    return read_invitation(b64url_decode(found[0].rstrip("=")))


def _text(message: Message, name: str) -> str | None:
    value = message.body.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > 1000):
        raise MalformedMessage(f"{name} is not a short text", expected="a string of at most 1000 characters")
    return value


def _accept(message: Message) -> tuple[str, ...]:
    value: Any = message.body.get("accept", [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        raise MalformedMessage("accept is not a list of strings", expected="a list of media types")
    if len(value) > MAX_ACCEPT:  # pyright: ignore[reportUnknownArgumentType]
        raise TooLarge("too many media types in accept", expected=f"at most {MAX_ACCEPT}")
    return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
