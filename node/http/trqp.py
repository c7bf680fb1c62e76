"""The Trust Registry Query Protocol over HTTPS: who may do what in this network, at which time, for anybody who asks.

The answers are public and unsigned; whoever wants proof fetches the statements (`/federation/fetch`).

Spec: https://github.com/trustoverip/tswg-trust-registry-protocol, specification/v2/core/https_binding.md
"""

from collections.abc import Awaitable, Callable
from functools import wraps

from aiohttp import web

from node.errors import BadInput, NotFound, PayloadTooLarge
from node.http.problem import MEDIA_TYPE, WrongMediaType, problem_document, problem_response
from node.keys import SERVICES
from node.services.health import NotReady
from protocols.errors import ProtocolError, TooLarge
from protocols.jose.encoding import canonical_json, parse_object
from protocols.trust.trqp import Kind, TrustQuery

MAX_QUERY_BYTES = 16 * 1024
MAX_QUERY_DEPTH = 4
JSON = "application/json"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}

Handler = Callable[[web.Request], Awaitable[web.Response]]

routes = web.RouteTableDef()


def trqp_errors(handler: Handler) -> Handler:
    """What is wrong with a query is 400, as the binding has it; every other error keeps the status it has here."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except (WrongMediaType, PayloadTooLarge, TooLarge, NotFound, NotReady) as error:
            response = problem_response(error)
            response.headers.update(ANY_ORIGIN)
            return response
        except (BadInput, ProtocolError) as error:
            invalid = BadInput(error.detail, found=error.found, expected=error.expected)
            body = canonical_json({**problem_document(invalid), "status": 400})
            return web.Response(status=400, body=body, content_type=MEDIA_TYPE, headers=ANY_ORIGIN)

    return answered


@routes.post("/trqp/authorization")
@trqp_errors
async def authorization(request: web.Request) -> web.Response:
    """Whether an entity may issue, verify or relay something, as of a time."""
    return await _answer(request, "authorization")


@routes.post("/trqp/recognition")
@trqp_errors
async def recognition(request: web.Request) -> web.Response:
    """Whether the network recognizes an entity: as its member, or in one of its roles."""
    return await _answer(request, "recognition")


@routes.options("/trqp/{query:authorization|recognition}")
async def preflight(_: web.Request) -> web.Response:
    """Scripts of any origin may ask: the answers are the same for everyone, and nothing rides on a cookie."""
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Authorization, Content-Type"}
    return web.Response(status=204, headers={**ANY_ORIGIN, **allowed, "Access-Control-Max-Age": "600"})


async def _answer(request: web.Request, kind: Kind) -> web.Response:
    if request.content_type != JSON:
        raise WrongMediaType("the query has the wrong media type", found=request.content_type, expected=JSON)
    if (request.content_length or 0) > MAX_QUERY_BYTES:
        raise PayloadTooLarge("the query is too large", expected=f"at most {MAX_QUERY_BYTES} bytes")
    body = parse_object(await request.read(), max_bytes=MAX_QUERY_BYTES, max_depth=MAX_QUERY_DEPTH)
    answer = await request.app[SERVICES].trust_queries.answer(kind, TrustQuery.parse(body))
    headers = {**ANY_ORIGIN, "Cache-Control": "no-store"}
    return web.Response(body=canonical_json(answer), content_type=JSON, headers=headers)
