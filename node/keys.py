"""Every key of the aiohttp application and of a request, typed."""

from aiohttp import web

from node.clock import Clock
from node.log import Log
from node.metrics import Metrics
from node.services.wiring import Services
from node.settings import Settings

CLOCK = web.AppKey("clock", Clock)
LOG = web.AppKey("log", Log)
METRICS = web.AppKey("metrics", Metrics)
SERVICES = web.AppKey("services", Services)
SETTINGS = web.AppKey("settings", Settings)

REQUEST_ID = web.RequestKey("request_id", str)
