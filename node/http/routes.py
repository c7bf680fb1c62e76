"""Every path of this node, put together: what stands at the root, and what stands under the node's base URL.

A did:web with a path (`did:web:example.edu:campus`) has its endpoints under that path, since its DID document and its
messages name them so. Health, metrics and the operators' API are at the root always.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from aiohttp import web

from node.http import (
    badges_api,
    custody,
    didcomm,
    federation,
    health,
    identifiers,
    interaction,
    issuance_log,
    issuer,
    oauth,
    status,
    trqp,
    trust_documents,
    trust_marks,
)
from node.http.api.routes import api_routes
from node.http.vc_api import routes as vc_api
from node.http.wellknown import wellknown_routes
from node.settings import Settings

PUBLIC: tuple[web.RouteTableDef, ...] = (
    badges_api.routes,
    custody.routes,
    didcomm.routes,
    federation.routes,
    identifiers.routes,
    interaction.routes,
    issuance_log.routes,
    issuer.routes,
    oauth.routes,
    status.routes,
    trqp.routes,
    trust_documents.routes,
    trust_marks.routes,
    vc_api.routes,
)
"""What other parties call by a URL that they got from this node: messages, status lists, metadata, interactions."""


def all_routes(settings: Settings) -> list[web.AbstractRouteDef]:
    """The routes of the node that `settings` describe."""
    base = urlsplit(settings.base_url).path
    return [
        *wellknown_routes(settings.did),
        web.get(f"/.well-known/oauth-authorization-server{base}", oauth.server_metadata),
        *health.routes,
        *api_routes(),
        *(route for routes in PUBLIC for route in under(base, routes)),
    ]


def under(base: str, routes: Iterable[web.AbstractRouteDef]) -> Sequence[web.AbstractRouteDef]:
    """`routes` with `base` ("" or "/campus") before their paths."""
    return [
        web.RouteDef(route.method, base + route.path, route.handler, route.kwargs)
        if isinstance(route, web.RouteDef)
        else route
        for route in routes
    ]
