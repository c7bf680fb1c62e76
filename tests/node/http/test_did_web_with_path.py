"""A node whose did:web has a path: everything it publishes and takes stands under that path, and it is a member."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.network import Network
from tests.support.nodes import port_of


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    """Each shares a host with others."""
    each = {"Lakes": {"path": ":network"}, "Lakeside": {"path": ":campus"}, "Harbour": {"path": ":jobs:north"}}
    async with Network(tmp_path, each=each) as made:
        yield made


async def test_what_it_publishes_names_the_path(network: Network) -> None:
    college = network.institution
    origin = f"https://localhost:{port_of(college.place)}"
    assert (college.did, college.origin) == (f"did:web:localhost%3A{port_of(college.place)}:campus", f"{origin}/campus")

    status, page = await college.page("/campus/did.json")
    document = json.loads(page)
    assert (status, document["id"], document["alsoKnownAs"]) == (200, college.did, [f"{origin}/campus"])
    assert document["service"][0]["serviceEndpoint"]["uri"] == f"{origin}/campus/didcomm"

    for path in ("/campus/.well-known/openid-federation", "/campus/issuer", "/campus/federation/directory"):
        assert (await college.page(path))[0] == 200, path
    for path in ("/.well-known/did.json", "/.well-known/openid-federation", "/issuer", "/didcomm", "/campus/metrics"):
        assert (await college.page(path))[0] == 404, path


async def test_it_enrols_issues_and_is_asked_and_answered(network: Network) -> None:
    learner = await network.learner()
    [award] = await network.institution.items("/credentials")
    [badge] = [item["document"] for item in learner.wallet.credentials()]
    lists = [entry["statusListCredential"] for entry in badge["credentialStatus"]]
    assert all(url.startswith(f"{network.institution.origin}/status/") for url in lists)
    achievement = badge["credentialSubject"]["achievement"]["id"]
    assert achievement.startswith(f"{network.institution.origin}/achievements/")

    asked = await network.ask()
    assert asked.link.startswith(f"{network.employer.origin}/i/")
    await learner.answers(asked.link)
    before = await asked.report("verified")
    assert before["issuer"]["did"] == network.institution.did
    assert await learner.receipt() == await asked.complete_receipt()
    await network.institution.post(f"/credentials/{award['id']}/revoke", {"reason": "Another person's work"})
    await asked.report("not_verified")
