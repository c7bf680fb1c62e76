"""Status lists as published: whole, cacheable, the same for everyone.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#conformance
"""

from aiohttp import ETag, web

from node.http.wellknown import cacheable
from node.keys import SERVICES
from protocols.jose.encoding import canonical_json
from protocols.status.token_list import MEDIA_TYPE

MAX_AGE_S = 5
"""A revocation is to be seen within seconds; what a cache saves is the herd that asks at once."""

MEDIA_TYPES = ("application/vc", MEDIA_TYPE, "application/json")
"""What a list is served as, the first that is asked for."""

routes = web.RouteTableDef()


@routes.get("/status/aggregation")
async def aggregation(request: web.Request) -> web.Response:
    """The URLs of all lists, for whoever keeps them all, so that nobody learns which one they look at."""
    urls = await request.app[SERVICES].status_lists.urls()
    body = canonical_json({"status_lists": list(urls)})
    return cacheable(request, body, content_type="application/json", max_age_s=MAX_AGE_S)


@routes.get("/status/{list_id}")
async def status_list(request: web.Request) -> web.Response:
    """The signed list: `application/vc`, or for whoever asks for that `application/json` or a Status List Token."""
    lists, list_id = request.app[SERVICES].status_lists, request.match_info["list_id"]
    accept = request.headers.get("Accept", "")
    content_type = next((kind for kind in MEDIA_TYPES if kind in accept), MEDIA_TYPES[0])
    published = await (lists.token(list_id) if content_type == MEDIA_TYPE else lists.get(list_id))
    tag = ETag(value=published.etag)
    response = cacheable(request, published.body, content_type=content_type, max_age_s=MAX_AGE_S, tag=tag)
    response.headers["Vary"] = "Accept"
    return response
