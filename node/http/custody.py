"""What this node keeps for institutions that have closed: who made it their custodian, and their status lists.

Everything is public and the same for everyone; each part is believed by its signatures.
"""

from aiohttp import ETag, web

from node.errors import BadInput, PayloadTooLarge
from node.http.problem import WrongMediaType
from node.http.wellknown import cacheable
from node.keys import SERVICES
from node.services.web import CONFIRMATION
from protocols.jose.encoding import canonical_json
from protocols.trust.entity import check_entity_id
from protocols.trust.succession import MAX_TOKEN_BYTES

MAX_AGE_S = 5
JSON = "application/json"

routes = web.RouteTableDef()


@routes.get("/federation/custody")
async def custody(request: web.Request) -> web.Response:
    """{succession, date, confirmations}: what makes this node the custodian of an institution's records."""
    found = await request.app[SERVICES].custody.published(_institution(request))
    return cacheable(request, canonical_json(found), content_type=JSON, max_age_s=MAX_AGE_S)


@routes.post("/federation/custody")
async def confirm(request: web.Request) -> web.Response:
    """Takes in a member's confirmation that an institution has closed; 202: it is kept."""
    if request.content_type != CONFIRMATION:
        raise WrongMediaType("another kind of request", found=request.content_type, expected=CONFIRMATION)
    if (request.content_length or 0) > MAX_TOKEN_BYTES or len(body := await request.read()) > MAX_TOKEN_BYTES:
        raise PayloadTooLarge("the confirmation is too large", expected=f"at most {MAX_TOKEN_BYTES} bytes")
    token = body.decode("ascii", errors="replace")
    await request.app[SERVICES].custody.confirmed(token, _institution(request))
    return web.Response(status=202, body=b"{}", content_type=JSON)


@routes.get("/custody/status")
async def status_list(request: web.Request) -> web.Response:
    """The status list that stood at `url`, as it is now, signed by this node."""
    url = request.query.get("url", "")
    if not 0 < len(url) <= 2048:
        raise BadInput("url is missing", expected="the address that a credential names")
    published = await request.app[SERVICES].custody.status_list(url)
    tag = ETag(value=published.etag)
    return cacheable(request, published.body, content_type="application/vc", max_age_s=MAX_AGE_S, tag=tag)


def _institution(request: web.Request) -> str:
    return check_entity_id(request.query.get("institution"))
