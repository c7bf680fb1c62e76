"""The member's side: joining, syncing what others publish, and what an attacker on the way can and cannot do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.errors import Conflict, NotFound, Rejected, Unreachable
from node.services.did_document import Purpose
from node.storage.repos import federation as rows
from node.storage.repos import membership as log_rows
from protocols.jose.encoding import JsonObject, digest_json
from protocols.jose.jws import parse_compact, sign_compact
from protocols.jose.keys import PrivateKey
from protocols.trust.chain import validate_chain
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.trust.presented_chain import standing_from_chain
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import STATEMENT_TYP
from tests.support.federation import key
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    EMPLOYER_DID,
    ISSUES,
    NETWORK,
    NETWORK_DID,
    Internet,
    Node,
    admit,
    running,
    small_network,
)

MALLORY = key("mallory")


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


async def peer(node: Node, did: str) -> rows.Peer | None:
    return await node.storage.read(lambda session: rows.peer(session, did))


async def cause(node: Node, did: str, role="relay", **options) -> tuple[str, str]:
    def body(session):
        decision = node.directory.standing(session, did, role, node.identity.clock.now(), **options)
        return decision.outcome, decision.cause

    return await node.storage.read(body)


def forged(token: str, signer: PrivateKey, **changes) -> str:
    """The same statement with other claims, under another's signature."""
    claims = {**parse_compact(token).claims, **changes}
    return sign_compact(claims, signer, typ=STATEMENT_TYP)


async def test_every_node_has_a_verified_copy_of_everybody(internet: Internet) -> None:
    for node in internet.nodes.values():
        for did, role in (
            (COLLEGE_DID, "relay"),
            (COLLEGE_DID, "issuer"),
            (EMPLOYER_DID, "verifier"),
            (NETWORK_DID, "relay"),
        ):
            assert await cause(node, did, role) == ("yes", "member_in_good_standing")
        assert await cause(node, EMPLOYER_DID) == ("no", "not_registered_as_relay")
        assert await cause(node, "did:web:stranger.example") == ("no", "not_a_member")
        assert [standing.state for standing in await node.federation.standings()] == ["member"]


async def test_a_chain_to_show_holds_for_whoever_knows_the_anchor_only(internet: Internet) -> None:
    employer = internet.nodes[EMPLOYER]
    anchors = {each["entity_id"]: parse_jwks(each["jwks"]) for each in await employer.storage.read(rows.anchors)}
    assert list(anchors) == [NETWORK]
    chain = await employer.federation.own_chain()
    assert chain is not None
    shown = standing_from_chain(chain, EMPLOYER_DID, anchors, "verifier", internet.clock.now())
    assert (shown.decision.outcome, shown.name, shown.anchor) == ("yes", "Example Employer", NETWORK)
    own = await internet.nodes[NETWORK].federation.own_chain()
    assert own is not None
    shown = standing_from_chain(own, NETWORK_DID, anchors, "relay", internet.clock.now())
    assert (shown.decision.outcome, shown.name) == ("yes", "Example Network")
    elsewhere = standing_from_chain(chain, EMPLOYER_DID, {}, "verifier", internet.clock.now())
    assert elsewhere.decision.cause == "chain_unknown_anchor"


async def test_what_did_not_change_is_not_sent_again(internet: Internet, employer: Node) -> None:
    before = await peer(employer, COLLEGE_DID)
    internet.gets.clear()
    internet.unchanged = 0
    await internet.sync(EMPLOYER)
    assert internet.unchanged == 5  # college: configuration, did.json, issuer; anchor: did.json, issuer
    assert not any(url.startswith(EMPLOYER) for url in internet.gets)
    after = await peer(employer, COLLEGE_DID)
    assert before is not None
    assert after is not None
    assert (after.did_document, after.issuer_metadata, after.error) == (
        before.did_document,
        before.issuer_metadata,
        None,
    )


async def test_a_suspension_and_its_end_reach_everybody(internet: Internet, employer: Node) -> None:
    anchor = internet.nodes[NETWORK]
    await anchor.decide("suspended", COLLEGE_DID, reason="under review")
    await internet.sync()
    assert await cause(employer, COLLEGE_DID) == ("no", "suspended_then")
    own = (await internet.nodes[COLLEGE].federation.standings())[0]
    assert (own.state, own.event and own.event.reason) == ("suspended", "under review")
    await anchor.decide("reinstated", COLLEGE_DID)
    await internet.sync()
    assert await cause(employer, COLLEGE_DID) == ("yes", "member_in_good_standing")


