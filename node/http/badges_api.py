"""The API of Open Badges 3.0, under /ims/ob/v3p0: a learner's badges and profile for the apps that they let in.

Refusals have the form of the specification, Imsx_StatusInfo, not that of a problem document.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#api
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import wraps
from urllib.parse import urlencode

from aiohttp import web

from node.errors import BadInput, Forbidden, NodeError, PayloadTooLarge, Unauthenticated
from node.http.oauth import ANY_ORIGIN, AUTHORIZE, REGISTER, TOKEN
from node.http.problem import WrongMediaType
from node.http.wellknown import cacheable
from node.keys import LOG, SERVICES, SETTINGS
from node.services.apps import Bearer
from node.services.backpack import Stored
from protocols.credentials.open_badges.api import INVALID_QUERY, Scope, service_description, status_info
from protocols.credentials.times import parse_time
from protocols.errors import MalformedCredential, ProtocolError, TooLarge
from protocols.jose.encoding import JsonObject, canonical_json, parse_object

BASE = "/ims/ob/v3p0"
JSON, TEXT = "application/json", "text/plain"
OBJECTS = (JSON, "application/ld+json", "application/vc+ld+json", "application/vc")
MAX_BADGE_BYTES = 256 * 1024
MAX_PROFILE_BYTES = 64 * 1024
MAX_TOKEN_CHARACTERS = 200
MOST, USUAL = 100, 50
MAX_OFFSET = 1_000_000
MAX_AGE_S = 300
_STORED = {Stored.CREATED: 201, Stored.REPLACED: 200, Stored.UNCHANGED: 304}

Handler = Callable[[web.Request], Awaitable[web.Response]]

routes = web.RouteTableDef()


class InvalidQuery(Exception):
    """A query parameter that cannot be what it is; its text says so."""


def imsx_errors(handler: Handler) -> Handler:
    """Turns what is raised into the specification's error answers."""

    @wraps(handler)
    async def answered(request: web.Request) -> web.Response:
        try:
            if not _accepts_json(request):
                return _refused(406, "Answers are application/json.")
            return await handler(request)
        except Unauthenticated as error:
            return _refused(401, error.sentence, headers={"WWW-Authenticate": _challenge(error.found)})
        except Forbidden as error:
            asked = f'error="insufficient_scope", scope="{error.expected}"'
            return _refused(403, error.sentence, headers={"WWW-Authenticate": f'Bearer realm="{BASE}", {asked}'})
        except InvalidQuery as error:
            return _refused(400, str(error), code_minor=INVALID_QUERY)
        except NodeError as error:
            if error.status >= 500:
                request.app[LOG].warning("badges request failed", kind=type(error).__name__)
            return _refused(error.status, error.sentence)
        except TooLarge as error:
            return _refused(413, error.sentence)
        except MalformedCredential as error:
            return _refused(422, error.sentence)
        except ProtocolError as error:
            return _refused(400, error.sentence)

    return answered


@routes.get(f"{BASE}/discovery")
@imsx_errors
async def discovery(request: web.Request) -> web.Response:
    """The service description: an OpenAPI document with where to register and to ask."""
    identity, settings = request.app[SERVICES].identity, request.app[SETTINGS].apps
    base = identity.base_url
    document = service_description(
        server=base + BASE,
        name=f"{identity.name}: badges of its learners",
        terms=settings.terms_url or f"{base}/issuer",
        privacy_policy=settings.privacy_policy_url or f"{base}/issuer",
        authorization=base + AUTHORIZE,
        token=base + TOKEN,
        registration=base + REGISTER,
        paths=_paths(),
        schemas={"Imsx_StatusInfo": {"type": "object"}},
    )
    return cacheable(request, canonical_json(document), content_type=JSON, max_age_s=MAX_AGE_S)


@routes.get(f"{BASE}/credentials")
@imsx_errors
async def get_credentials(request: web.Request) -> web.Response:
    """The learner's badges, in the order of their issuing."""
    bearer = await _bearer(request, Scope.CREDENTIAL_READONLY)
    limit, offset = _number(request, "limit", USUAL, 1, MOST), _number(request, "offset", 0, 0, MAX_OFFSET)
    page = await request.app[SERVICES].backpack.page(
        bearer.learner_id, since=_since(request), limit=limit, offset=offset
    )
    headers = {"X-Total-Count": str(page.total), "Link": _links(request, page.total, limit, offset)}
    body = {"credential": list(page.documents), "compactJwsString": list(page.tokens)}
    return _json(200, body, headers={name: value for name, value in headers.items() if value})


@routes.post(f"{BASE}/credentials")
@imsx_errors
async def upsert_credential(request: web.Request) -> web.Response:
    """Keeps a badge that an app brings, in place of the one with the same issuer and id."""
    bearer = await _bearer(request, Scope.CREDENTIAL_UPSERT)
    body = await _body(request, (*OBJECTS, TEXT), MAX_BADGE_BYTES)
    brought = body.decode("ascii", errors="replace").strip() if request.content_type == TEXT else parse_object(body)
    if isinstance(brought, str) and brought.count(".") < 2:
        raise BadInput("this is no compact JWS", expected="three parts with dots between")
    stored = await request.app[SERVICES].backpack.put(bearer.learner_id, bearer.client_id, brought)
    if isinstance(brought, str):
        return web.Response(status=_STORED[stored], text=brought, content_type=TEXT, headers=ANY_ORIGIN)
    return _json(_STORED[stored], brought)


