"""The DID document of this node, where its did:web says it is, its history, and what links that DID to the web origin.

Specs: https://w3c-ccg.github.io/did-method-web/#read-resolve, https://identity.foundation/didwebvh/v1.0/,
https://identity.foundation/.well-known/resources/did-configuration/
"""

from urllib.parse import urlsplit

from aiohttp import ETag, web

from node.keys import SERVICES
from protocols.dids.web import document_url
from protocols.jose.encoding import canonical_json, digest

MAX_AGE_S = 60
"""How long a peer may keep it: the time in which a rotation becomes known."""


def wellknown_routes(did: str) -> list[web.RouteDef]:
    """`/.well-known/did.json`, or `/path/did.json` for a did:web with a path; the configuration is the origin's."""
    path = urlsplit(document_url(did)).path
    return [
        web.get(path, did_document),
        web.get(path.removesuffix(".json") + ".jsonl", did_log),
        web.get("/.well-known/did-configuration.json", did_configuration),
    ]


async def did_document(request: web.Request) -> web.Response:
    """The document, with an ETag over its bytes; open to scripts of any origin, as wallets in browsers resolve it."""
    body = canonical_json(request.app[SERVICES].identity.did_document())
    return cacheable(request, body, content_type="application/did+json", max_age_s=MAX_AGE_S)


async def did_log(request: web.Request) -> web.Response:
    """Every version of the document, as a did:webvh; 404 where the node publishes none."""
    body = await request.app[SERVICES].own_history.log()
    return cacheable(request, body, content_type="text/jsonl", max_age_s=MAX_AGE_S)


async def did_configuration(request: web.Request) -> web.Response:
    """Domain linkage: this origin and the DID belong together."""
    body = canonical_json(request.app[SERVICES].identity.did_configuration())
    return cacheable(request, body, content_type="application/json", max_age_s=MAX_AGE_S)


def cacheable(
    request: web.Request, body: bytes, *, content_type: str, max_age_s: int, tag: ETag | None = None
) -> web.Response:
    """A public document with its ETag, or 304 where the caller has it already.

    Args:
        tag: where it is known already, or does not cover every byte; otherwise it is made of `body`.
    """
    tag = tag or ETag(value=digest(body))
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={max_age_s}"}
    if any(known.value in (tag.value, "*") for known in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(body=body, content_type=content_type, headers=headers)
    response.etag = tag
    return response
