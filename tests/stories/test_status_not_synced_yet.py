"""A status list that the employer could not have yet: the report says so first, and is made anew when it came."""

from datetime import timedelta

from tests.support.findings import faults, one
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Network

pytestmark = SHARED_LOOP


async def test_a_report_says_could_not_tell_and_then_by_itself_verified(own_network: Network) -> None:
    network = own_network
    network.employer.status_road.is_closed = True  # the college's list cannot be had at first
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)

    first = await asked.report()
    assert first["verdict"] == "could_not_tell"
    finding = one(first, 6, "status: revocation")
    assert (finding["outcome"], finding["reason"]) == ("could_not_tell", "The status list has not been fetched yet.")
    assert faults(first) == [(6, "status: revocation", "could_not_tell"), (10, "skill asked", "could_not_tell")]

    network.employer.status_road.is_closed = False
    network.employer.clock.moved += timedelta(minutes=1)  # the next try is due
    last = await asked.report("verified")
    assert one(last, 6, "status: revocation")["evidence"]["freshness"] == "fresh"
    assert faults(last) == []
    assert (await asked.reports())[0] == first, "what was said stays"
    lists = await network.employer.items("/status")
    assert [(item["issuer"], item["freshness"], item["failures"]) for item in lists] == [
        (network.institution.did, "fresh", 0)
    ]

    # Whose badge is looked at, and when, is nobody's business: a verification calls nobody.
    await network.institution.stop()
    await network.anchor.stop()
    presentation = (await network.employer.items(f"/requests/{asked.id}/reports"))[-1]["presentation_id"]
    await network.employer.post(f"/presentations/{presentation}/verify")

    async def another() -> bool:
        return len(await asked.reports()) > 2

    await network.until("another report", another)
    assert (await asked.reports())[-1]["verdict"] == "verified"
