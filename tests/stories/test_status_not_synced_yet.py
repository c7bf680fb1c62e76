"""A status list that the employer could not have yet: the report says so first, and is made anew when it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from node.services.gathered import Held, Rest
from node.services.verification import Verification
from protocols.verification.report import VerificationReport
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
    assert faults(first) == [
        (6, "status: revocation", "could_not_tell"),
        (6, "status: suspension", "could_not_tell"),
        (10, "skill asked", "could_not_tell"),
    ]

    network.employer.status_road.is_closed = False
    network.employer.clock.moved += timedelta(minutes=1)  # the next try is due
    last = await asked.report("verified")
    assert one(last, 6, "status: revocation")["evidence"]["freshness"] == "fresh"
    assert faults(last) == []
    assert (await asked.reports())[0] == first, "what was said stays"
    lists = await network.employer.items("/status")
    assert [(item["issuer"], item["freshness"], item["failures"]) for item in lists] == [
        (network.institution.did, "fresh", 0)
    ] * 2

    # Whose badge is looked at, and when, is nobody's business: a verification calls nobody.
    await network.institution.stop()
    await network.anchor.stop()
    presentation = (await network.employer.items(f"/requests/{asked.id}/reports"))[-1]["presentation_id"]
    await network.employer.post(f"/presentations/{presentation}/verify")

    async def another() -> bool:
        return len(await asked.reports()) > 2

    await network.until("another report", another)
    assert (await asked.reports())[-1]["verdict"] == "verified"


@dataclass(slots=True)
class Slow:
    """A verification that takes as long as the list needs to arrive: it read that there is none."""

    real: Verification
    network: Network
    came: bool = False

    async def report_on(self, held: Held) -> tuple[VerificationReport, Sequence[Rest]]:
        report, rests = await self.real.report_on(held)
        employer = self.network.employer
        if not self.came:
            employer.status_road.is_closed = False
            await employer.post("/status/sync")
            self.came = True
        return report, rests


async def test_a_list_that_arrives_while_the_report_is_being_made_is_not_missed(own_network: Network) -> None:
    network = own_network
    network.employer.status_road.is_closed = True
    presentations = network.employer.services.presentations
    object.__setattr__(presentations, "verification", Slow(presentations.verification, network))
    learner = await network.learner()

    async def is_wanted() -> bool:
        return len(await network.employer.items("/status")) == 2

    await network.until("the employer to want the list", is_wanted)
    asked = await network.ask()
    await learner.answers(asked.link)
    assert (await asked.report("verified"))["verdict"] == "verified"
    assert [report["verdict"] for report in await asked.reports()] == ["could_not_tell", "verified"]
