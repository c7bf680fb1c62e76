"""What this node answers about the trust marks that it issues: a mark, who has one, and whether one still holds.

All three are public: a mark is for showing, and names institutions.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.4 to #section-8.6
"""

from urllib.parse import parse_qs

from aiohttp import web

from node.errors import BadInput, PayloadTooLarge
from node.http.federation import JSON, MAX_AGE_S, oidf_errors
from node.http.problem import WrongMediaType
from node.http.wellknown import cacheable
from node.keys import SERVICES
from protocols.jose.encoding import canonical_json
from protocols.trust.entity import check_entity_id
from protocols.trust.mark_status import STATUS_TYP
from protocols.trust.marks import MARK_TYP, MAX_MARK_BYTES, check_mark_type

FORM = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 2 * MAX_MARK_BYTES
MAX_FIELDS = 16

routes = web.RouteTableDef()


@routes.get("/federation/trust_mark")
@oidf_errors
async def trust_mark(request: web.Request) -> web.Response:
    """The mark of one entity; 404 where it has none, or none any more."""
    trust_mark_type, subject = check_mark_type(_one(request, "trust_mark_type")), check_entity_id(_one(request, "sub"))
    token = await request.app[SERVICES].trust_marks.token(trust_mark_type, subject)
    content_type = f"application/{MARK_TYP}"
    return cacheable(request, token.encode("ascii"), content_type=content_type, max_age_s=MAX_AGE_S)


@routes.get("/federation/trust_marked_list")
@oidf_errors
async def trust_marked_list(request: web.Request) -> web.Response:
    """Entity ids of those who have a mark now."""
    trust_mark_type = check_mark_type(_one(request, "trust_mark_type"))
    subject = check_entity_id(_one(request, "sub")) if "sub" in request.query else None
    listed = await request.app[SERVICES].trust_marks.marked(trust_mark_type, subject)
    return cacheable(request, canonical_json(list(listed)), content_type=JSON, max_age_s=MAX_AGE_S)


@routes.post("/federation/trust_mark_status")
@oidf_errors
async def trust_mark_status(request: web.Request) -> web.Response:
    """A signed answer whether a mark of this node's still holds; 404 for one that is not."""
    if request.content_type != FORM:
        raise WrongMediaType("another kind of request", found=request.content_type, expected=FORM)
    if (request.content_length or 0) > MAX_FORM_BYTES:
        raise PayloadTooLarge("the request is too large", expected=f"at most {MAX_FORM_BYTES} bytes")
    token = await request.app[SERVICES].trust_marks.status(_mark_in(await request.read()))
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
    return web.Response(text=token, content_type=f"application/{STATUS_TYP}", headers=headers)


def _mark_in(body: bytes) -> str:
    """The form field `trust_mark`; other fields are ignored, as the specification asks."""
    if len(body) > MAX_FORM_BYTES:
        raise PayloadTooLarge("the request is too large", expected=f"at most {MAX_FORM_BYTES} bytes")
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise BadInput("not a form", expected=f"at most {MAX_FIELDS} fields in ASCII") from error
    values = fields.get("trust_mark", [])
    if len(values) != 1:
        raise BadInput("trust_mark is missing or not one", found=f"{len(values)} values", expected="one trust mark")
    return values[0]


def _one(request: web.Request, name: str) -> str:
    values = request.query.getall(name, [])
    if len(values) != 1 or not 0 < len(values[0]) <= 512:
        raise BadInput(f"{name} is missing or not one value", found=f"{len(values)} values", expected="one value")
    return values[0]