async def test_a_member_cannot_hide_its_suspension_by_falling_silent(internet: Internet, employer: Node) -> None:
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    internet.silent.add(COLLEGE)
    await internet.sync(NETWORK, EMPLOYER)
    assert await cause(employer, COLLEGE_DID) == ("no", "suspended_then")


async def test_a_removed_member_keeps_its_past_and_is_not_called_any_more(internet: Internet, employer: Node) -> None:
    then = internet.clock.now()
    internet.clock.advance(timedelta(hours=1))
    await internet.nodes[NETWORK].decide("removed", COLLEGE_DID)
    await internet.sync(NETWORK, EMPLOYER)
    assert await cause(employer, COLLEGE_DID, "issuer") == ("no", "removed_then")
    internet.gets.clear()
    await internet.sync(EMPLOYER)
    assert not any(url.startswith(COLLEGE) for url in internet.gets)

    def body(session):
        member = employer.directory.member(session, COLLEGE_DID)
        return member.membership.state_at(then)[0], member.document is not None

    assert await employer.storage.read(body) == ("member", True)


async def test_a_tampered_statement_fails_alone_and_changes_nothing(internet: Internet, employer: Node) -> None:
    """The attacker stands between us and the anchor, and wants the employer's competitor suspended, or itself in."""
    before = await peer(employer, COLLEGE_DID)
    statement = f"{NETWORK}/federation/fetch?sub=https%3A%2F%2Fcollege"
    for altered in (
        lambda token: forged(token, MALLORY),
        lambda token: forged(token, MALLORY, jwks=to_jwks({MALLORY.kid: MALLORY.public})),
        lambda token: token[:-8] + "AAAAAAAA",
        lambda token: "not a statement",
        lambda token: Unreachable("no answer in time"),
    ):
        internet.altered[statement] = altered
        await internet.sync(NETWORK, EMPLOYER)
        after = await peer(employer, COLLEGE_DID)
        assert before is not None
        assert after is not None
        assert (after.statement_jws, after.membership) == (before.statement_jws, before.membership)
        assert after.error is not None
        assert await cause(employer, NETWORK_DID) == ("yes", "member_in_good_standing")


async def test_a_statement_about_another_is_not_taken(internet: Internet, employer: Node) -> None:
    other = (await internet.nodes[NETWORK].statements.about(EMPLOYER)).token
    internet.altered[f"{NETWORK}/federation/fetch?sub=https%3A%2F%2Fcollege"] = lambda _: other
    await internet.sync(NETWORK, EMPLOYER)
    row = await peer(employer, COLLEGE_DID)
    assert row is not None
    assert row.error == "a statement about another, or by another"


async def test_an_anchor_that_signs_with_another_key_is_not_believed(internet: Internet, employer: Node) -> None:
    keys = to_jwks({MALLORY.kid: MALLORY.public})
    internet.altered[f"{NETWORK}/.well-known/openid-federation"] = lambda token: forged(token, MALLORY, jwks=keys)
    pinned = await employer.storage.read(rows.anchors)
    with pytest.raises(StatementRefused) as refusal:
        await internet.sync(EMPLOYER)
    assert refusal.value.rule == "anchor_key"
    assert await employer.storage.read(rows.anchors) == pinned


async def test_an_anchor_cannot_take_back_what_it_stated(internet: Internet, employer: Node) -> None:
    """Nor can somebody who plays an older statement of the anchor's to us."""
    anchor = internet.nodes[NETWORK]
    old = (await anchor.statements.about(COLLEGE)).token
    await anchor.decide("suspended", COLLEGE_DID)
    await internet.sync(NETWORK, EMPLOYER)
    internet.altered[f"{NETWORK}/federation/fetch?sub=https%3A%2F%2Fcollege"] = lambda _: old
    await internet.sync(NETWORK, EMPLOYER)
    row = await peer(employer, COLLEGE_DID)
    assert row is not None
    assert row.error == "the statement takes back events that were stated before"
    assert await cause(employer, COLLEGE_DID) == ("no", "suspended_then")


