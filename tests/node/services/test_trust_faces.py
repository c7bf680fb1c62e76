"""What one lookup says for every face: at a member as far as its copy goes, and with a warning where a date is weak."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.errors import NotFound
from node.services.health import NotReady
from protocols.trust.trqp import TrustQuery
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    ISSUES,
    NETWORK,
    Internet,
    Node,
    running,
    small_network,
)

STRANGER = "https://stranger.example"


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


def query(entity: str) -> TrustQuery:
    return TrustQuery(
        entity_id=entity,
        authority_id=NETWORK,
        action="issue",
        resource="OpenBadgeCredential",
        context=None,
        time=None,
    )


@pytest.mark.parametrize("entity", [COLLEGE, STRANGER])
async def test_a_copy_that_is_not_fresh_tells_neither_yes_nor_no(internet: Internet, entity: str) -> None:
    employer = internet.nodes[EMPLOYER]
    assert (await employer.queries.answer("authorization", query(entity)))["authorized"] is (entity == COLLEGE)
    internet.clock.advance(timedelta(days=2))
    assert (await employer.faces.standing(entity, role="issuer")).outcome == "could_not_tell"
    with pytest.raises(NotReady):
        await employer.queries.answer("authorization", query(entity))
    assert (await employer.documents.registry())["registry"] == {}
    anchor = internet.nodes[NETWORK]
    assert (await anchor.queries.answer("authorization", query(entity)))["authorized"] is (entity == COLLEGE)


async def test_a_member_whose_statement_never_came_is_not_called_a_stranger(internet: Internet) -> None:
    internet.altered[f"{NETWORK}/federation/fetch?sub=https%3A%2F%2Fsecond"] = lambda _: "not a statement"
    internet.altered[f"{NETWORK}/federation/list"] = lambda text: text.replace("]", ',"https://second.example"]')
    internet.nodes["https://second.example"] = internet.nodes[COLLEGE]
    await internet.sync(EMPLOYER)
    decision = await internet.nodes[EMPLOYER].faces.standing("https://second.example", role=None)
    assert (decision.outcome, decision.cause) == ("could_not_tell", "not_yet_synced")


async def test_a_yes_for_a_day_before_the_standing_changed_warns_of_dates_that_only_a_signer_vouches_for(
    internet: Internet,
) -> None:
    before = internet.clock.now()
    internet.clock.advance(timedelta(days=1))
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    decision = await internet.nodes[NETWORK].faces.standing(COLLEGE_DID, role="issuer", at=before)
    assert decision.outcome == "yes"
    assert decision.reason == (
        "A member in good standing since 2026-11-24, registered as issuer. A member on 2026-11-24, but suspended on"
        " 2026-11-25, and only the signer vouches for the date."
    )


@pytest.mark.parametrize("name", ["did:key:z6Mk", f"{COLLEGE}/", "HTTPS://college.example", "did:web:a/b", ""])
async def test_another_spelling_is_another_entity(internet: Internet, name: str) -> None:
    decision = await internet.nodes[NETWORK].faces.standing(name, role=None)
    assert (decision.outcome, decision.cause) == ("no", "not_a_member")


async def test_nobody_answers_for_a_network_that_they_are_not_in(tmp_path: Path) -> None:
    internet = Internet()
    async with running(internet, tmp_path, NETWORK, COLLEGE) as (anchor, college):
        for refused in (
            college.faces.standing(NETWORK, role=None),
            college.documents.registry(),
            college.documents.governance(),
            college.queries.answer("authorization", query(NETWORK)),
        ):
            with pytest.raises(NotFound):
                await refused
        await anchor.members.create("Example Network", actor="operator")
        await apply(anchor, college)
        for refused in (college.documents.registry(), college.documents.governance()):
            with pytest.raises(NotFound):
                await refused
        with pytest.raises(NotReady):
            await college.queries.answer("authorization", query(STRANGER))


async def apply(anchor: Node, node: Node) -> None:
    invite = await anchor.members.invite()
    await node.federation.join(invite.to_link(), ISSUES)
