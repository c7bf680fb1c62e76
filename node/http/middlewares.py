"""What every request passes, outermost first: a line in the log and the metric, problem documents, headers.

aiohttp calls a middleware with parameters named `request` and `handler`.
"""

from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from node.clock import new_id
from node.errors import NodeError
from node.http.problem import INTERNAL, kind_of, problem_response
from node.keys import CLOCK, LOG, METRICS, REQUEST_ID, SETTINGS
from protocols.errors import ProtocolError

MAX_BODY_BYTES = 1024 * 1024
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
CLIENT_WENT_AWAY = 499
OPERATORS_PATHS = ("/api/", "/console/", "/metrics")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-site",
    "Server": "ler-node",
    "Strict-Transport-Security": "max-age=31536000",
}
"""Set where the endpoint did not set its own."""


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line and one measurement a request: its route, never its query, its path values or its body."""
    request[REQUEST_ID] = new_id()
    clock, metrics = request.app[CLOCK], request.app[METRICS]
    began_s = clock.monotonic()
    status = CLIENT_WENT_AWAY
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        took_s = clock.monotonic() - began_s
        route = _route_of(request)
        method = request.method if request.method in METHODS else "other"
        metrics.http_requests.labels(route, method, status).inc()
        metrics.http_seconds.labels(route).observe(took_s)
        request.app[LOG].info(
            "request answered",
            method=method,
            route=route,
            status=status,
            took_ms=round(took_s * 1000, 1),
            request_id=request[REQUEST_ID],
        )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal and every failure as a problem document. A failure of ours also goes to the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return problem_response(error)
    except (NodeError, ProtocolError) as error:
        if kind_of(error) is INTERNAL:
            _log_fault(request, error)
        return problem_response(error)
    except Exception as error:
        _log_fault(request, error)
        return problem_response(error)


@web.middleware
async def secure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Security headers on everything that has not been sent yet."""
    response = await handler(request)
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    return response


@web.middleware
async def operators_side(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Where `admin.listen` names an address of its own, the operators' paths are served there and nowhere else."""
    admin = request.app[SETTINGS].admin_address
    if admin is not None and request.path.startswith(OPERATORS_PATHS) and _local_port(request) != admin.port:
        raise web.HTTPNotFound
    return await handler(request)


MIDDLEWARES = (observe, secure, problems, operators_side)


def _route_of(request: web.Request) -> str:
    """The template of the path: `/status/{id}`; what no route takes is one name, so that strangers add no metric."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _local_port(request: web.Request) -> int | None:
    if request.transport is None:
        return None
    address: tuple[str, int] | None = request.transport.get_extra_info("sockname")
    return None if address is None else address[1]


def _log_fault(request: web.Request, error: Exception) -> None:
    request.app[LOG].error("request failed", request_id=request[REQUEST_ID], exc_info=error)