@pytest.mark.parametrize(
    ("page", "altered"),
    [
        ("/.well-known/did.json", lambda text: text.replace('["https://college.example"]', "[]")),
        ("/.well-known/did.json", lambda text: text.replace(COLLEGE_DID, "did:web:mallory.example")),
        ("/.well-known/did.json", lambda text: "{"),
        ("/.well-known/openid-federation", lambda token: forged(token, MALLORY)),
        (
            "/.well-known/openid-federation",
            lambda token: forged(token, MALLORY, metadata={"ler_node": {"did": "did:web:mallory.example"}}),
        ),
    ],
)
async def test_a_member_whose_publications_disagree_is_not_relied_on_until_they_agree(
    internet: Internet, employer: Node, page, altered
) -> None:
    internet.altered[COLLEGE + page] = altered
    await internet.sync(NETWORK, EMPLOYER)
    row = await peer(employer, COLLEGE_DID)
    assert row is not None
    assert row.did_document is None
    assert await cause(employer, COLLEGE_DID) == ("could_not_tell", "publications_unverified")
    internet.altered.clear()
    await internet.sync(NETWORK, EMPLOYER)
    assert await cause(employer, COLLEGE_DID) == ("yes", "member_in_good_standing")


async def test_a_did_document_that_its_member_does_not_state_takes_no_place_and_drops_none(
    internet: Internet, employer: Node
) -> None:
    """It may be a cache's, from before a key was changed; or somebody's who has one file on the host."""
    before = await peer(employer, COLLEGE_DID)
    internet.altered[f"{COLLEGE}/.well-known/did.json"] = lambda text: text.replace('"assertionMethod"', '"keptAside"')
    await internet.sync(EMPLOYER)
    row = await peer(employer, COLLEGE_DID)
    assert (row.did_document, row.error) == (
        before.did_document,
        "not the DID document that the entity configuration states",
    )
    assert await cause(employer, COLLEGE_DID) == ("yes", "member_in_good_standing")


async def test_metadata_of_another_is_passed_over(internet: Internet, employer: Node) -> None:
    internet.altered[f"{COLLEGE}/issuer"] = lambda text: text.replace(COLLEGE_DID, EMPLOYER_DID)
    await internet.sync(EMPLOYER)
    row = await peer(employer, COLLEGE_DID)
    assert row is not None
    assert (row.issuer_metadata or {})["id"] == COLLEGE_DID
    assert row.error is None


async def test_one_hung_member_delays_no_other(internet: Internet, employer: Node, monkeypatch) -> None:
    monkeypatch.setattr("node.services.federation_sync.PEER_S", 0.3)
    before = await peer(employer, NETWORK_DID)
    internet.hung.add(COLLEGE)
    internet.clock.advance(timedelta(minutes=5))
    running_round = asyncio.create_task(employer.federation_sync.run())
    while (await peer(employer, NETWORK_DID)).fetched_at == before.fetched_at:  # rows have no event
        await asyncio.sleep(0.01)
    assert not running_round.done()
    await running_round
    row = await peer(employer, COLLEGE_DID)
    assert row is not None
    assert (row.error, row.failures) == ("no answer in time", 1)
    assert row.did_document is not None
    internet.gets.clear()
    await employer.federation_sync.run()
    assert not any(url.startswith(COLLEGE) for url in internet.gets)  # left alone for a while


async def test_without_the_anchor_what_is_known_stays_until_it_is_too_old(internet: Internet, employer: Node) -> None:
    internet.silent.add(NETWORK)
    with pytest.raises(Unreachable):
        await internet.sync(EMPLOYER)
    assert await cause(employer, COLLEGE_DID) == ("yes", "member_in_good_standing")
    internet.clock.advance(timedelta(hours=25))
    assert await cause(employer, COLLEGE_DID) == ("could_not_tell", "membership_stale")
    assert await cause(employer, "did:web:stranger.example") == ("could_not_tell", "not_yet_synced")


