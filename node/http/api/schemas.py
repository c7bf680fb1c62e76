"""JSON Schemas of what the API answers, for whoever files it: public, like the forms themselves."""

from aiohttp import web

from protocols.jose.encoding import canonical_json
from protocols.verification.report_schema import REPORT_SCHEMA


async def report_schema(_: web.Request) -> web.Response:
    """The schema of the verification report."""
    return web.Response(body=canonical_json(REPORT_SCHEMA), content_type="application/schema+json")
