"""Health, metrics, headers, the documents of the API, and the operators' own address."""

import json

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port

from node.app import create_app
from node.http.api.routes import PREFIX, operations
from node.settings import Settings, load_settings
from tests.support.served import Served


async def test_a_node_that_drains_lives_but_is_not_ready(served: Served) -> None:
    assert (await served.client.get("/health/live")).status == 200
    assert await (await served.client.get("/health/ready")).json() == {"status": "ready"}
    served.services.health.draining = True
    assert (await served.client.get("/health/live")).status == 200
    response = await served.client.get("/health/ready")
    assert (response.status, (await response.json())["type"]) == (
        503,
        "https://w3id.org/ler-exchange/problems/not-ready",
    )


async def test_every_answer_has_the_security_headers_and_a_request_id(served: Served) -> None:
    for path in ("/health/live", "/nowhere", "/api/v1/keys", "/.well-known/did.json", "/api/docs"):
        headers = (await served.client.get(path)).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Server"] == "ler-node"
        assert f'"{headers["X-Request-Id"]}"' in served.log.getvalue()


async def test_paths_of_strangers_make_no_metric_of_their_own(served: Served) -> None:
    for path in ("/a", "/b?c=d", "/api/v1/learners/Ada"):
        await served.client.get(path)
    text = await (await served.client.get("/metrics")).text()
    assert 'ler_http_requests_total{method="GET",route="unknown",status="404"} 3.0' in text
    assert "Ada" not in text


async def test_the_openapi_document_has_every_operation_and_resolves(served: Served) -> None:
    document = await (await served.client.get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert described == {(PREFIX + operation.path, operation.method) for operation in operations()}
    references = [part.split('"')[0] for part in json.dumps(document).split('"$ref": "#/')[1:]]
    assert references
    for reference in references:
        target = document
        for step in reference.split("/"):
            target = target[step]
    names = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(names) == len(set(names))


async def test_the_documentation_lists_every_operation_and_loads_nothing(served: Served) -> None:
    page = await (await served.client.get("/api/docs")).text()
    for operation in operations():
        assert f"{operation.method} {PREFIX}{operation.path}" in page
    assert "<script" not in page
    assert "src=" not in page


async def test_with_an_address_of_its_own_the_operators_side_is_nowhere_else(node_settings: Settings) -> None:
    admin, public = unused_port(), unused_port()
    settings = load_settings(node_settings.data_dir, admin={"listen": f"127.0.0.1:{admin}"})
    runner = web.AppRunner(create_app(settings))
    await runner.setup()
    try:
        for port in (admin, public):
            await web.TCPSite(runner, "127.0.0.1", port).start()
        async with aiohttp.ClientSession() as session:
            statuses = {}
            for name, port in (("admin", admin), ("public", public)):
                for path in ("/api/v1/keys", "/metrics", "/.well-known/did.json", "/health/ready"):
                    async with session.get(f"http://127.0.0.1:{port}{path}") as response:
                        statuses[name, path] = response.status
    finally:
        await runner.cleanup()
    assert statuses == {
        ("admin", "/api/v1/keys"): 401,
        ("admin", "/metrics"): 200,
        ("admin", "/.well-known/did.json"): 200,
        ("admin", "/health/ready"): 200,
        ("public", "/api/v1/keys"): 404,
        ("public", "/metrics"): 404,
        ("public", "/.well-known/did.json"): 200,
        ("public", "/health/ready"): 200,
    }
