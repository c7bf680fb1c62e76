"""A badge with results and evidence: awarded whole, taken by a wallet, asked for by an employer, verified."""

from collections.abc import Mapping
from typing import Any

import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import read_badge, results_of
from protocols.credentials.schema import schema_problems
from tests.support.drafts import draft
from tests.support.findings import faults, one
from tests.support.fixtures import SHARED_LOOP
from tests.support.network import BUDGETS, BUSINESS_WRITING, Network
from tests.support.nodes import Refusal
from tests.support.whole_badge import ACHIEVEMENT_ID, alignment

pytestmark = SHARED_LOOP


def budgets_draft() -> dict[str, Any]:
    made = draft()
    made["credentialSubject"]["achievement"]["alignment"] = [alignment(BUDGETS.uri, BUDGETS.name)]
    return made


async def test_a_whole_badge_is_issued_presented_and_verified(network: Network) -> None:
    learner = await network.learner(BUSINESS_WRITING)
    id = await learner.award(None, badge=budgets_draft())
    document = next(item["document"] for item in learner.wallet.credentials() if "evidence" in item["document"])
    badge = read_badge(parse_credential(document))
    assert badge is not None
    assert schema_problems(parse_credential(document)) == ()
    assert [result.level.name for result in results_of(badge) if result.level] == ["Mastered"]
    assert len(badge.evidence) == 2

    asked = await network.ask(BUDGETS)
    await learner.answers(asked.link)
    report = await asked.report("verified")
    assert faults(report) == []
    assert one(report, 10, "results fit their descriptions")["outcome"] == "yes"
    assert one(report, 10, "evidence named in it")["evidence"]["count"] == 2
    assert one(report, 3, "schema named in it")["outcome"] == "yes"

    award = await network.institution.get(f"/credentials/{id}")
    assert (award["state"], award["achievement"]) == ("issued", ACHIEVEMENT_ID)


async def refused(network: Network, body: dict[str, Any]) -> tuple[int, Mapping[str, Any]]:
    with pytest.raises(Refusal) as answer:
        await network.institution.post("/credentials", body)
    return answer.value.status, answer.value.problem


async def test_a_badge_that_cannot_be_issued_is_refused_with_every_reason(network: Network) -> None:
    learner = await network.learner()
    for body in ({}, {"badge": draft(), "achievement": BUSINESS_WRITING.slug}):
        status, problem = await refused(network, {"learner_id": learner.id, **body})
        assert (status, problem["expected"]) == (422, "one of them")
    status, problem = await refused(network, {"learner_id": learner.id, "badge": draft(id="urn:x", title="x")})
    assert status == 422
    assert "id: it is given by the node that issues it" in problem["detail"]
    assert "title: it is not known there" in problem["detail"]
