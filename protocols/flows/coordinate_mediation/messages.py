"""coordinate-mediation 3.0: what a recipient may want, what it leads to, and the bodies of its messages.

Spec: https://didcomm.org/coordinate-mediation/3.0
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage, TooLarge
from protocols.flow import Command, Effect
from protocols.jose.encoding import JsonObject

PIURI = "https://didcomm.org/coordinate-mediation/3.0"
MAX_UPDATES = 100
MAX_PAGE = 100
MAX_RECIPIENTS = 1000
"""How many DIDs one owner may have in its keylist."""
_MAX_TEXT_CHARS = 8192

Result = Literal["success", "no_change", "client_error", "server_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMediation(Command):
    """We ask `theirs` to take our mail."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRecipients(Command):
    """We tell our mediator for which DIDs mail is ours from now on, and for which no more."""

    ours: str
    theirs: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRecipients(Command):
    """We ask our mediator which DIDs it has for us."""

    ours: str
    theirs: str
    limit: int = MAX_PAGE
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantMediation(Effect):
    """The mediator keeps mail for `owner` from now on. Granting twice changes nothing."""

    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateKeylist(Effect):
    """The mediator adds and removes recipient DIDs of `owner`; each of them was checked against the keylists read."""

    owner: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediationGranted(Effect):
    """`mediator` takes our mail; `routing_dids` is what we may tell others to route through."""

    mediator: str
    routing_dids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediationDenied(Effect):
    """`mediator` does not take our mail."""

    mediator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientsUpdated(Effect):
    """What became of each update we asked for: recipient DID -> result."""

    mediator: str
    results: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientsListed(Effect):
    """One page of the DIDs our mediator has for us; `remaining` more come after it."""

    mediator: str
    recipients: tuple[str, ...]
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One item of a recipient-update: `recipient_did` is text that may or may not be a DID."""

    recipient_did: str
    action: str


def request(command: Command, *, id: str, now: datetime) -> Message:
    """The request that a recipient's command stands for; it asks for the answer on the same connection."""
    match command:
        case RequestMediation(ours=ours, theirs=theirs):
            name, body = "mediate-request", {}
        case UpdateRecipients(ours=ours, theirs=theirs):
            updates = [(did, "add") for did in command.add] + [(did, "remove") for did in command.remove]
            name = "recipient-update"
            body = {"updates": [{"recipient_did": did, "action": action} for did, action in updates]}
        case QueryRecipients(ours=ours, theirs=theirs):
            name, body = "recipient-query", {"paginate": {"limit": command.limit, "offset": command.offset}}
        case _:
            raise TypeError(f"no command of coordinate-mediation: {type(command).__name__}")
    return Message(
        id=id,
        type=f"{PIURI}/{name}",
        sender=ours,
        to=(theirs,),
        created_time=now,
        return_route="all",
        body=body,
    )


def read_updates(message: Message) -> tuple[Update, ...]:
    """The items of a recipient-update.

    Raises:
        MalformedMessage: not a list of {recipient_did, action}.
        TooLarge: more than 100 items.
    """
    items = _objects(message, "updates", MAX_UPDATES)
    return tuple(Update(recipient_did=_text(item, "recipient_did"), action=_text(item, "action")) for item in items)


def read_page(message: Message) -> tuple[int, int, bool]:
    """(limit, offset, whether a page was asked for) of a recipient-query; at most 100 DIDs a page."""
    paginate: Any = message.body.get("paginate")
    if paginate is None:
        return MAX_PAGE, 0, False
    if not isinstance(paginate, dict):
        raise MalformedMessage("paginate is not an object", expected="limit and offset")
    limit, offset = _count(paginate, "limit"), _count(paginate, "offset")  # pyright: ignore[reportUnknownArgumentType]
    return min(limit, MAX_PAGE), offset, True


def read_routing_dids(message: Message) -> tuple[str, ...]:
    """The routing DIDs of a mediate-grant; one that stands outside a list is taken as a list of one."""
    found: Any = message.body.get("routing_did")
    listed: list[Any] = found if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType]
    if not 0 < len(listed) <= MAX_PAGE or not all(isinstance(did, str) and did.startswith("did:") for did in listed):
        raise MalformedMessage("a grant without routing_did", expected="a list of DIDs")
    return tuple(listed)


def read_results(message: Message) -> dict[str, str]:
    """recipient DID -> result of a recipient-update-response."""
    items = _objects(message, "updated", MAX_UPDATES)
    return {_text(item, "recipient_did"): _text(item, "result") for item in items}


def read_recipients(message: Message) -> tuple[tuple[str, ...], int]:
    """(DIDs, how many more there are) of a recipient message."""
    items = _objects(message, "dids", MAX_RECIPIENTS)
    pagination: Any = message.body.get("pagination")
    remaining = _count(pagination, "remaining") if isinstance(pagination, dict) else 0  # pyright: ignore[reportUnknownArgumentType]
    return tuple(_text(item, "recipient_did") for item in items), remaining


def _objects(message: Message, name: str, limit: int) -> list[JsonObject]:
    items: Any = message.body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):  # pyright: ignore[reportUnknownVariableType]
        raise MalformedMessage(f"{name} is not a list of objects", expected=f"{name}: a list of objects")
    if len(items) > limit:  # pyright: ignore[reportUnknownArgumentType]
        raise TooLarge(f"too many items in {name}", found=str(len(items)), expected=f"at most {limit}")  # pyright: ignore[reportUnknownArgumentType]
    return items  # pyright: ignore[reportUnknownVariableType]


def _text(item: JsonObject, name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str) or len(value) > _MAX_TEXT_CHARS:
        raise MalformedMessage(f"{name} is missing", expected=f"a string of at most {_MAX_TEXT_CHARS} characters")
    return value


def _count(item: JsonObject, name: str) -> int:
    value = item.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedMessage(f"{name} is not a count", expected=f"{name}: a number that is not negative")
    return value
