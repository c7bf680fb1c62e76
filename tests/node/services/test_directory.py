"""Who belongs to the network, from the synced copy; and the same for a wallet that checks it all by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.errors import NotFound
from node.services import directory as directory_module
from node.services.directory import Directory
from node.services.issuer_metadata import skills_evidenced
from node.storage.repos import federation as rows
from protocols.jose.encoding import parse_object
from protocols.trust.directory import read_directory
from protocols.trust.jwks import parse_jwks
from protocols.trust.refusal import StatementRefused
from tests.support.trust_network import (
    ASKS,
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    EMPLOYER_DID,
    ISSUES,
    NETWORK,
    NETWORK_DID,
    Internet,
    Node,
    running,
    small_network,
)

SKILL = "https://www.onetcenter.org/dictionary/2.B.3.e"


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


async def anchors_of(node: Node):
    return {each["entity_id"]: parse_jwks(each["jwks"]) for each in await node.storage.read(rows.anchors)}


async def test_a_member_has_the_name_the_anchor_approved_and_the_keys_it_publishes(employer: Node) -> None:
    member = await employer.storage.read(lambda session: employer.directory.member(session, COLLEGE_DID))
    assert member is not None
    assert (member.did, member.entity_id, member.host, member.name) == (
        COLLEGE_DID,
        COLLEGE,
        "college.example",
        "Example College",
    )
    assert member.document is not None
    assert f"{COLLEGE_DID}#issue-1" in member.document.methods
    assert (member.membership.issuer, member.membership.relay) == (ISSUES.issuer, True)
    assert member.fresh_until > employer.identity.clock.now() + timedelta(hours=11)


async def test_members_are_everybody_and_a_stranger_is_none(employer: Node) -> None:
    members = await employer.storage.read(employer.directory.members)
    assert [(member.did, member.name) for member in members] == [
        (COLLEGE_DID, "Example College"),
        (EMPLOYER_DID, "Example Employer"),
        (NETWORK_DID, "Example Network"),
    ]
    stranger = await employer.storage.read(lambda session: employer.directory.member(session, "did:web:a.example"))
    assert stranger is None


async def test_standing_is_as_of_a_day_and_for_a_type(internet: Internet, employer: Node) -> None:
    admitted = internet.clock.now()

    def standing(at, **options):
        def body(session):
            decision = employer.directory.standing(session, COLLEGE_DID, "issuer", at, **options)
            return decision.outcome, decision.cause

        return employer.storage.read(body)

    internet.clock.advance(timedelta(days=2))
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    await internet.sync()
    now = internet.clock.now()
    assert await standing(admitted - timedelta(days=1)) == ("no", "not_a_member_then")
    assert await standing(admitted) == ("could_not_tell", "signing_date_unattested")
    assert await standing(now) == ("no", "suspended_then")
    await internet.nodes[NETWORK].decide("reinstated", COLLEGE_DID)
    await internet.sync()
    now = internet.clock.now()
    assert await standing(now, credential_type="OpenBadgeCredential") == ("yes", "member_in_good_standing")
    assert await standing(now, credential_type="Diploma") == ("no", "not_registered_for_type")


async def test_before_the_first_sync_nothing_can_be_told(tmp_path: Path) -> None:
    internet = Internet()
    async with running(internet, tmp_path, COLLEGE) as (college,):

        def body(session):
            decision = college.directory.standing(session, EMPLOYER_DID, "verifier", internet.clock.now())
            return decision.cause, college.directory.is_synced(session)

        assert await college.storage.read(body) == ("not_yet_synced", False)
        with pytest.raises(NotFound):
            await college.directory.export()
        with pytest.raises(NotFound):
            await college.directory.exported()


async def test_a_member_is_parsed_once_a_sync(employer: Node, internet: Internet, monkeypatch) -> None:
    parsed: list[str] = []
    real = directory_module.read_member

    def counting(row, *marks):
        parsed.append(row.did)
        return real(row, *marks)

    monkeypatch.setattr(directory_module, "read_member", counting)
    fresh = Directory(employer.storage, internet.clock)
    for _ in range(5):
        await employer.storage.read(lambda session: fresh.member(session, COLLEGE_DID))
        await employer.storage.read(fresh.members)
    assert sorted(parsed) == [COLLEGE_DID, EMPLOYER_DID, NETWORK_DID]
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    await internet.sync(NETWORK, EMPLOYER)
    member = await employer.storage.read(lambda session: fresh.member(session, COLLEGE_DID))
    assert member is not None
    assert member.membership.state == "suspended"


async def test_a_peers_issuer_metadata_says_which_skills_an_achievement_evidences(
    internet: Internet, employer: Node
) -> None:
    college = internet.nodes[COLLEGE]
    achievement = {
        "type": ["Achievement"],
        "name": "Forecasting",
        "description": "Builds a cash-flow forecast.",
        "criteria": {"narrative": "A forecast that held."},
        "alignment": [{"type": ["Alignment"], "targetName": "Programming", "targetUrl": SKILL}],
    }
    published = await college.achievements.put("forecasting", achievement)
    await internet.sync(COLLEGE, EMPLOYER)
    member = await employer.storage.read(lambda session: employer.directory.member(session, COLLEGE_DID))
    assert member is not None
    assert skills_evidenced(member.metadata, published["id"]) == [SKILL]
    assert skills_evidenced(member.metadata, f"{COLLEGE}/achievements/other") == []


async def test_a_wallet_that_knows_the_anchor_reads_the_same_members(internet: Internet, employer: Node) -> None:
    exported = await internet.nodes[COLLEGE].directory.exported()
    now = internet.clock.now()
    listed = read_directory(parse_object(exported.body), await anchors_of(employer), now)
    assert [(member.entity_id, member.name) for member in listed] == [
        (COLLEGE, "Example College"),
        (EMPLOYER, "Example Employer"),
        (NETWORK, "Example Network"),
    ]
    relays = [member.did for member in listed if member.standing("relay", now).outcome == "yes"]
    assert relays == [COLLEGE_DID, NETWORK_DID]
    verifier = next(member for member in listed if member.did == EMPLOYER_DID)
    assert verifier.membership.verifier == ASKS.verifier
    assert verifier.document.didcomm_endpoint is not None


async def test_a_wallet_leaves_out_whatever_its_server_made_up(internet: Internet, employer: Node) -> None:
    document = await internet.nodes[COLLEGE].directory.export()
    now, anchors = internet.clock.now(), await anchors_of(employer)
    college, asker, network = document["members"]
    swapped = {**college, "did_document": asker["did_document"]}
    unstated = {**college, "statement": None}
    relabelled = {**college, "did": "did:web:mallory.example", "entity_id": "https://mallory.example"}
    for changed, left in (
        ([swapped, asker, network], [EMPLOYER, NETWORK]),
        ([{**college, "statement": asker["statement"]}, network], [NETWORK]),
        ([7, {}, network], [NETWORK]),
        ([relabelled], [COLLEGE]),  # what it is called is in the statements, not beside them
    ):
        listed = read_directory({**document, "members": changed}, anchors, now)
        assert [member.entity_id for member in listed] == left
    listed = read_directory({**document, "members": [unstated]}, anchors, now)
    assert listed == ()
    for refused in ({**document, "anchor": college["configuration"]}, {"members": []}, []):
        with pytest.raises(StatementRefused):
            read_directory(refused, anchors, now)
    with pytest.raises(StatementRefused):
        read_directory(document, {}, now)


async def test_the_exported_directory_has_one_tag_until_somebody_changes(internet: Internet) -> None:
    college = internet.nodes[COLLEGE]
    first = await college.directory.exported()
    assert await college.directory.exported() is first
    await internet.sync()
    later = await college.directory.exported()
    assert (later.etag, later.body == first.body) == (first.etag, False)
    await internet.nodes[NETWORK].decide("suspended", EMPLOYER_DID)
    await internet.sync()
    assert (await college.directory.exported()).etag != first.etag