async def test_what_a_sync_fetches_is_bounded_by_the_list_and_nobodys_hints_are_followed(
    internet: Internet, employer: Node
) -> None:
    internet.gets.clear()
    await internet.sync(EMPLOYER)
    hosts = sorted({url.split("/")[2] for url in internet.gets})
    assert hosts == ["college.example", "network.example"]
    assert len(internet.gets) == 9


async def test_a_list_with_what_is_no_entity_is_used_for_the_rest(internet: Internet, employer: Node) -> None:
    internet.altered[f"{NETWORK}/federation/list"] = lambda _: (
        '["https://127.0.0.1","http://college.example",7,null,"https://college.example","https://employer.example"]'
    )
    await internet.sync(EMPLOYER)
    assert await cause(employer, COLLEGE_DID) == ("yes", "member_in_good_standing")
    internet.altered[f"{NETWORK}/federation/list"] = lambda _: '{"not": "a list"}'
    with pytest.raises(StatementRefused):
        await internet.sync(EMPLOYER)


@pytest.mark.parametrize("entity_id", [COLLEGE, NETWORK])
async def test_a_federation_key_is_changed_without_a_gap(internet: Internet, employer: Node, entity_id: str) -> None:
    """A new key is published first; by the time it signs, everybody has it."""
    node = internet.nodes[entity_id]
    first = node.configuration.signer().kid
    await node.identity.rotate(Purpose.FEDERATION)
    assert node.configuration.signer().kid == first
    assert len(node.configuration.keys()) == 2
    for _ in range(9):
        internet.clock.advance(timedelta(days=1))
        await internet.sync()
        assert await cause(employer, node.did) == ("yes", "member_in_good_standing")
    assert node.configuration.signer().kid != first
    assert len(node.configuration.keys()) == 1
    anchors = {each["entity_id"]: parse_jwks(each["jwks"]) for each in await employer.storage.read(rows.anchors)}
    chain = await node.federation.own_chain()
    assert chain is not None
    assert validate_chain(chain, anchors=anchors, now=internet.clock.now()).subject == entity_id


async def test_a_federation_key_does_not_sign_before_the_anchor_states_it(internet: Internet, employer: Node) -> None:
    """However long the anchor's own node does not look: the chain holds with the key that it knows."""
    college = internet.nodes[COLLEGE]

    async def signed_by() -> str:
        return parse_compact(await college.configuration.current()).kid

    first = await signed_by()
    await college.identity.rotate(Purpose.FEDERATION)
    for _ in range(9):
        internet.clock.advance(timedelta(days=1))
        await internet.sync(COLLEGE, EMPLOYER)
        assert (await signed_by(), await cause(employer, college.did)) == (first, ("yes", "member_in_good_standing"))
    for _ in range(2):
        internet.clock.advance(timedelta(hours=1))
        await internet.sync()
        assert await cause(employer, college.did) == ("yes", "member_in_good_standing")
    assert await signed_by() != first


async def test_a_resolve_response_carries_the_chain_and_is_signed_by_us(internet: Internet, employer: Node) -> None:
    token = await employer.federation.resolve(COLLEGE, [NETWORK])
    jws = parse_compact(token, typ="resolve-response+jwt")
    jws.verify(employer.configuration.keys()[jws.kid])
    claims: JsonObject = jws.claims
    assert (claims["iss"], claims["sub"], len(claims["trust_chain"])) == (EMPLOYER, COLLEGE, 3)
    assert claims.keys() == {"iss", "sub", "iat", "exp", "metadata", "trust_chain"}  # nobody asked as somebody: no aud
    assert claims["metadata"]["federation_entity"]["organization_name"] == "Example College"
    assert claims["exp"] > internet.clock.now().timestamp()
    assert parse_compact(await employer.federation.resolve(NETWORK_DID, [NETWORK])).claims["sub"] == NETWORK
    for subject, anchor in ((COLLEGE, COLLEGE), ("https://stranger.example", NETWORK)):
        with pytest.raises(NotFound):
            await employer.federation.resolve(subject, [anchor])


