"""Issuance logs: the heads of our own and of those that we follow, with who saw them, for whoever compares them.

They are the same for everyone, so nobody learns which credential somebody looks at.
"""

from aiohttp import web

from node.errors import BadInput
from node.http.wellknown import cacheable
from node.keys import SERVICES
from protocols.jose.encoding import canonical_json
from protocols.trust.entity import check_entity_id
from protocols.trust.issuance_log.merkle import MAX_SIZE

MAX_AGE_S = 5
JSON = "application/json"

routes = web.RouteTableDef()


@routes.get("/log/heads")
async def heads(request: web.Request) -> web.Response:
    """{log, heads: [{head, path, cosignatures}, …]}: up to 256 of more than `after` entries, of `log` or of ours."""
    services = request.app[SERVICES]
    log = check_entity_id(request.query.get("log", services.configuration.entity_id))
    found = await services.witnessing.heads(log, _size(request, "after", "0"))
    return cacheable(request, canonical_json(found), content_type=JSON, max_age_s=MAX_AGE_S)


@routes.get("/log/consistency")
async def consistency(request: web.Request) -> web.Response:
    """{from, to, path}: the proof that our log of `to` entries begins with that of `from` (RFC 9162 section 2.1.4)."""
    earlier, later = _size(request, "from"), _size(request, "to")
    found = await request.app[SERVICES].issuance_log.proof_between(earlier, later)
    return cacheable(request, canonical_json(found), content_type=JSON, max_age_s=MAX_AGE_S)


def _size(request: web.Request, name: str, default: str = "") -> int:
    text = request.query.get(name, default)
    if not text.isascii() or not text.isdigit() or len(text) > 13 or int(text) > MAX_SIZE:
        raise BadInput(f"{name} is not a number of entries", found=text[:20], expected="0 or more")
    return int(text)