@routes.get(f"{BASE}/profile")
@imsx_errors
async def get_profile(request: web.Request) -> web.Response:
    """What the learner says of themselves."""
    bearer = await _bearer(request, Scope.PROFILE_READONLY)
    return _json(200, await request.app[SERVICES].backpack.profile(bearer.learner_id))


@routes.put(f"{BASE}/profile")
@imsx_errors
async def put_profile(request: web.Request) -> web.Response:
    """Keeps what the learner says of themselves."""
    bearer = await _bearer(request, Scope.PROFILE_UPDATE)
    document = parse_object(await _body(request, OBJECTS, MAX_PROFILE_BYTES), max_depth=16)
    return _json(200, await request.app[SERVICES].backpack.set_profile(bearer.learner_id, document))


@routes.options(f"{BASE}/{{rest:.*}}")
async def preflight(_: web.Request) -> web.Response:
    """Browsers' apps may call this from their own origin: nothing here rides on a cookie."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST, PUT",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
    }
    return web.Response(status=204, headers={**ANY_ORIGIN, **allowed})


@routes.route("*", f"{BASE}/{{rest:.*}}")
async def other(request: web.Request) -> web.Response:
    """A path that there is none of, or a method that it does not have."""
    is_known = f"/{request.match_info['rest']}" in _PATHS
    if is_known:
        methods = ", ".join(sorted(method.upper() for method in _PATHS[f"/{request.match_info['rest']}"]))
        return _refused(405, f"This can be asked by {methods}.", headers={"Allow": methods})
    return _refused(404, "There is nothing here.")


async def _bearer(request: web.Request, scope: Scope) -> Bearer:
    """Who asks, when they may do this."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= MAX_TOKEN_CHARACTERS:
        raise Unauthenticated("this needs an access token", expected="Authorization: Bearer TOKEN")
    bearer = await request.app[SERVICES].apps.bearer(token)
    if bearer is None:
        raise Unauthenticated("this needs an access token", found="invalid_token", expected="one that is still good")
    if scope.value not in bearer.scopes:
        raise Forbidden("this token does not allow that", expected=scope.value)
    return bearer


async def _body(request: web.Request, media_types: tuple[str, ...], most: int) -> bytes:
    if request.content_type not in media_types:
        raise WrongMediaType("another kind of body", found=request.content_type, expected=" or ".join(media_types))
    if (request.content_length or 0) > most:
        raise PayloadTooLarge("the body is too large", expected=f"at most {most} bytes")
    body = await request.read()
    if len(body) > most:
        raise PayloadTooLarge("the body is too large", expected=f"at most {most} bytes")
    return body


def _number(request: web.Request, name: str, usual: int, least: int, most: int) -> int:
    text = request.query.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
        raise InvalidQuery(f"{name}: found {text[:20]!r}, expected {least} to {most}")
    return int(text)


def _since(request: web.Request) -> datetime | None:
    text = request.query.get("since")
    try:
        return None if text is None else parse_time(text, "since")
    except MalformedCredential as error:
        raise InvalidQuery(error.sentence) from error


def _links(request: web.Request, total: int, limit: int, offset: int) -> str:
    """First, last, next and prev, as far as there are such pages (RFC 8288)."""
    base = f"{request.app[SERVICES].identity.base_url}{BASE}/credentials"
    kept = {"since": request.query["since"]} if "since" in request.query else {}
    last = max(total - 1, 0) // limit * limit
    places = {"first": 0, "last": last}
    if offset + limit < total:
        places["next"] = offset + limit
    if offset > 0:
        places["prev"] = max(offset - limit, 0)
    return ", ".join(
        f'<{base}?{urlencode({"limit": limit, "offset": place, **kept})}>; rel="{rel}"' for rel, place in places.items()
    )


def _accepts_json(request: web.Request) -> bool:
    accept = request.headers.get("Accept", "*/*")
    return any(kind in accept for kind in ("*/*", "application/*", "json", TEXT))


def _challenge(found: str | None) -> str:
    error = ', error="invalid_token"' if found == "invalid_token" else ""
    return f'Bearer realm="{BASE}"{error}'


def _json(status: int, body: JsonObject, *, headers: dict[str, str] | None = None) -> web.Response:
    exposed = {"Access-Control-Expose-Headers": "X-Total-Count, Link"}
    given = {**ANY_ORIGIN, **exposed, "Cache-Control": "no-store", **(headers or {})}
    return web.Response(status=status, body=canonical_json(body), content_type=JSON, headers=given)


def _refused(
    status: int, description: str, *, code_minor: str | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    return _json(status, status_info(status, description, code_minor=code_minor), headers=headers)


_PATHS: dict[str, dict[str, tuple[str, Scope | None]]] = {
    "/discovery": {"get": ("getServiceDescription", None)},
    "/credentials": {
        "get": ("getCredentials", Scope.CREDENTIAL_READONLY),
        "post": ("upsertCredential", Scope.CREDENTIAL_UPSERT),
    },
    "/profile": {
        "get": ("getProfile", Scope.PROFILE_READONLY),
        "put": ("putProfile", Scope.PROFILE_UPDATE),
    },
}


def _paths() -> JsonObject:
    """The operations, for the service description."""
    refused = {
        "description": "Refused, or failed.",
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Imsx_StatusInfo"}}},
    }
    return {
        path: {
            method: {
                "operationId": operation,
                "responses": {"200": {"description": "Done."}, "default": refused},
                **({} if scope is None else {"security": [{"OAuth2ACG": [scope.value]}]}),
            }
            for method, (operation, scope) in methods.items()
        }
        for path, methods in _PATHS.items()
    }
