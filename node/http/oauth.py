"""OAuth 2.0 for apps of learners: registration, the page on which a learner answers, tokens, and their end.

The page is one form without any script: what the app asks in plain words, and a field for a one-time code of the
institution. Nothing about a learner is in a cookie, so no other page can answer for them.

Specs: https://www.rfc-editor.org/rfc/rfc6749, rfc7591, rfc7009, rfc8414, rfc9207, rfc9700
"""

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from node.errors import BadInput, Conflict, NodeError, PayloadTooLarge, RateLimited
from node.http.page import page_response
from node.http.wellknown import cacheable
from node.keys import SERVICES
from node.services.apps import WrongCode, in_words
from node.services.oauth import Asked, Reply, Request
from protocols.credentials.open_badges.api import Scope
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.oauth.metadata import authorization_server_metadata
from protocols.oauth.redirects import form_target
from protocols.oauth.registration import RegistrationRefused

AUTHORIZE, TOKEN, REGISTER, REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/register", "/oauth/revoke"
MAX_FORM_BYTES = 16 * 1024
MAX_PARAMETERS = 32
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MAX_AGE_S = 300
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CODE, ANSWER, ALLOW = "one_time_code", "answer", "allow"

routes = web.RouteTableDef()


async def server_metadata(request: web.Request) -> web.Response:
    """What this authorization server says of itself (RFC 8414)."""
    base = request.app[SERVICES].identity.base_url
    document = authorization_server_metadata(
        issuer=base,
        authorization=base + AUTHORIZE,
        token=base + TOKEN,
        registration=base + REGISTER,
        revocation=base + REVOKE,
        scopes=[scope.value for scope in Scope],
        documentation=f"{base}/issuer",
    )
    return cacheable(request, canonical_json(document), content_type=JSON, max_age_s=MAX_AGE_S)


@routes.post(REGISTER)
async def register(request: web.Request) -> web.Response:
    """Registers an app (RFC 7591)."""
    try:
        if request.content_type != JSON:
            raise BadInput("another kind of registration", found=request.content_type, expected=JSON)
        description = parse_object(await _body(request), max_depth=8)
        answer = await request.app[SERVICES].apps.register(description, request.remote or "")
    except RegistrationRefused as refusal:
        return _json(400, {"error": refusal.error, "error_description": refusal.sentence})
    except (BadInput, PayloadTooLarge, ProtocolError) as error:
        return _json(400, {"error": "invalid_client_metadata", "error_description": error.sentence})
    except (Conflict, RateLimited) as error:
        return _later(error)
    return _json(201, answer)


@routes.get(AUTHORIZE)
async def authorize(request: web.Request) -> web.Response:
    """The page that says who asks for what, and lets a learner answer."""
    try:
        wanted = _parameters(request.rel_url.raw_query_string)
    except BadInput as error:
        return _page_without_form(400, error.sentence)
    asked = await request.app[SERVICES].apps.ask(_request(request, wanted))
    return _redirect(asked) if isinstance(asked, Reply) else _page(request, asked)


@routes.post(AUTHORIZE)
async def answer(request: web.Request) -> web.Response:
    """A learner's answer: back to the app it goes, or the page again for a code that is not good."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return _page_without_form(403, "This answer was sent by another site.")
    try:
        wanted, said = _parameters(request.rel_url.raw_query_string), _parameters(await _form(request))
    except (BadInput, PayloadTooLarge) as error:
        return _page_without_form(400, error.sentence)
    apps, is_yes = request.app[SERVICES].apps, said.get(ANSWER) == ALLOW
    try:
        made = await apps.answer(_request(request, wanted), said.get(CODE, ""), request.remote or "", allow=is_yes)
    except RateLimited as error:
        return _page_without_form(
            429, "Too many codes that are not good. Wait a minute, then open the app's link again.", error
        )
    if isinstance(made, WrongCode):
        return _page(request, made.asked, wrong=True)
    return _redirect(made)


@routes.post(TOKEN)
async def token(request: web.Request) -> web.Response:
    """An access token for a code or a refresh token."""
    return await _at_endpoint(request, "token")


@routes.post(REVOKE)
async def revoke(request: web.Request) -> web.Response:
    """Ends a token; a refresh token with everything that came of it."""
    return await _at_endpoint(request, "revoke")


@routes.options(TOKEN)
@routes.options(REVOKE)
@routes.options(REGISTER)
async def preflight(_: web.Request) -> web.Response:
    """Browsers' apps may call these from their own origin: nothing here rides on a cookie."""
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Authorization, Content-Type"}
    return web.Response(status=204, headers={**ANY_ORIGIN, **allowed, "Access-Control-Max-Age": "600"})


