"""The filters `trust_marked` and `trust_mark_type` of the list endpoint (OpenID Federation 1.0 section 8.2.1)."""

from collections.abc import Sequence

from aiohttp import web

from node.errors import BadInput
from node.keys import SERVICES
from protocols.trust.marks import check_mark_type


async def with_marks(request: web.Request, listed: Sequence[str]) -> Sequence[str]:
    """Those of `listed` that have a mark, where the request asks for that.

    Raises:
        BadInput: `trust_marked` is neither true nor false.
        StatementRefused: `trust_mark_type` is no type.
    """
    wanted, marked = request.query.get("trust_mark_type"), request.query.get("trust_marked", "false")
    if marked not in ("true", "false"):
        raise BadInput("trust_marked is not a yes or no", found=marked[:40], expected="true or false")
    if wanted is None and marked == "false":
        return listed
    trust_mark_type = None if wanted is None else check_mark_type(wanted)
    return await request.app[SERVICES].trust_marks.among(listed, trust_mark_type)
