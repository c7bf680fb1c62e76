"""did:webvh resolved over HTTP: the document of a version, its metadata, and what is wrong with a log."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import pytest_asyncio
from yarl import URL

from node.settings import Fetch, load_settings
from tests.node.adapters.test_webvh_reading import LOG, Host
from tests.support.loopback import ORIGIN, serving
from tests.support.served import Served, make_node, served_node
from tests.support.webvh import PLAIN, Owner, changed, document, lines

DID = PLAIN.did
FIRST, SECOND, *_ = PLAIN.ids()
OVER = Owner("peer.example:over").start().add({"deactivated": True})
BROKEN = Owner("peer.example:broken").start().add().add()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identifiers") / "node"
    make_node(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(data: Path) -> AsyncIterator[Served]:
    files: dict[str, bytes | int] = {
        LOG: PLAIN.log,
        "/over/did.jsonl": OVER.log,
        "/broken/did.jsonl": lines(changed(BROKEN.entries, 3, by="thief")),
    }
    async with serving(("GET", "/{path:.*}", Host(files).handle)) as origin:
        settings = load_settings(data)
        reaching = settings.model_copy(update={"fetch": Fetch.model_validate({"origins": {ORIGIN: origin}})})
        async with served_node(reaching) as node:
            yield node


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(served: Served, did: str, *, accept: str = "*/*", **query: str) -> tuple[int, Any]:
    url = URL(f"/1.0/identifiers/{quote(did, safe='')}?{urlencode(query)}", encoded=True)
    async with served.client.get(url, headers={"Accept": accept, **served.bearer}) as response:
        return response.status, await response.json(content_type=None)


async def test_the_document_of_today_comes_with_its_version(served: Served) -> None:
    status, answer = await asked(served, DID)
    assert (status, answer["didDocument"]) == (200, document(DID, "key-4"))
    assert answer["didDocumentMetadata"] == {
        "versionId": PLAIN.ids()[3],
        "versionTime": "2026-01-04T12:00:00Z",
        "created": "2026-01-01T12:00:00Z",
        "updated": "2026-01-04T12:00:00Z",
        "scid": DID.split(":")[2],
        "portable": False,
        "deactivated": False,
        "ttl": "3600",
        "witness": {},
        "watchers": [],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("versionId", SECOND),
        ("versionNumber", "2"),
        ("versionTime", "2026-01-02T12:00:00Z"),
        ("versionTime", "2026-01-02T13:00:00+01:00"),
        ("versionTime", "2026-01-03T11:59:59.5Z"),
    ],
)
async def test_a_version_is_asked_for_in_the_did_url_or_beside_it(served: Served, name: str, value: str) -> None:
    for did, query in ((f"{DID}?{name}={value}", {}), (DID, {name: value})):
        status, answer = await asked(served, did, **query)
        assert (status, answer["didDocument"]) == (200, document(DID, "key-2"))
        assert answer["didDocumentMetadata"]["versionId"] == SECOND
    status, alone = await asked(served, f"{DID}?{name}={value}", accept="application/did+json")
    assert (status, alone) == (200, document(DID, "key-2"))


async def test_a_key_is_named_in_the_version_that_had_it(served: Served) -> None:
    status, answer = await asked(served, f"{DID}?versionTime=2026-01-01T12:00:00Z#first")
    assert (status, answer["contentStream"]) == (200, document(DID)["verificationMethod"][0])
    assert (await asked(served, f"{DID}#first"))[0] == 404


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("versionTime=2025-12-31T12:00:00Z", 404, "notFound"),
        ("versionNumber=5", 404, "notFound"),
        (f"versionId={FIRST}&versionNumber=2", 404, "notFound"),
        ("versionNumber=0", 400, "invalidDidUrl"),
        ("versionTime=yesterday", 400, "invalidDidUrl"),
        ("versionTime=2026-01-02T12:00:00", 400, "invalidDidUrl"),
    ],
)
async def test_a_version_that_is_none_is_told(served: Served, query: str, status: int, error: str) -> None:
    found, answer = await asked(served, f"{DID}?{query}")
    assert (found, answer["didDereferencingMetadata"]["error"]) == (status, error)


async def test_a_did_without_a_history_has_no_versions(served: Served) -> None:
    for did in ("did:web:localhost%3A8101", "did:key:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"):
        status, answer = await asked(served, did, versionTime="2026-01-02T12:00:00Z")
        assert (status, answer["didResolutionMetadata"]["error"]) == (404, "notFound"), did


async def test_a_deactivated_did_is_gone_but_not_its_past(served: Served) -> None:
    status, answer = await asked(served, OVER.did)
    assert (status, answer["didDocumentMetadata"]["deactivated"]) == (410, True)
    status, answer = await asked(served, OVER.did, versionNumber="1")
    assert (status, answer["didDocument"]) == (200, document(OVER.did))


async def test_what_is_wrong_with_a_log_is_told_by_its_rule(served: Served) -> None:
    status, answer = await asked(served, BROKEN.did)
    assert (status, answer["didResolutionMetadata"]["error"]) == (400, "invalidDid")
    assert answer["didResolutionMetadata"]["problemDetails"] == {
        "type": "#authority",
        "title": "an entry by a key that may not write it",
        "detail": "an entry by a key that may not write it: expected one of 1 updateKeys",
    }
    status, answer = await asked(served, BROKEN.did, versionNumber="2")
    assert (status, answer["didDocument"]) == (200, document(BROKEN.did, "key-2"))
    status, answer = await asked(served, f"{DID}:nowhere")
    assert (status, answer["didResolutionMetadata"]["error"]) == (404, "notFound")


async def test_nobody_without_a_token_makes_this_node_call_a_host(served: Served) -> None:
    url = URL(f"/1.0/identifiers/{quote(DID, safe='')}", encoded=True)
    async with served.client.get(url) as response:
        assert response.status == 401
