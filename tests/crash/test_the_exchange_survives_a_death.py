"""`kill -9` of each party at named points of an exchange, then a restart: one report, one receipt, one use counted.

A point is the moment around a commit (nothing durable yet; durable, and nobody told) or around a post (packed; taken,
and not noted yet). The party that dies is a real process; see tests/support/crash_node.py for what the names mean.
"""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from node.demo.wallet.errors import WalletError
from protocols.jose.encoding import canonical_json
from tests.support.crash import Ready, Stage, phone, ready_network, stage
from tests.support.fixtures import SHARED_LOOP
from tests.support.learners import Learner
from tests.support.network import BUSINESS_WRITING
from tests.support.nodes import wait_until

pytestmark = SHARED_LOOP

NODE_POINTS = [
    ("institution", "before:inbox.consented-relay.relay"),
    ("institution", "after:inbox.consented-relay.relay"),
    ("institution", "send:consented-relay/1.0/forward"),
    ("institution", "sent:consented-relay/1.0/forward"),
    ("institution", "before:inbox.routing.forward"),
    ("institution", "after:inbox.routing.forward"),
    ("anchor", "after:inbox.consented-relay.forward"),
    ("anchor", "before:work.relay.check"),
    ("anchor", "after:work.relay.check"),
    ("anchor", "send:consented-relay/1.0/deliver"),
    ("anchor", "sent:consented-relay/1.0/deliver"),
    ("anchor", "sent:consented-relay/1.0/back"),
    ("anchor", "after:inbox.routing.forward"),
    ("employer", "before:inbox.consented-relay.deliver"),
    ("employer", "after:inbox.consented-relay.deliver"),
    ("employer", "before:work.exchange.delivery"),
    ("employer", "after:work.exchange.delivery"),
    ("employer", "sent:present-proof/3.0/request-presentation"),
    ("employer", "before:work.presentation.verify"),
    ("employer", "after:work.presentation.verify"),
    ("employer", "send:consent/1.0/receipt"),
    ("employer", "sent:consent/1.0/receipt"),
]
ISSUING_POINTS = [
    "after:inbox.issue-credential.request-credential",
    "before:work.issuance.sign",
    "after:work.issuance.sign",
    "before:outbox.delivered",
    "after:outbox.delivered",
]
WALLET_POINTS = [
    "contact.began:after",
    "contact.made:before",
    "contact.made:after>post:after",
    "pickup.kept:after",
    "inbox.request-presentation:before",
    "consent.approved:before",
    "consent.approved:after",
    "consent.approved:after>post:before",
    "consent.approved:after>post:after",
    "inbox.receipt:after",
    "receipt.countersigned:before",
    "receipt.countersigned:after>post:after",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ready]:
    async with ready_network(tmp_path_factory.mktemp("crash")) as made:
        yield made


async def followed(learner: Learner, link: str) -> None:
    """Opens the link, again where a host on the way is away."""

    async def look() -> bool:
        try:
            await learner.follow(link)
        except WalletError:
            return False
        return True

    await wait_until("the link to open", look)


async def whole_exchange(stage: Stage, learner: Learner) -> None:
    asked = await stage.ask()
    await followed(learner, asked.link)
    request = await learner.request()
    await learner.approves(request)
    mine = await learner.receipt()
    theirs = await asked.complete_receipt()
    assert canonical_json(mine) == canonical_json(theirs)
    await asked.report("verified")
    await stage.check_effects(asked)
    assert len(learner.wallet.receipts()) == 1
    assert len(learner.wallet.history()) == 1


@pytest.mark.parametrize(("party", "point"), NODE_POINTS, ids=lambda value: value)
async def test_a_node_dies_and_the_exchange_completes(ready: Ready, tmp_path: Path, party: str, point: str) -> None:
    async with stage(ready, tmp_path, mortal=party, point=point) as told, told.learner() as learner:
        await whole_exchange(told, learner)
        assert told.mortal is not None
        assert told.mortal.deaths == [-signal.SIGKILL], "it died, and once"


@pytest.mark.parametrize("point", ISSUING_POINTS)
async def test_a_college_dies_while_it_issues(ready: Ready, tmp_path: Path, point: str) -> None:
    async with stage(ready, tmp_path, mortal="institution", point=point) as told, told.learner() as learner:
        await learner.award(BUSINESS_WRITING.slug)
        assert told.mortal is not None
        assert told.mortal.deaths == [-signal.SIGKILL]
        held = sorted(item["name"] for item in learner.wallet.credentials())
        assert held == ["Business Writing", "Cash-Flow Forecasting"]
        await whole_exchange(told, learner)
        issued = await told.institution.items("/credentials")
        assert [award["state"] for award in issued] == ["issued", "issued"]


@pytest.mark.parametrize("point", WALLET_POINTS)
async def test_a_phone_dies_and_the_exchange_completes(ready: Ready, tmp_path: Path, point: str) -> None:
    async with stage(ready, tmp_path) as told:
        asked = await told.ask()
        codes = await phone(told, asked.link, point, tmp_path / "phone.died")
        assert codes == [-signal.SIGKILL, 0]
        theirs = await asked.complete_receipt()
        await asked.report("verified")
        await told.check_effects(asked)
        async with told.learner() as learner:
            mine = [item["receipt"] for item in learner.wallet.receipts()]
            assert [canonical_json(receipt) for receipt in mine] == [canonical_json(theirs)]
            assert [entry["state"] for entry in learner.wallet.history()] == ["confirmed"]
