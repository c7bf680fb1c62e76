"""An employer asks, a learner shares a part of what they have, a report comes; then a badge is taken back."""

import pytest

from protocols.consent.letters import DeclineReason
from protocols.jose.encoding import canonical_json
from tests.support.findings import lines, one
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import BUDGETS, BUSINESS_WRITING, FORECASTING, WRITING, Network
from tests.support.nodes import Refusal, wait_until

pytestmark = SHARED_LOOP


async def test_a_request_waits_for_the_phone_and_is_answered_in_part(network: Network) -> None:
    learner = await network.learner(FORECASTING, BUSINESS_WRITING)
    asked = await network.ask(BUDGETS, optional=[WRITING])
    await learner.follow(asked.link)

    # The phone is off: the request comes as far as the college, sealed, and waits there.
    async def waits() -> bool:
        return await network.waiting_for(learner) == 2

    await wait_until("the exit's answer and the request to wait at the college", waits)
    assert [item["state"] for item in learner.wallet.requests()] == []
    assert await asked.learners() == {"asked": 1}

    request = await learner.request()
    screen = await learner.approves(request, ["skill-0"])
    shared, _, not_shared = screen.partition("You would not share:")
    assert screen.startswith("Harbour Foods asks to see records of yours.")
    assert "Vouched for by   Lakes Credential Network" in screen
    assert "To fill the position of finance assistant" in screen
    assert "Cash-Flow Forecasting, from Lakeside College" in shared
    assert "Business Writing" not in shared
    assert "Business Writing" in not_shared

    report = await asked.report("verified")
    assert all(line["reason"] for line in lines(report))
    assert {line["number"] for line in report["checks"]} == set(range(1, 11))
    assert {line["number"] for line in report["consent"]["checks"]} == set(range(3, 12))
    assert {line["outcome"] for line in lines(report)} == {"yes", "not_applicable"}
    assert [(skill["asked"]["name"], skill["answer"]) for skill in report["skills"]] == [
        ("manage budgets", "met"),
        ("Writing", "not_met"),
    ]
    assert report["issuer"]["did"] == network.institution.did
    assert report["issuer"]["standing"] == "yes"
    assert (report["subject"], report["status"]["freshness"]) == (learner.holder, "fresh")
    assert "Business Writing" not in str(report)


async def test_both_keep_the_same_receipt_byte_for_byte(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    mine = await learner.receipt()
    theirs = await asked.complete_receipt()
    assert canonical_json(mine) == canonical_json(theirs)
    assert len(mine["signatures"]) == 2
    payload = mine["payload"]
    assert payload["asker"] == network.employer.did
    agreed = await learner.sharing("confirmed")
    assert payload["record_hash"] == agreed["record_hash"]
    report = await asked.report()
    assert (payload["record_hash"], payload["payload_hash"]) == (
        report["consent"]["record_hash"],
        report["consent"]["payload_hash"],
    )


async def test_a_revoked_badge_is_noticed_in_the_background_and_reported(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    before = await asked.report("verified")
    award = (await network.institution.items("/credentials?limit=200"))[-1]
    assert award["learner_id"] == learner.id

    await network.institution.post(f"/credentials/{award['id']}/revoke", {"reason": "Another person's work"})
    after = await asked.report("not_verified")

    assert one(before, 6, "status: revocation")["outcome"] == "yes"
    finding = one(after, 6, "status: revocation")
    assert (finding["outcome"], finding["reason"]) == ("no", "revoked by its issuer")
    assert after["checked_at"] > before["checked_at"]
    assert [skill["answer"] for skill in after["skills"]] == ["not_met"]
    assert before in await asked.reports(), "the earlier report stays as it was"


async def test_a_suspended_badge_has_its_force_again_once_it_is_reinstated(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    await asked.report("verified")
    id = (await network.institution.items("/credentials?limit=200"))[-1]["id"]

    made = await network.institution.post(f"/credentials/{id}/suspend", {"reason": "An appeal is heard"})
    assert (made["state"], made["reason"]) == ("suspended", "An appeal is heard")
    assert await network.institution.post(f"/credentials/{id}/suspend", {"reason": "Again"}) == made
    finding = one(await asked.report("not_verified"), 6, "status: suspension")
    assert (finding["outcome"], finding["reason"]) == ("no", "suspended by its issuer")

    made = await network.institution.post(f"/credentials/{id}/reinstate", {"reason": "The appeal was granted"})
    assert made["state"] == "issued"

    async def told() -> bool:
        return [report["verdict"] for report in await asked.reports()] == ["verified", "not_verified", "verified"]

    await wait_until("the third report", told)
    await network.institution.post(f"/credentials/{id}/revoke", {"reason": "For good"})
    for verb in ("suspend", "reinstate"):
        with pytest.raises(Refusal) as refused:
            await network.institution.post(f"/credentials/{id}/{verb}", {"reason": "Too late"})
        assert (refused.value.status, refused.value.problem["found"]) == (409, "revoked")


async def test_a_no_reaches_the_employer_with_the_reason_that_was_chosen(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.declines(asked.link, DeclineReason.TOO_LONG_KEPT)

    async def heard() -> bool:
        return await asked.learners() == {"declined: too-long-kept": 1}

    await wait_until("the employer to hear the no", heard)
    assert (await learner.sharing("delivered"))["state"] == "declined"
    assert (await asked.reports(), await asked.receipts()) == ([], [])


async def test_a_no_needs_no_reason(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.declines(asked.link)

    async def heard() -> bool:
        return await asked.learners() == {"declined": 1}

    await wait_until("the employer to hear the no", heard)
