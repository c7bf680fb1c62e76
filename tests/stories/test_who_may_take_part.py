"""Who is let in: a wallet by its code, a member as long as it is in good standing."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from node.clock import new_id
from node.demo.wallet.errors import Refused
from protocols.consent.relay import Relay
from protocols.didcomm.message import Message
from protocols.flows.consented_relay.messages import MIDDLE, relay_message
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Network
from tests.support.nodes import Refusal
from tests.support.strangers import Stranger, anonymous, document_of, knock

pytestmark = SHARED_LOOP


async def test_a_wrong_code_binds_nobody_and_the_right_one_still_works(network: Network) -> None:
    id, link, code = await network.person()
    _, wallet = await network.wallet()
    with pytest.raises(Refused, match="this code does not open an enrolment"):
        await wallet.enrol(link, "AAAA-BBBB-CCCC-DDDD")
    assert not await is_enrolled(network, id)
    await wallet.enrol(link, code)
    assert await is_enrolled(network, id)


async def test_a_code_works_once(network: Network) -> None:
    _, link, code = await network.person()
    _, wallet = await network.wallet()
    await wallet.enrol(link, code)
    _, thief = await network.wallet()
    with pytest.raises(Refused, match="this code does not open an enrolment"):
        await thief.enrol(link, code)


async def test_a_college_relays_for_nobody_but_its_own_learners(network: Network) -> None:
    """Somebody who is not enrolled writes to the relay as a learner's wallet does, to the exit that it would name."""
    stranger = Stranger()
    exit = await document_of(network.anchor)
    nothing = Message(id=new_id(), type=MIDDLE, to=(exit.id,), body={})
    middle = json.loads(anonymous(nothing, exit))
    now = datetime.now(UTC).replace(microsecond=0)
    relay = Relay(next=exit.id, expires=now + timedelta(hours=1))
    message = relay_message(relay, middle, id=new_id(), ours=stranger.long, entry=network.institution.did, now=now)
    document = await document_of(network.institution)
    status, _, raw = await knock(network.institution, stranger.sealed(message, document))
    assert status == 200, "this was relayed"
    problem = stranger.opened(raw, document)
    assert problem.type == "https://didcomm.org/report-problem/2.0/problem-report"
    assert problem.body["code"] == "e.p.trust"
    assert "the sender is not enrolled here" in problem.body["args"]


async def test_a_suspended_institution_no_longer_vouches_for_its_learners(own_network: Network) -> None:
    network = own_network
    learner = await network.learner()
    asked = await network.ask()
    request = await learner.meets(asked.link)

    body = {"member": network.institution.did, "reason": "Under review"}
    await network.anchor.post("/network/members/suspend", body)
    await network.knows_state(network.anchor, network.institution, "suspended")
    await learner.approves(request)

    async def checked() -> list[str] | None:
        found = [line for line in network.anchor.lines() if line["event"] == "relay checked"]
        return found[-1]["refusals"] if found[-1]["kind"] == "present" else None

    assert await network.until("the exit to check", checked) == ["entry in good standing"]
    assert (await asked.reports(), await asked.learners()) == ([], {"asked": 1})

    await network.anchor.post("/network/members/reinstate", body)
    await network.knows_state(network.anchor, network.institution, "member")
    await network.knows_state(network.employer, network.institution, "member")
    await learner.follow((again := await network.ask()).link)
    await learner.approves(await learner.request())
    await again.report()


async def test_a_suspended_learner_is_not_vouched_for(own_network: Network) -> None:
    network = own_network
    learner = await network.learner()
    asked = await network.ask()
    request = await learner.meets(asked.link)

    await network.institution.post(f"/learners/{learner.id}/suspend")
    learner.wallet.show(request)
    await learner.approves(request)

    async def refused() -> bool:
        await learner.sync()
        return any(
            line["event"] == "message refused" and line["type"].endswith("/consented-relay/1.0/relay")
            for line in network.institution.lines()
        )

    await network.until("the entry to refuse", refused)
    assert (await asked.reports(), await asked.learners()) == ([], {"asked": 1})


async def test_a_suspended_employer_may_neither_ask_nor_be_answered(own_network: Network) -> None:
    network = own_network
    learner = await network.learner()
    asked = await network.ask()
    request = await learner.meets(asked.link)

    await network.anchor.post("/network/members/suspend", {"member": network.employer.did, "reason": "Complaints"})
    await network.knows_state(network.anchor, network.employer, "suspended")
    await network.knows_state(network.employer, network.employer, "suspended")

    with pytest.raises(Refusal) as refused:
        await network.ask()
    assert refused.value.status == 403
    assert refused.value.problem["expected"] == "a registered verifier in good standing"
    assert "suspended" in refused.value.problem["detail"]

    await learner.approves(request)  # the wallet's copy of the employer's chain is from before
    agreed = await learner.sharing("refused")
    assert [refusal["name"] for refusal in agreed["refusals"]] == ["requester registered verifier in good standing"]
    assert await asked.reports() == []


async def test_an_employer_hears_what_is_beyond_its_registration(network: Network) -> None:
    for changes, found, expected in (
        ({"purpose": {"code": "marketing", "text": "To sell things"}}, "marketing", "hiring"),
        ({"retention_days": 91}, "91 days", "at most 90 days"),
        ({"items": [{"id": "a", "type": "ClrCredential"}]}, "ClrCredential", "OpenBadgeCredential"),
    ):
        with pytest.raises(Refusal) as refused:
            await network.ask(**changes)
        assert (refused.value.status, refused.value.problem["found"], refused.value.problem["expected"]) == (
            403,
            found,
            expected,
        )


async def is_enrolled(network: Network, id: str) -> bool:
    people = await network.institution.items("/learners?limit=200")
    return next(person["enrolled"] for person in people if person["id"] == id)
