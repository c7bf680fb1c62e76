"""Every error as an RFC 9457 problem document: what was found, and what would have been right.

One table names a status and a type for each kind of error; a test walks all subclasses. An error that is not in the
table is a fault of this program and shows as `internal`, without a word of what happened: that is in the log.

Spec: https://www.rfc-editor.org/rfc/rfc9457
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import web
from pydantic import ValidationError

from node import errors as node_errors
from node.services.health import NotReady
from protocols import errors as protocol_errors
from protocols.jose.encoding import JsonObject, canonical_json

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://w3id.org/ler-exchange/problems/"
MAX_FOUND_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Kind:
    """The fixed part of a problem: the last segment of its type URI, its title, its HTTP status."""

    slug: str
    title: str
    status: int


INTERNAL = Kind("internal", "This node failed", 500)
INVALID = Kind("invalid", "Not what this endpoint takes", 400)


class WrongMediaType(node_errors.BadInput):
    """A body of a media type that the endpoint does not take."""

    status = 415


_PROTOCOL: dict[type[Exception], Kind] = {
    protocol_errors.ProtocolError: INVALID,
    protocol_errors.MalformedMessage: Kind("malformed", "Not well formed", 400),
    protocol_errors.TooLarge: Kind("too-large", "Over a limit", 413),
    protocol_errors.UnsupportedMessage: Kind("unsupported", "Not spoken here", 400),
    protocol_errors.UnexpectedMessage: Kind("unexpected", "Not now", 409),
    protocol_errors.Expired: Kind("expired", "Past its time", 410),
    protocol_errors.Unauthorized: Kind("forbidden", "Not allowed", 403),
    protocol_errors.IllegalMove: INTERNAL,
    protocol_errors.EnvelopeError: Kind("envelope", "An envelope that does not open", 400),
    protocol_errors.DidError: Kind("did", "Not a DID that can be used here", 400),
    protocol_errors.MalformedCredential: Kind("credential", "Not a credential that can be read", 422),
    protocol_errors.MalformedStatusList: Kind("status-list", "Not a status list that can be used", 422),
    protocol_errors.MalformedStatement: Kind("statement", "Not a statement that can be used", 422),
}

_NODE: dict[type[node_errors.NodeError], tuple[str, str]] = {
    node_errors.Refused: ("refused", "Refused"),
    node_errors.BadInput: ("invalid", INVALID.title),
    WrongMediaType: ("media-type", "Not a media type taken here"),
    node_errors.Unauthenticated: ("unauthenticated", "Who are you?"),
    node_errors.Forbidden: ("forbidden", "Not allowed"),
    node_errors.NotFound: ("not-found", "Not found"),
    node_errors.Conflict: ("conflict", "Not as things stand"),
    node_errors.PayloadTooLarge: ("too-large", "Over a limit"),
    node_errors.RateLimited: ("rate-limited", "Too many requests"),
    node_errors.PeerError: ("peer", "Another node failed"),
    node_errors.Unreachable: ("unreachable", "Another node could not be reached"),
    node_errors.Rejected: ("rejected", "Another node refused"),
    node_errors.AddressForbidden: ("address-forbidden", "An address this node does not call"),
    node_errors.EngineError: ("engine", "A verification engine failed"),
    node_errors.StorageError: ("storage", "Storage failed"),
    node_errors.Contended: ("busy", "Busy, try again"),
    node_errors.Full: ("full", "No room left"),
    node_errors.SchemaOutOfDate: ("schema", "The database has another schema"),
    NotReady: ("not-ready", "Not ready"),
    node_errors.ConfigurationError: ("configuration", "Not configured"),
}

KINDS: Mapping[type[Exception], Kind] = MappingProxyType(
    _PROTOCOL
    | {node_errors.NodeError: INTERNAL}
    | {error: Kind(slug, title, error.status) for error, (slug, title) in _NODE.items()}
)
"""Looked up by the nearest class on the error's way up, so a new child is at worst as clear as its parent."""


def kind_of(error: BaseException) -> Kind:
    """The row of the table for `error`; INTERNAL for what nobody named."""
    for ancestor in type(error).__mro__:
        if ancestor in KINDS:
            return KINDS[ancestor]
    return INTERNAL


def problem_document(error: BaseException) -> JsonObject:
    """The members type, title, status, detail, and found and expected where they are known."""
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    kind = kind_of(error)
    document: JsonObject = {"type": TYPE_BASE + kind.slug, "title": kind.title, "status": kind.status}
    if kind is INTERNAL or not isinstance(error, protocol_errors.ProtocolError | node_errors.NodeError):
        return {**document, "detail": "an error inside this node; its log has the request id"}
    members = {"detail": error.detail, "found": error.found, "expected": error.expected}
    return {**document, **{name: value for name, value in members.items() if value is not None}}


def problem_response(error: BaseException) -> web.Response:
    """The whole answer; with `Retry-After` where the error says when, `WWW-Authenticate` where a token is missing."""
    document = problem_document(error)
    headers: dict[str, str] = {}
    if isinstance(error, node_errors.RateLimited):
        headers["Retry-After"] = str(error.retry_after_s)
    if document["status"] == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    body = canonical_json(document)
    return web.Response(status=document["status"], body=body, content_type=MEDIA_TYPE, headers=headers)


def invalid_input(error: ValidationError, what: str) -> node_errors.BadInput:
    """The first thing pydantic minded about `what` ("body", "query"), with the path of the member it is in."""
    first = error.errors(include_url=False, include_context=False)[0]
    path = member_path(first["loc"])
    missing = first["type"] == "missing"
    return node_errors.BadInput(
        f"the {what} does not have the documented form" + (f" at {path}" if path else ""),
        found="nothing" if missing else _shown(first["input"]),
        expected="no such member" if first["type"] == "extra_forbidden" else first["msg"],
    )


def member_path(location: Sequence[str | int]) -> str:
    """`("skills", 0, "uri")` as `skills[0].uri`."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")


def _of_http(error: web.HTTPException) -> JsonObject:
    """aiohttp's own refusals: no such path, wrong method, body over the limit."""
    status = HTTPStatus(error.status)
    document: JsonObject = {
        "type": TYPE_BASE + status.phrase.lower().replace(" ", "-"),
        "title": status.phrase,
        "status": status.value,
        "detail": status.description or status.phrase,
    }
    match error:
        case web.HTTPMethodNotAllowed():
            document |= {"found": error.method, "expected": ", ".join(sorted(error.allowed_methods))}
        case web.HTTPRequestEntityTooLarge():
            kind = KINDS[node_errors.PayloadTooLarge]
            document |= {"type": TYPE_BASE + kind.slug, "title": kind.title}
            document |= {"found": "a larger body", "expected": "a body within the limit of this endpoint"}
        case web.HTTPNotFound():
            document |= {"found": "a path that nothing is served at", "expected": "a path of /api/docs"}
        case _:
            pass
    return document


def _shown(value: object) -> str:
    """What was there, so that its sender recognises it; containers by their type only."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    text = "null" if value is None else repr(value)
    return text if len(text) <= MAX_FOUND_CHARACTERS else text[:MAX_FOUND_CHARACTERS] + "…"
