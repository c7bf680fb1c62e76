"""The federation endpoints: what this node says of itself, what an anchor says of its members, the whole directory.

Statements are public, signed and the same for everyone. Refusals have the form of the specification,
`{"error", "error_description"}`, not that of a problem document.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps

from aiohttp import ETag, web

from node.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NodeError,
    NotFound,
    PayloadTooLarge,
    PeerError,
    RateLimited,
    Refused,
    StorageError,
)
from node.http.mark_filters import with_marks
from node.http.problem import WrongMediaType
from node.http.wellknown import cacheable
from node.keys import LOG, SERVICES
from node.services.federation import UnknownAnchor
from node.services.member_record import MemberRecord
from node.services.statements import ENTITY_TYPES
from node.services.web import APPLICATION, LEAVE_NOTICE, STATEMENT
from protocols.errors import ProtocolError
from protocols.jose.encoding import canonical_json
from protocols.trust.did_request import MAX_REQUEST_BYTES
from protocols.trust.refusal import StatementRefused

MAX_AGE_S = 5
"""A suspension is to be known within seconds."""
_REFUSED = {
    "entity_id": "invalid_request",
    "did": "invalid_request",
    "metadata": "invalid_metadata",
    "metadata_policy": "invalid_metadata",
}
"""What a chain that does not hold is called in an error answer, by the rule that it breaks."""
MAX_REPEATED = 16
"""How often a parameter that may be repeated may come."""
RESOLVED = "application/resolve-response+jwt"
JSON = "application/json"

Handler = Callable[[web.Request], Awaitable[web.Response]]

routes = web.RouteTableDef()


def oidf_errors(handler: Handler) -> Handler:
    """Turns what is raised into the specification's error answers (section 8.9)."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except ProtocolError as error:
            return _error(400, "invalid_request", error)
        except NodeError as error:
            status, code = _kind(error)
            if status >= 500:
                request.app[LOG].warning("federation request failed", kind=type(error).__name__)
            return _error(status, code, error)

    return answered


@routes.get("/.well-known/openid-federation")
@oidf_errors
async def entity_configuration(request: web.Request) -> web.Response:
    """This node's entity configuration."""
    token = await request.app[SERVICES].configuration.current()
    return cacheable(request, token.encode("ascii"), content_type=STATEMENT, max_age_s=MAX_AGE_S)


@routes.get("/federation/fetch")
@oidf_errors
async def fetch(request: web.Request) -> web.Response:
    """The statement about a member in good standing; with `ler_membership=all` about suspended and past ones too."""
    statement = await request.app[SERVICES].statements.about(_parameter(request, "sub"), everybody=_everybody(request))
    return cacheable(request, statement.token.encode("ascii"), content_type=STATEMENT, max_age_s=MAX_AGE_S)


@routes.get("/federation/list")
@oidf_errors
async def list_subordinates(request: web.Request) -> web.Response:
    """Entity ids of the members; with `ler_membership=all` of suspended and past ones too."""
    types = set(_parameters(request, "entity_type"))
    listed = await with_marks(request, await request.app[SERVICES].statements.entity_ids(everybody=_everybody(request)))
    is_nobody = _flag(request, "intermediate") or (types and not types & ENTITY_TYPES)  # members have no subordinates
    body = canonical_json([] if is_nobody else list(listed))
    return cacheable(request, body, content_type=JSON, max_age_s=MAX_AGE_S)


@routes.get("/federation/resolve")
@oidf_errors
async def resolve(request: web.Request) -> web.Response:
    """A signed resolve response about a member in good standing, from the synced copy; of others as in `fetch`."""
    subject, anchors = _parameter(request, "sub"), _parameters(request, "trust_anchor")
    types = _parameters(request, "entity_type")
    if not anchors:
        raise BadInput("trust_anchor is missing", expected="one entity id or more")
    try:
        token = await request.app[SERVICES].federation.resolve(subject, anchors, types, everybody=_everybody(request))
    except UnknownAnchor as error:
        return _error(404, "invalid_trust_anchor", error)
    except NotFound as error:
        return _error(404, "invalid_subject", error)
    except StatementRefused as refusal:
        return _error(400, _REFUSED.get(refusal.rule, "invalid_trust_chain"), refusal)
    return web.Response(text=token, content_type=RESOLVED, headers={"Access-Control-Allow-Origin": "*"})


