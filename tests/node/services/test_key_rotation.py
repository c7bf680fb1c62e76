"""Keys are rotated while people are in the middle of something, and nobody notices."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.storage.repos import federation
from node.storage.unit import Session
from protocols.dids.parse import parse_document
from protocols.jose.encoding import parse_object
from tests.support.findings import faults, one
from tests.support.learners import Learner
from tests.support.network import DATES_SOON, FORECASTING, Network
from tests.support.nodes import MovedClock, Node, Refusal, wait_until

SETTLED = timedelta(minutes=11)


@pytest_asyncio.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    async with Network(tmp_path, sync=DATES_SOON) as made:
        yield made


async def rotate(node: Node, *purposes: str, leaked: bool = False) -> None:
    for purpose in purposes or ("authentication", "assertionMethod", "keyAgreement"):
        await node.post("/keys/rotate", {"purpose": purpose, "leaked": leaked})


async def learner_of(network: Network, clock: MovedClock) -> Learner:
    id, link, code = await network.person()
    folder, wallet = await network.wallet(clock=clock)
    await wallet.enrol(link, code)
    return Learner(id=id, institution=network.institution, folder=folder, wallet=wallet)


async def test_every_key_of_every_node_is_rotated_between_the_steps_of_an_exchange(network: Network) -> None:
    clock = MovedClock()

    async def rotate_all(moved: timedelta) -> None:
        for node in network.nodes:
            await rotate(node)
            node.clock.moved += moved
        clock.moved += moved

    learner = await learner_of(network, clock)
    first = await learner.award(FORECASTING.slug)
    await learner.dated()  # a key that is out of use proves what others saw before
    await rotate_all(timedelta())
    asked = await network.ask()
    await learner.follow(asked.link)
    await wait_until("the request to wait at the college", lambda: _mail(network.institution, 2))
    await rotate_all(SETTLED)  # nobody sends under the keys any more that the waiting request was packed under
    request = await learner.request()
    await rotate_all(timedelta())
    await learner.approves(request)
    before = await asked.report("verified")
    assert one(before, 4, "proof")["outcome"] == "yes"
    await rotate_all(SETTLED)
    assert await learner.receipt() == await asked.complete_receipt()

    await learner.award("business-writing")
    by = [item["document"]["proof"]["verificationMethod"].rpartition("#")[2] for item in learner.wallet.credentials()]
    assert set(by) == {"issue-1", "issue-5"}
    await network.institution.post(f"/credentials/{first}/revoke", {"reason": "Another person's work"})
    await asked.report("not_verified")
    for node in network.nodes:
        queues = await node.get("/queues")
        assert (queues["outbox_waiting"], queues["outbox_dead"], queues["work_dead"]) == (0, 0, 0)


async def test_after_a_leak_what_others_saw_before_is_good_and_what_only_its_signer_dates_is_could_not_tell(
    network: Network,
) -> None:
    learner = await network.learner()
    await learner.dated()
    asked = await network.ask()
    await learner.answers(asked.link)
    await asked.report("verified")
    await rotate(network.institution, "assertionMethod", leaked=True)
    _, page = await network.institution.page("/.well-known/did.json")
    methods = parse_document(parse_object(page), network.institution.did).methods
    old, new = (methods[f"{network.institution.did}#issue-{number}"] for number in (1, 2))
    assert (old.revoked, new.revoked) == (old.expires, None)
    assert old.revoked is not None

    async def seen() -> bool:
        return new.id in str((await network.employer.page("/federation/directory"))[1])

    await wait_until("the employer to have seen the new key", seen)
    again = await network.ask()
    await learner.answers(again.link)
    await again.report("verified")  # others saw it before the leak
    learner.forget_dates()
    again = await network.ask()
    await learner.answers(again.link)
    report = await again.report("could_not_tell")
    finding = one(report, 4, "proof")
    assert finding["outcome"] == "could_not_tell"
    assert "only its signer's word" in finding["reason"]


async def test_a_badge_under_a_key_newer_than_the_last_sync_is_could_not_tell_until_the_next(network: Network) -> None:
    """A leak is the one reason to use a key before everybody has had time to see it."""
    college, employer, clock = network.institution, network.employer, MovedClock()
    learner = await learner_of(network, clock)
    for each in (clock, *(node.clock for node in network.nodes)):
        each.moved += timedelta(minutes=6)  # the wallet keeps a document for five

    def looks_in(session: Session, wait: timedelta) -> None:
        row = federation.peer(session, college.did)
        assert row is not None
        row.next_at = employer.clock.now() + wait
        federation.keep(session, row)

    for _ in range(2):  # a look that was under way at the first would have set the next one itself
        await employer.write(lambda session: looks_in(session, timedelta(hours=1)))
        await asyncio.sleep(0.5)
    await rotate(college, "assertionMethod", leaked=True)
    await learner.award(FORECASTING.slug)
    asked = await network.ask()
    await learner.answers(asked.link)
    report = await asked.report("could_not_tell")
    assert faults(report)[0] == (4, "proof", "could_not_tell")
    assert "newer is not known here yet" in one(report, 4, "proof")["reason"]
    await employer.write(lambda session: looks_in(session, timedelta()))
    await asked.report("verified")


async def test_federation_keys_a_member_rotates_and_an_anchor_is_told_that_it_cannot(network: Network) -> None:
    made = await network.institution.post("/keys/rotate", {"purpose": "federation"})
    assert made["used_until"] is None
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    await asked.report("verified")
    for node, leaked in ((network.anchor, False), (network.institution, True)):
        with pytest.raises(Refusal) as refused:
            await rotate(node, "federation", leaked=leaked)
        assert refused.value.status == 409
    [member] = await network.institution.items("/network")
    assert member["state"] == "member"


async def _mail(node: Node, count: int) -> bool:
    return (await node.get("/queues"))["mailbox_count"] >= count
