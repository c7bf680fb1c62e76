"""The faces of a network that are documents, as anybody fetches them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from node.services.did_document import Purpose
from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from protocols.jose.keys import PublicKey
from tests.support.served import Served, served_node

PATHS = ("/federation/registry.json", "/federation/governance.json", "/federation/historical_keys")


@pytest_asyncio.fixture
async def anchor(node_settings) -> AsyncIterator[Served]:
    """An anchor whose federation key is its second."""
    async with served_node(node_settings) as node:
        await node.services.identity.rotate(Purpose.FEDERATION)
        node.clock.advance(timedelta(days=8))
        await node.services.federation_sync.found("Example Network", actor="operator")
        yield node


async def fetch(node: Served, path: str, **headers: str) -> tuple[int, str, str]:
    async with node.client.get(path, headers=headers) as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        return response.status, response.content_type, await response.text()


async def test_former_federation_keys_are_signed_by_the_one_in_use(anchor: Served) -> None:
    old, new = [key for key in anchor.services.identity.all_keys() if key.purpose is Purpose.FEDERATION]
    status, content_type, token = await fetch(anchor, "/federation/historical_keys")
    assert (status, content_type) == (200, "application/jwk-set+jwt")
    jws = parse_compact(token, typ="jwk-set+jwt")
    jws.verify(new.public)
    [stated] = jws.claims["keys"]
    assert (jws.claims["iss"], stated["kid"], stated["iat"]) == (
        anchor.settings.base_url,
        old.kid,
        int(old.created_at.timestamp()),
    )
    assert stated["exp"] == int((new.created_at + timedelta(days=8)).timestamp())
    assert PublicKey.from_jwk(stated) == old.public
    assert "revoked" not in stated
    named = parse_compact((await fetch(anchor, "/.well-known/openid-federation"))[2]).claims
    assert [key["kid"] for key in named["jwks"]["keys"]] == [new.kid]
    endpoint = named["metadata"]["federation_entity"]["federation_historical_keys_endpoint"]
    assert endpoint == f"{anchor.settings.base_url}/federation/historical_keys"


async def test_governance_leads_from_the_configuration_to_the_terms_and_to_every_face(anchor: Served) -> None:
    agreement = await anchor.services.members.set_terms("2026-11", "Be honest.")
    named = parse_compact((await fetch(anchor, "/.well-known/openid-federation"))[2]).claims["metadata"]
    base = anchor.settings.base_url
    assert named["federation_entity"]["policy_uri"] == f"{base}/federation/governance.json"
    assert named["ler_node"]["agreement"] == {**agreement.to_json(), "uri": f"{base}/federation/terms"}
    status, content_type, body = await fetch(anchor, "/federation/governance.json")
    document = parse_object(body)
    assert (status, content_type, document["name"]) == (200, "application/json", "Example Network")
    assert document["terms"] == named["ler_node"]["agreement"]
    for url in document["faces"].values():
        path = url.removeprefix(base)
        async with anchor.client.get(path) as response:
            assert response.status in ((405,) if "trqp" in path else (200, 400)), path


async def test_a_registry_of_a_network_in_which_nobody_issues_is_empty(anchor: Served) -> None:
    founded = anchor.clock.now().isoformat().replace("+00:00", "Z")
    status, content_type, body = await fetch(anchor, "/federation/registry.json")
    assert (status, content_type) == (200, "application/json")
    assert parse_object(body) == {"meta": {"created": founded, "updated": founded}, "registry": {}}


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_that_is_known_is_not_sent_again(anchor: Served, path: str) -> None:
    async with anchor.client.get(path) as response:
        known = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "public, max-age=5"
    anchor.clock.advance(timedelta(seconds=30))
    assert (await fetch(anchor, path, **{"If-None-Match": known}))[0] == 304


@pytest.mark.parametrize("path", PATHS)
async def test_a_node_in_no_network_has_none_of_them(served: Served, path: str) -> None:
    status, content_type, body = await fetch(served, path)
    assert (status, content_type, parse_object(body)["error"]) == (404, "application/json", "not_found")
