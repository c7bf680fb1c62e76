"""`ler-node verify` at a member of a network: from what it has synced, while it runs and when it does not."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from node.settings import write_initial
from tests.support.commands import run_command
from tests.support.network import Network


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    async with Network(tmp_path) as made:
        yield made


async def test_exit_codes_while_the_node_runs_and_when_it_does_not(network: Network, tmp_path: Path) -> None:
    learner = await network.learner()
    [badge] = [item["document"] for item in learner.wallet.credentials()]
    tampered = json.loads(json.dumps(badge))
    tampered["credentialSubject"]["achievement"]["name"] = "Another achievement"
    employer = network.employer
    write_initial(employer.settings)

    def verified(document: Any) -> tuple[int, dict[str, Any]]:
        file = tmp_path / "document.json"
        file.write_text(json.dumps(document))
        done = run_command("verify", file, "--data", employer.data, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    from tests.node.cli.test_verify import badge_of_an_unknown_issuer
    for each in (badge, tampered, badge_of_an_unknown_issuer()):
        code, report = verified(each)
        print(code, report["verdict"], [(c["number"], c["name"], c["outcome"], c["reason"]) for c in report["checks"]])
    await employer.stop()
    code, report = verified(badge)
    assert code == 0
    assert 0
