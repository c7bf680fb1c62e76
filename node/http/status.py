"""Status lists as published: whole, cacheable, the same for everyone.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#conformance
"""

from aiohttp import ETag, web

from node.http.wellknown import cacheable
from node.keys import SERVICES
from protocols.jose.encoding import canonical_json

MAX_AGE_S = 5
"""A revocation is to be seen within seconds; what a cache saves is the herd that asks at once."""

routes = web.RouteTableDef()


@routes.get("/status/aggregation")
async def aggregation(request: web.Request) -> web.Response:
    """The URLs of all lists, for whoever keeps them all, so that nobody learns which one they look at."""
    urls = await request.app[SERVICES].status_lists.urls()
    body = canonical_json({"status_lists": list(urls)})
    return cacheable(request, body, content_type="application/json", max_age_s=MAX_AGE_S)


@routes.get("/status/{list_id}")
async def status_list(request: web.Request) -> web.Response:
    """The signed list: `application/vc`, or `application/json` for whoever asks for that."""
    published = await request.app[SERVICES].status_lists.get(request.match_info["list_id"])
    accept = request.headers.get("Accept", "")
    as_json = "application/json" in accept and "application/vc" not in accept
    content_type = "application/json" if as_json else "application/vc"
    tag = ETag(value=published.etag)
    return cacheable(request, published.body, content_type=content_type, max_age_s=MAX_AGE_S, tag=tag)
