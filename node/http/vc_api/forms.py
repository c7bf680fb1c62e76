"""What the VC-API's callers send: read by hand, since whatever they verify may be of any form, and is answered then."""

from typing import Any

from aiohttp import web

from node.errors import BadInput
from node.http.auth import authorize
from node.http.problem import WrongMediaType, problem_document
from node.keys import SETTINGS
from node.services.tokens import Role
from node.services.vc_api_issuer import IssueOptions
from protocols.credentials.shape import as_object, as_text
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.verification.vcalm import UNKNOWN_OPTION, Check, malformed, problem

JSON = "application/json"
MAX_BODY_BYTES = 1024 * 1024
MAX_POINTERS = 256

ISSUING = frozenset({"mandatoryPointers", "credentialId", "challenge", "domain"})
VERIFYING = frozenset(
    {"checks", "challenge", "domain", "returnCredential", "returnPresentation", "returnProblemDetails", "returnResults"}
)


class UnknownOption(BadInput):
    """An option that is not known here: what it asks for would not happen, and its caller would not know."""


async def read_body(request: web.Request, *roles: Role) -> JsonObject:
    """The JSON object of a call, by somebody who may.

    Raises:
        Unauthenticated, Forbidden, RateLimited: see `authorize`; not where `vc_api.open` is set.
        WrongMediaType, MalformedMessage, TooLarge: not JSON, or not within limits.
    """
    if not request.app[SETTINGS].vc_api.open:
        await authorize(request, roles)
    if request.content_type != JSON:
        raise WrongMediaType("the body has the wrong media type", found=request.content_type, expected=JSON)
    return parse_object(await request.read(), max_bytes=MAX_BODY_BYTES)


async def read_nothing(request: web.Request, *roles: Role) -> None:
    """A call that says nothing, by somebody who may; raises as `read_body`, and BadInput for one that says something.

    An empty object is nothing too: clients that always send JSON send that.
    """
    if not request.app[SETTINGS].vc_api.open:
        await authorize(request, roles)
    if (body := await request.read()) and parse_object(body, max_bytes=MAX_BODY_BYTES):
        raise BadInput("a body where none belongs", found=f"{len(body)} bytes", expected="an empty body")


def options_of(body: JsonObject, known: frozenset[str]) -> JsonObject:
    """The `options` of a call, empty where it has none; raises BadInput or UnknownOption."""
    value = body.get("options")
    options = {} if value is None else as_object(value)
    if options is None:
        raise BadInput("options is not an object", found=type(value).__name__, expected="a JSON object, or none")
    unknown = sorted(options.keys() - known)
    if unknown:
        raise UnknownOption("an unknown option", found=unknown[0][:80], expected=", ".join(sorted(known)))
    return options


def issue_options(body: JsonObject) -> IssueOptions:
    """The options of `issue`, checked."""
    options = options_of(body, ISSUING)
    pointers = options.get("mandatoryPointers")
    return IssueOptions(
        credential_id=text(options, "credentialId"),
        mandatory_pointers=None if pointers is None else pointers_of(pointers, "mandatoryPointers"),
        challenge=text(options, "challenge"),
        domain=domain_of(options),
    )


def checks_of(options: JsonObject) -> frozenset[Check]:
    """What a caller wants to be decided; a name that is not known would be a check that is not made."""
    named: Any = options.get("checks", [])
    if not isinstance(named, list):
        raise BadInput("checks is not a list", found=type(named).__name__, expected=", ".join(Check))
    known = {check.value: check for check in Check}
    for name in named:  # pyright: ignore[reportUnknownVariableType]
        if name not in known:
            raise UnknownOption("an unknown check", found=str(name)[:80], expected=", ".join(known))  # pyright: ignore[reportUnknownArgumentType]
    return frozenset(known[name] for name in named)  # pyright: ignore[reportUnknownVariableType]


def flag(options: JsonObject, name: str, default: bool = False) -> bool:
    """An optional truth value."""
    value = options.get(name, default)
    if not isinstance(value, bool):
        raise BadInput(f"{name} is not a truth value", found=str(value)[:20], expected="true or false")
    return value


def pointers_of(value: Any, name: str) -> tuple[str, ...]:
    """A list of JSON pointers."""
    items: list[Any] = value if isinstance(value, list) else [None]  # pyright: ignore[reportUnknownVariableType]
    if len(items) > MAX_POINTERS or not all(isinstance(item, str) for item in items):
        raise BadInput(f"{name} is not a list of JSON pointers", expected=f"at most {MAX_POINTERS} strings")
    return tuple(items)


def text(options: JsonObject, name: str) -> str | None:
    """An optional text of at most 2,048 characters."""
    value = options.get(name)
    if value is not None and (as_text(value) is None or len(value) > 2048):
        raise BadInput(f"{name} is not a text", found=str(value)[:40], expected="a string")
    return value


def domain_of(options: JsonObject) -> str | tuple[str, ...] | None:
    """One domain or several (VC Data Integrity, domain)."""
    value: Any = options.get("domain")
    if not isinstance(value, list):
        return text(options, "domain")
    items: list[Any] = value[:16]  # pyright: ignore[reportUnknownVariableType]
    return tuple(domain for item in items if (domain := text({"domain": item}, "domain")))


def answer(value: JsonObject | list[JsonObject], status: int) -> web.Response:
    return web.Response(status=status, body=canonical_json(value), content_type=JSON)


def bad_request(error: BadInput | ProtocolError) -> web.Response:
    """400, which is what VCALM has for everything that a caller got wrong, in the form of a failed verification."""
    kind = UNKNOWN_OPTION if isinstance(error, UnknownOption) else None
    found = f" (found: {error.found})" if error.found else ""
    expected = f" (expected: {error.expected})" if error.expected else ""
    detail = f"{error.detail}{found}{expected}"
    made = malformed(detail) if kind is None else problem(kind, "UNKNOWN_OPTION_PROVIDED", detail)
    return answer({**problem_document(error), "status": 400, "verified": False, "errors": [made]}, 400)
