"""Faces of the network as documents that anybody fetches and keeps: registry, governance, former keys.

Refusals have the form of OpenID Federation, as their neighbours' have.
"""

from aiohttp import web

from node.http.federation import JSON, MAX_AGE_S, oidf_errors
from node.http.wellknown import cacheable
from node.keys import SERVICES
from protocols.jose.encoding import canonical_json
from protocols.trust.historical_keys import HISTORICAL_KEYS_TYP

routes = web.RouteTableDef()


@routes.get("/federation/registry.json")
@oidf_errors
async def registry(request: web.Request) -> web.Response:
    """The members that issue, in the shape of a known-issuer registry."""
    body = canonical_json(await request.app[SERVICES].trust_documents.registry())
    return cacheable(request, body, content_type=JSON, max_age_s=MAX_AGE_S)


@routes.get("/federation/governance.json")
@oidf_errors
async def governance(request: web.Request) -> web.Response:
    """What this network is, and how it can be asked."""
    body = canonical_json(await request.app[SERVICES].trust_documents.governance())
    return cacheable(request, body, content_type=JSON, max_age_s=MAX_AGE_S)


@routes.get("/federation/historical_keys")
@oidf_errors
async def historical_keys(request: web.Request) -> web.Response:
    """The federation keys that this node signs with no more."""
    token = await request.app[SERVICES].historical_keys.current()
    content_type = f"application/{HISTORICAL_KEYS_TYP}"
    return cacheable(request, token.encode("ascii"), content_type=content_type, max_age_s=MAX_AGE_S)
