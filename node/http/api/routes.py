"""All operations, found by a scan of this package, as routes; and the two documents made from them.

A subject file defines `OPERATIONS`; adding one edits no other file.
"""

import importlib
import pkgutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web

from node.http import api
from node.http.api.docs import docs_page
from node.http.api.openapi import openapi
from node.http.api.operation import AnyOperation
from node.http.api.schemas import report_schema
from node.http.page import as_page
from protocols.jose.encoding import JsonObject, canonical_json

PREFIX = "/api/v1"
TITLE = "LER exchange node"


@cache
def operations() -> tuple[AnyOperation, ...]:
    """Every operation of every subject, in the order of the paths; two for one method and path are a fault of ours."""
    found: dict[tuple[str, str], AnyOperation] = {}
    for module_info in pkgutil.iter_modules(api.__path__, f"{api.__name__}."):
        module = importlib.import_module(module_info.name)
        listed: tuple[AnyOperation, ...] = getattr(module, "OPERATIONS", ())
        for operation in listed:
            key = (operation.path, operation.method)
            if key in found:
                raise LookupError(f"{module_info.name}: {operation.method} {operation.path} is served twice")
            found[key] = operation
    return tuple(found[key] for key in sorted(found))


@cache
def openapi_document() -> JsonObject:
    """The document served at /api/openapi.json."""
    return openapi(operations(), prefix=PREFIX, title=TITLE, version=_version())


def _version() -> str:
    try:
        return version("ler-exchange-node")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0"


async def _openapi(_: web.Request) -> web.Response:
    return web.Response(body=canonical_json(openapi_document()), content_type="application/json")


async def _docs(_: web.Request) -> web.Response:
    return as_page(web.Response(text=docs_page(operations(), prefix=PREFIX, title=TITLE)))


def api_routes() -> list[web.RouteDef]:
    """One route an operation, and the documents."""
    return [
        web.get("/api/openapi.json", _openapi),
        web.get("/api/docs", _docs),
        web.get("/api/schemas/report.json", report_schema),
        *(web.route(operation.method, PREFIX + operation.path, operation.serve) for operation in operations()),
    ]