async def test_who_is_not_in_good_standing_is_resolved_only_for_readers_of_memberships(
    internet: Internet, employer: Node
) -> None:
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    await internet.sync()
    with pytest.raises(NotFound) as refused:
        await employer.federation.resolve(COLLEGE, [NETWORK])
    with pytest.raises(NotFound) as stranger:
        await employer.federation.resolve("https://stranger.example", [NETWORK])
    assert refused.value.detail == stranger.value.detail
    token = await employer.federation.resolve(COLLEGE, [NETWORK], everybody=True)
    said = parse_compact(parse_compact(token).claims["trust_chain"][1]).claims
    assert (said["crit"], said["ler_membership"]["events"][-1]["event"]) == (["ler_membership"], "suspended")
    internet.clock.advance(timedelta(days=3))
    with pytest.raises(NotFound):
        await employer.federation.resolve(COLLEGE, [NETWORK])  # and not that its chain has expired


async def test_a_resolver_takes_the_first_anchor_it_has_and_gives_the_types_that_are_asked_for(employer: Node) -> None:
    token = await employer.federation.resolve(COLLEGE, ["https://other.example", NETWORK], ["ler_node", "oauth_client"])
    assert parse_compact(token).claims["metadata"].keys() == {"ler_node"}


async def test_a_node_is_in_one_network(internet: Internet, tmp_path: Path) -> None:
    invite = await internet.nodes[NETWORK].members.invite()
    for entity_id in (NETWORK, COLLEGE):
        with pytest.raises(Conflict):
            await internet.nodes[entity_id].federation.join(invite.to_compact(), ISSUES)
    async with running(internet, tmp_path, "https://second.example") as (second,):
        await second.members.create("Another network", actor="operator")
        other = await second.members.invite()
        with pytest.raises(Conflict):
            await internet.nodes[COLLEGE].federation.join(other.to_compact(), ISSUES)


async def test_an_invitation_to_a_host_with_other_keys_is_refused_before_anything_is_sent(
    internet: Internet, tmp_path: Path
) -> None:
    """Anchor key swapped: whoever has the anchor's host, or the way to it, has not its key."""
    keys = to_jwks({MALLORY.kid: MALLORY.public})
    invite = await internet.nodes[NETWORK].members.invite()
    internet.altered[f"{NETWORK}/.well-known/openid-federation"] = lambda token: forged(token, MALLORY, jwks=keys)
    async with running(internet, tmp_path, "https://third.example") as (third,):
        with pytest.raises(StatementRefused) as refusal:
            await third.federation.join(invite.to_link(), ISSUES)
        assert refusal.value.rule == "anchor_key"
        assert await third.federation.standings() == []
    entries = await internet.nodes[NETWORK].storage.read(lambda s: log_rows.about(s, "https://third.example"))
    assert list(entries) == []


async def test_a_refused_applicant_hears_why_and_can_apply_elsewhere(internet: Internet, tmp_path: Path) -> None:
    used = await internet.nodes[NETWORK].members.invite()
    async with running(internet, tmp_path, "https://third.example", "https://fourth.example") as (third, fourth):
        await third.federation.join(used.to_link(), ISSUES)
        with pytest.raises(Rejected) as refusal:
            await fourth.federation.join(used.to_link(), ISSUES)
        assert "not an invitation of this network" in refusal.value.detail
        assert [each.state for each in await fourth.federation.standings()] == ["none"]
        assert await fourth.federation.own_chain() is None
        await admit(internet.nodes[NETWORK], fourth, ISSUES)
        await internet.sync()
        assert [each.state for each in await fourth.federation.standings()] == ["member"]


async def test_a_node_alone_speaks_for_itself_and_syncs_nothing(tmp_path: Path) -> None:
    internet = Internet()
    async with running(internet, tmp_path, COLLEGE) as (college,):
        await college.federation_sync.run()
        claims = parse_compact(await college.configuration.current()).claims
        assert claims["metadata"]["ler_node"] == {
            "did": COLLEGE_DID,
            "did_document_sha256": digest_json(college.identity.did_document()),
        }
        assert "authority_hints" not in claims
        assert (await college.federation.standings(), await college.federation.own_chain()) == ([], None)
        assert internet.gets == []


async def test_the_own_configuration_is_the_same_token_until_half_its_life(internet: Internet) -> None:
    college = internet.nodes[COLLEGE]
    first = await college.configuration.current()
    internet.clock.advance(timedelta(hours=11))
    assert await college.configuration.current() == first
    internet.clock.advance(timedelta(hours=1))
    assert await college.configuration.current() != first
