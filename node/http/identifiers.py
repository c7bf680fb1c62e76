"""`GET /1.0/identifiers/{did}`: DID resolution over HTTP, as universal resolvers and test suites speak it.

Spec: https://www.w3.org/TR/did-resolution/#bindings-https
"""

from urllib.parse import unquote

from aiohttp import web

from node.errors import BadInput
from node.http.auth import authorize
from node.keys import SERVICES, SETTINGS
from node.services.tokens import Role
from protocols.dids.resolution import (
    MAX_URL_CHARACTERS,
    VERSION_PARAMETERS,
    Options,
    ResolutionError,
    failed,
    parse_options,
    parse_target,
)
from protocols.jose.encoding import JsonObject, canonical_json

PATH = "/1.0/identifiers/"
RESULT = 'application/ld+json;profile="https://w3id.org/did-resolution"'
DOCUMENTS = ("application/did+ld+json", "application/did+json", "application/did")
"""Who accepts one of these gets the document alone."""
_RESULTS = ("application/ld+json", "application/json", "application/did-resolution", "application/*", "*/*")
_STATUS = {"notFound": 404, "representationNotSupported": 406, "methodNotSupported": 501, "internalError": 502}
"""HTTP status by the name of the error; 400 for every other, which is the caller's."""

routes = web.RouteTableDef()


@routes.get(PATH + "{did:.+}")
async def resolve(request: web.Request) -> web.Response:
    """The document of a DID or what a DID URL names; errors are in the metadata, with a status beside them."""
    text = _target_text(request)
    is_url = any(character in text for character in "/?#")
    try:
        return await _answer(request, text)
    except ResolutionError as error:
        return _response(failed(error, is_url=is_url), _STATUS.get(error.name, 400), RESULT)


async def _answer(request: web.Request, text: str) -> web.Response:
    wanted = _wanted(request.headers.get("Accept", "*/*"))
    target, options = parse_target(text, _version_beside(request)), _options(request)
    identifiers = request.app[SERVICES].identifiers
    if not identifiers.is_local(target) and not request.app[SETTINGS].vc_api.open:
        await authorize(request, tuple(Role))
    found = await identifiers.find(target, options)
    status = 410 if found.is_over else 200
    if wanted in DOCUMENTS and not target.is_url:
        return _response(found.document, status, wanted)
    return _response(identifiers.result(found, target), status, RESULT)


def _target_text(request: web.Request) -> str:
    """The DID as it was sent: percent-encoded as a whole, or as it is; a did:web has an encoded colon of its own."""
    sent = request.raw_path.partition("?")[0].partition(PATH)[2]
    if len(sent) > 3 * MAX_URL_CHARACTERS:
        raise BadInput("a DID too long", found=f"{len(sent)} characters")
    return sent if sent.startswith("did:") else unquote(sent)


def _version_beside(request: web.Request) -> dict[str, str]:
    """Which version is asked for in the query of the request, instead of in a DID URL."""
    return {name: request.query[name] for name in VERSION_PARAMETERS if name in request.query}


def _options(request: web.Request) -> Options:
    query = request.query
    return parse_options(
        query.get("publicKeyFormat"),
        experimental=query.get("enableExperimentalPublicKeyTypes") == "true",
        derives_agreement=query.get("enableEncryptionKeyDerivation") != "false",
    )


def _wanted(accept: str) -> str:
    """The first media type of `accept` that there is; raises ResolutionError `representationNotSupported`."""
    for part in accept.split(","):
        media_type = part.partition(";")[0].strip().lower()
        if media_type in DOCUMENTS or media_type in _RESULTS:
            return media_type
    expected = f"{RESULT} or {DOCUMENTS[0]}"
    raise ResolutionError("another form", name="representationNotSupported", found=accept[:80], expected=expected)


def _response(value: JsonObject, status: int, content_type: str) -> web.Response:
    headers = {"Content-Type": content_type, "Access-Control-Allow-Origin": "*"}
    return web.Response(status=status, body=canonical_json(value), headers=headers)
