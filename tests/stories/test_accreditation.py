"""A college is accredited, and reports on its badges say so; for something else, and they warn of it."""

from typing import Any

from tests.support.fixtures import SHARED_LOOP
from tests.support.network import Network
from tests.support.nodes import Node, wait_until

pytestmark = SHARED_LOOP
NAME = "accreditation of its issuer"


async def accredited(network: Network, *, credential_type: str) -> str:
    """The employer, an accreditor here, grants the college a mark; gives its id when the employer has verified it."""
    college, accreditor = network.institution, network.employer
    trust_mark_type = f"{accreditor.origin}/marks/{credential_type}"
    body = {
        "trust_mark_type": trust_mark_type,
        "subject": college.did,
        "scope": {"credential_types": [credential_type], "accredited_from": "2020-01-01T00:00:00Z"},
    }
    granted = await accreditor.post("/marks", body)
    await network.anchor.post("/marks/types", {"trust_mark_type": trust_mark_type, "issuers": [accreditor.did]})
    await known(accreditor, trust_mark_type)
    return granted["id"]


async def known(node: Node, trust_mark_type: str, ended_because: str | None = None) -> None:
    async def look() -> bool:
        marks = await node.items("/marks/members")
        return (trust_mark_type, ended_because) in {(each["trust_mark_type"], each["ended_because"]) for each in marks}

    await wait_until(f"{node.name} to know the mark {trust_mark_type}", look)


async def report_on_a_badge(network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
    """A report on what a new learner shared, and its line on accreditation."""
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    report = await asked.report("verified")
    [line] = [check for check in report["checks"] if check["name"] == NAME]
    return report, line


async def test_accreditation_is_told_plainly_and_its_absence_and_its_limits_too(own_network: Network) -> None:
    network = own_network
    _, line = await report_on_a_badge(network)
    assert (line["outcome"], line["reason"].partition(":")[0]) == ("not_applicable", "no accreditation stated")

    await accredited(network, credential_type="ClrCredential")
    report, line = await report_on_a_badge(network)
    assert (line["outcome"], line["evidence"]["warning"]) == ("not_applicable", "out_of_scope")
    assert {claim["provenance"] for claim in report["claims"]} == {"known_issuer"}

    id = await accredited(network, credential_type="OpenBadgeCredential")
    report, line = await report_on_a_badge(network)
    assert line["outcome"] == "yes"
    assert line["reason"].endswith(f"by {network.employer.origin}")
    assert {claim["provenance"] for claim in report["claims"]} == {"accredited_issuer"}

    # the network's own mark, of everybody, came by itself meanwhile
    await known(network.employer, f"{network.anchor.origin}/marks/member-good-standing")
    await network.employer.post(f"/marks/{id}/revoke", {"reason": "the audit failed"})
    assert (await network.employer.items("/marks"))[-1]["revoked_reason"] == "the audit failed"
