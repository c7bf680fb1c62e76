"""A college was suspended for a while: what others saw before keeps its force, what it alone dates does not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from protocols.jose.encoding import canonical_json
from tests.support.commands import run_command
from tests.support.findings import one
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import BUDGETS, DATES_SOON, Network

pytestmark = SHARED_LOOP
STANDING = "issuer standing as of signing"


@pytest_asyncio.fixture(loop_scope="session")
async def witnessed(tmp_path: Path) -> AsyncIterator[Network]:
    """A network in which a head of each log is made twice a second."""
    async with Network(tmp_path, sync=DATES_SOON) as made:
        yield made


async def test_a_badge_that_others_saw_outlives_its_issuers_standing_and_a_backdated_one_does_not(
    witnessed: Network, tmp_path: Path
) -> None:
    first = await witnessed.learner()
    await first.dated()
    forged = first.wallet.credentials()[0]["document"]
    asked = await witnessed.ask(BUDGETS)
    await first.answers(asked.link)
    before = one(await asked.report("verified"), 7, STANDING)
    assert (before["outcome"], before["evidence"]["date"]) == ("yes", "attested")

    suspended = {"member": witnessed.institution.did, "reason": "Its accreditation lapsed"}
    await witnessed.anchor.post("/network/members/suspend", suspended)
    await witnessed.knows_state(witnessed.employer, witnessed.institution, "suspended")
    await witnessed.anchor.post("/network/members/reinstate", {"member": witnessed.institution.did})
    for node in (witnessed.employer, witnessed.anchor):
        await witnessed.knows_state(node, witnessed.institution, "member")

    asked = await witnessed.ask(BUDGETS)
    await first.answers(asked.link)
    after = one(await asked.report("verified"), 7, STANDING)
    assert (after["outcome"], after["evidence"]["date"]) == ("yes", "attested")
    assert after["evidence"]["attested_at"] == before["evidence"]["attested_at"]

    # The institution has the very same proof for whoever lost it, and anybody's node reads it from a file.
    award = (await witnessed.institution.items("/credentials?limit=200"))[-1]
    proof = (await witnessed.institution.get(f"/credentials/{award['id']}/date"))["proof"]
    assert proof == first.dates()[0]
    badge_file, date_file = tmp_path / "badge.json", tmp_path / "date.json"
    badge_file.write_bytes(canonical_json(forged))
    date_file.write_bytes(canonical_json(proof))
    asker = witnessed.employer
    text = f'did = "{asker.did}"\nname = "{asker.name}"\nlisten = "{asker.settings.listen}"\n'
    (asker.data / "node.toml").write_text(text)
    employer = ("--data", witnessed.employer.data, "--json")
    with_date = await asyncio.to_thread(run_command, "verify", badge_file, "--date", date_file, *employer)
    without = await asyncio.to_thread(run_command, "verify", badge_file, *employer)
    assert (with_date.stderr, without.stderr) == ("", "")
    standings = [one(json.loads(done.stdout), 7, STANDING)["outcome"] for done in (with_date, without)]
    assert standings == ["yes", "could_not_tell"]

    # The same bytes without their proof: for the date there is only the word of a college that was suspended since.
    first.forget_dates()
    assert first.wallet.credentials()[0]["document"] == forged
    asked = await witnessed.ask(BUDGETS)
    await first.answers(asked.link)
    undated = one(await asked.report("could_not_tell"), 7, STANDING)
    assert undated["outcome"] == "could_not_tell"
    assert undated["evidence"]["cause"] == "signing_date_unattested"
