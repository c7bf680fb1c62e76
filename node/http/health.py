"""Whether this process lives, whether it can do its work, and how it has been doing.

`/health/live` asks nothing of anything, so that a busy database does not get a process killed. `/health/ready` is 200
when messages can be accepted and made durable.
"""

from aiohttp import web

from node.keys import METRICS, SERVICES
from node.metrics import CONTENT_TYPE

routes = web.RouteTableDef()


@routes.get("/health/live")
async def live(_: web.Request) -> web.Response:
    return web.json_response({"status": "live"})


@routes.get("/health/ready")
async def ready(request: web.Request) -> web.Response:
    await request.app[SERVICES].health.check()
    return web.json_response({"status": "ready"})


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Prometheus text format."""
    await request.app[SERVICES].health.measure()
    return web.Response(body=request.app[METRICS].render(), headers={"Content-Type": CONTENT_TYPE})
