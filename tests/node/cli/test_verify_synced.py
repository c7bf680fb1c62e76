"""`ler-node verify` at a member of a network: from what it has synced, while it runs and when it does not."""

import copy
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest_asyncio

from node.settings import write_initial
from protocols.dids.key import did_key
from tests.support.badges import badge, key_of, signed
from tests.support.commands import run_command
from tests.support.findings import faults
from tests.support.network import Network
from tests.support.nodes import wait_until


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    async with Network(tmp_path) as made:
        yield made


async def test_the_verdict_is_the_exit_code_while_the_node_runs_and_when_it_does_not(
    network: Network, tmp_path: Path
) -> None:
    employer, learner = network.employer, await network.learner()
    write_initial(employer.settings)
    [held] = [item["document"] for item in learner.wallet.credentials()]
    tampered = copy.deepcopy(held)
    tampered["credentialSubject"]["achievement"]["name"] = "Another achievement"

    async def synced() -> bool:
        kept = {item["url"]: item["fetched_at"] for item in await employer.items("/status")}
        return all(kept.get(entry["statusListCredential"]) is not None for entry in held["credentialStatus"])

    def verified(document: Any) -> tuple[int, str, list[tuple[int, str, str]]]:
        file = tmp_path / "document.json"
        file.write_text(json.dumps(document))
        done = run_command("verify", file, "--data", employer.data, "--json")
        assert done.stdout, done.stderr
        report = json.loads(done.stdout)
        return done.returncode, report["verdict"], faults(report)

    await wait_until("the employer to keep the college's status list", synced)
    expected = [
        (held, (0, "verified", [])),
        (tampered, (1, "not_verified", [(4, "proof", "no"), (4, "signed by its issuer", "no")])),
        (of_a_stranger(), (1, "not_verified", [(7, "issuer standing as of signing", "no")])),
    ]
    for document, answer in expected:
        assert verified(document) == answer
    await employer.stop()
    for document, answer in expected:
        assert verified(document) == answer


def of_a_stranger() -> dict[str, Any]:
    """A good badge of an issuer that is in no network."""
    key = key_of("did:web:stranger.example")
    did = did_key(key.public)
    own = replace(key, kid=f"{did}#{did.removeprefix('did:key:')}")
    unsigned = badge(issuer={"id": did, "type": ["Profile"], "name": "Somebody"})
    return signed(unsigned, signer=own)