async def _at_endpoint(request: web.Request, name: str) -> web.Response:
    apps = request.app[SERVICES].apps
    try:
        parameters = _parameters(await _form(request))
        made = _request(request, parameters)
        reply = await (apps.token(made) if name == "token" else apps.revoke(made))
    except (BadInput, PayloadTooLarge) as error:
        return _json(400, {"error": "invalid_request", "error_description": error.sentence})
    return _json(reply.status, reply.body, headers=reply.headers)


def _request(request: web.Request, parameters: Mapping[str, str]) -> Request:
    """With the address that the world knows this node by, whatever stands between."""
    base = urlsplit(request.app[SERVICES].identity.base_url)
    return Request(request.method, f"https://{base.netloc}{request.path_qs}", parameters, request.headers)


def _parameters(text: str) -> dict[str, str]:
    """Each parameter, there once and not empty (RFC 6749, section 3.1)."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError as error:
        raise BadInput("parameters that cannot be read", expected=f"at most {MAX_PARAMETERS}, in UTF-8") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadInput("a parameter stands there twice", expected="each once")
    return {name: value for name, value in found.items() if value}


async def _form(request: web.Request) -> str:
    if request.content_type != FORM:
        raise BadInput("another kind of body", found=request.content_type, expected=FORM)
    return (await _body(request)).decode("utf-8", errors="replace")


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_FORM_BYTES:
        raise PayloadTooLarge("the body is too large", expected=f"at most {MAX_FORM_BYTES} bytes")
    body = await request.read()
    if len(body) > MAX_FORM_BYTES:
        raise PayloadTooLarge("the body is too large", expected=f"at most {MAX_FORM_BYTES} bytes")
    return body


def _redirect(reply: Reply) -> web.Response:
    """To the app, or a page where the request names no place to go to."""
    if reply.location is None:
        return _page_without_form(reply.status, str(reply.body.get("error_description") or reply.body.get("error")))
    return web.Response(status=303, headers={**NO_STORE, "Location": reply.location})


def _page(request: web.Request, asked: Asked, *, wrong: bool = False) -> web.Response:
    institution = request.app[SERVICES].identity.name
    name, host = asked.client["client_name"], urlsplit(asked.redirect_uri).netloc
    title = f"An app asks to reach your badges at {institution}"
    allowed = "".join(f"<li>{escape(words)}</li>" for words in in_words(asked.scopes))
    problem = (
        '<p role="alert"><strong>That code is not good.</strong> It may have been used, or be too old: '
        "ask for a new one.</p>"
        if wrong
        else ""
    )
    main = f"""<h1>{escape(title)}</h1>
<p>It calls itself <strong><bdi>{escape(name)}</bdi></strong>. Your answer, and what it may do then, goes to
<strong>{escape(host)}</strong>. {escape(institution)} has not checked it.</p>
<p>If you allow it, it can:</p><ul>{allowed}</ul>
<p>{escape(institution)} can end that for you at any time.</p>{problem}
<form method="post" action="{escape(request.path_qs)}" autocomplete="off">
<label for="code">One-time code from {escape(institution)}</label>
<input id="code" name="{CODE}" maxlength="40" autocapitalize="characters" spellcheck="false"
 aria-describedby="help"><p id="help">Only you have it. Never type it anywhere but here.</p>
<button name="{ANSWER}" value="{ALLOW}">Allow</button> <button name="{ANSWER}" value="refuse">Do not allow</button>
</form>"""
    status = 403 if wrong else 200
    targets = ("'self'", form_target(asked.redirect_uri))
    return page_response(title, main, status=status, headers=NO_STORE, form_targets=targets)


def _page_without_form(status: int, text: str, error: NodeError | None = None) -> web.Response:
    title = "This cannot be asked so"
    headers = {**NO_STORE, **({"Retry-After": str(error.retry_after_s)} if isinstance(error, RateLimited) else {})}
    main = f"<h1>{title}</h1><p>{escape(text[:300])}</p><p>Nothing was allowed. Go back to the app and start again.</p>"
    return page_response(title, main, status=status, headers=headers)


def _json(status: int, body: JsonObject, *, headers: Mapping[str, str] | None = None) -> web.Response:
    given = {name: value for name, value in (headers or {}).items() if name.lower() != "content-type"}
    return web.Response(
        status=status, body=canonical_json(body), content_type=JSON, headers={**ANY_ORIGIN, **NO_STORE, **given}
    )


def _later(error: Conflict | RateLimited) -> web.Response:
    wait_s = error.retry_after_s if isinstance(error, RateLimited) else 3600
    body: JsonObject = {"error": "temporarily_unavailable", "error_description": error.sentence}
    return _json(429 if isinstance(error, RateLimited) else 503, body, headers={"Retry-After": str(wait_s)})
