"""Status lists as published: whole, cacheable, the same for everyone.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/#conformance
"""

from aiohttp import web

from node.http.wellknown import cacheable
from node.keys import SERVICES

MAX_AGE_S = 5
"""A revocation is to be seen within seconds; what a cache saves is the herd that asks at once."""

routes = web.RouteTableDef()


@routes.get("/status/{list_id}")
async def status_list(request: web.Request) -> web.Response:
    """The signed list: `application/vc`, or `application/json` for whoever asks for that."""
    published = await request.app[SERVICES].status_lists.get(request.match_info["list_id"])
    accept = request.headers.get("Accept", "")
    as_json = "application/json" in accept and "application/vc" not in accept
    content_type = "application/json" if as_json else "application/vc"
    return cacheable(request, published.body, content_type=content_type, max_age_s=MAX_AGE_S)
