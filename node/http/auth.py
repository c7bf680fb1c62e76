"""`Authorization: Bearer TOKEN` for the API: who is calling, and whether they may."""

from collections.abc import Collection

from aiohttp import web

from node.errors import Forbidden, Unauthenticated
from node.keys import SERVICES
from node.services.tokens import Principal, Role

MAX_TOKEN_CHARACTERS = 200
EXPECTED = "Authorization: Bearer TOKEN"


async def authorize(request: web.Request, roles: Collection[Role]) -> Principal:
    """Who is calling, if they have one of `roles`.

    Raises:
        Unauthenticated: no token or an unknown one.
        Forbidden: a good token without the role.
        RateLimited: too many failures from this address.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= MAX_TOKEN_CHARACTERS:
        raise Unauthenticated("this needs an API token", found=scheme[:20] or "nothing", expected=EXPECTED)
    principal = await request.app[SERVICES].tokens.authenticate(token, request.remote or "")
    if principal is None:
        raise Unauthenticated("this needs an API token", found="an unknown token", expected=EXPECTED)
    if not principal.roles.intersection(roles):
        raise Forbidden(
            "this token may not do that",
            found=", ".join(sorted(principal.roles)) or "no role",
            expected=" or ".join(sorted(roles)),
        )
    return principal