@routes.post("/federation/join")
@oidf_errors
async def join(request: web.Request) -> web.Response:
    """Takes in a join application; 202: it waits for a decision."""
    return _taken_in(await request.app[SERVICES].admission.apply(await _token(request, APPLICATION)))


@routes.post("/federation/leave")
@oidf_errors
async def leave(request: web.Request) -> web.Response:
    """Takes in a member's notice that it leaves; 202: it is written down."""
    return _taken_in(await request.app[SERVICES].admission.leave(await _token(request, LEAVE_NOTICE)))


@routes.get("/federation/terms")
@oidf_errors
async def terms(request: web.Request) -> web.Response:
    """What whoever applies to this network agrees to, as text."""
    found = await request.app[SERVICES].members.terms()
    response = cacheable(request, found["text"].encode(), content_type="text/plain", max_age_s=MAX_AGE_S)
    response.charset = "utf-8"
    return response


@routes.get("/federation/join")
async def invitation_page(_: web.Request) -> web.Response:
    """What a person sees who opens an invitation's link: the invitation itself stays in the fragment."""
    text = "This link invites a node to a trust network. Give it to: ler-node network join LINK\n"
    return web.Response(text=text, content_type="text/plain")


@routes.get("/federation/directory")
@oidf_errors
async def directory(request: web.Request) -> web.Response:
    """Every member's statements and DID document. A wallet takes it whole: nobody learns whom it looks for."""
    exported = await request.app[SERVICES].directory.exported()
    tag = ETag(value=exported.etag, is_weak=True)  # the time of the sync in it changes, and says nothing new
    return cacheable(request, exported.body, content_type=JSON, max_age_s=MAX_AGE_S, tag=tag)


async def _token(request: web.Request, media_type: str) -> str:
    if request.content_type != media_type:
        raise WrongMediaType("another kind of request", found=request.content_type, expected=media_type)
    if (request.content_length or 0) > MAX_REQUEST_BYTES:
        raise PayloadTooLarge("the request is too large", expected=f"at most {MAX_REQUEST_BYTES} bytes")
    return (await request.read()).decode("ascii", errors="replace")


def _taken_in(record: MemberRecord) -> web.Response:
    answer = {"entity_id": record.entity_id, "did": record.did, "state": record.state}
    return web.Response(status=202, body=canonical_json(answer), content_type=JSON)


def _parameter(request: web.Request, name: str) -> str:
    values = request.query.getall(name, [])
    if len(values) != 1 or not 0 < len(values[0]) <= 512:
        raise BadInput(f"{name} is missing or not one entity", found=f"{len(values)} values", expected="one entity id")
    return values[0]


def _parameters(request: web.Request, name: str) -> Sequence[str]:
    """A parameter that may come several times."""
    values = request.query.getall(name, [])
    if len(values) > MAX_REPEATED or not all(0 < len(value) <= 512 for value in values):
        raise BadInput(f"{name} is too often or too long", found=f"{len(values)} values", expected="a few identifiers")
    return values


def _flag(request: web.Request, name: str) -> bool:
    values = request.query.getall(name, ["false"])
    if values not in (["true"], ["false"]):
        raise BadInput(f"{name} is not one truth value", found=f"{len(values)} values", expected="true or false")
    return values == ["true"]


def _everybody(request: web.Request) -> bool:
    """Whether suspended and past members are asked for too, by a reader of the claim `ler_membership`."""
    return request.query.getall("ler_membership", []) == ["all"]


def _kind(error: NodeError) -> tuple[int, str]:
    match error:
        case NotFound():
            return 404, "not_found"
        case Forbidden():
            return 403, "access_denied"
        case RateLimited():
            return 429, "temporarily_unavailable"
        case Conflict() | WrongMediaType() | PayloadTooLarge():
            return error.status, "invalid_request"
        case Refused() | PeerError():  # a peer that fails us here is the applicant's own host
            return 400, "invalid_request"
        case StorageError():
            return 503, "temporarily_unavailable"
        case _:
            return 500, "server_error"


def _error(status: int, code: str, error: ProtocolError | NodeError) -> web.Response:
    response = _answer_error(status, code, error.sentence)
    if isinstance(error, RateLimited):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _answer_error(status: int, code: str, description: str) -> web.Response:
    body = canonical_json({"error": code, "error_description": description})
    return web.Response(status=status, body=body, content_type=JSON, headers={"Access-Control-Allow-Origin": "*"})
