"""The anchor's side: invitations, applications and decisions, in one log that nobody can rewrite."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.errors import BadInput, Conflict, Forbidden, NotFound, RateLimited, Rejected
from node.services.did_document import Purpose
from node.services.member_record import entry_of
from node.services.membership_log import MembershipLog
from node.storage.repos import membership as rows
from protocols.errors import ProtocolError
from protocols.trust.agreement import Agreement
from protocols.trust.leaving import LeaveNotice
from protocols.trust.membership_log import LogEntry, check_log, read_log
from protocols.trust.network import JoinApplication, NetworkInvite, RolesWanted
from protocols.trust.refusal import StatementRefused
from protocols.trust.registration import IssuerRegistration
from protocols.trust.statement import parse_statement
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    ISSUES,
    NETWORK,
    NETWORK_DID,
    Internet,
    Node,
    admit,
    running,
)


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    """An anchor, and two nodes that are in no network yet."""
    internet = Internet()
    async with running(internet, tmp_path, NETWORK, COLLEGE, EMPLOYER) as (anchor, *_):
        await anchor.members.create("Example Network", actor="operator")
        yield internet


@pytest.fixture
def anchor(internet: Internet) -> Node:
    return internet.nodes[NETWORK]


@pytest.fixture
def college(internet: Internet) -> Node:
    return internet.nodes[COLLEGE]


def application(node: Node, invite: NetworkInvite, signer: Node | None = None, **changes) -> str:
    """What `node` would post for `invite`, signed by itself or by another."""
    given = {
        "anchor": invite.anchor,
        "entity_id": node.entity_id,
        "did": node.did,
        "jwks": node.configuration.keys(),
        "roles": ISSUES,
        "invite_token_hash": invite.token_hash,
        "name": "Example College",
        "iat": node.identity.clock.now(),
    }
    return JoinApplication(**{**given, **changes}).sign((signer or node).identity.signer(Purpose.AUTHENTICATION))


async def states(anchor: Node) -> dict[str, str]:
    return {record.entity_id: record.state for record in await anchor.members.list()}


async def log_of(anchor: Node) -> list[LogEntry]:
    return [entry_of(entry) for entry in await anchor.storage.read(rows.log)]


async def test_whoever_founds_a_network_is_its_anchor_and_its_first_relay(anchor: Node) -> None:
    statement = parse_statement(await anchor.configuration.current(), anchor.identity.clock.now())
    assert (statement.sub, statement.organization_name, statement.authority_hints) == (NETWORK, "Example Network", ())
    membership = statement.membership
    assert membership is not None
    assert (membership.did, membership.state, membership.relay, membership.issuer, membership.verifier) == (
        NETWORK_DID,
        "member",
        True,
        None,
        None,
    )
    with pytest.raises(Conflict):
        await anchor.members.create("Another", actor="operator")


async def test_an_invitation_with_a_yes_admits_whom_it_names_and_nobody_else(anchor: Node, internet: Internet) -> None:
    college, employer = internet.nodes[COLLEGE], internet.nodes[EMPLOYER]
    invite = await anchor.members.invite(approve=COLLEGE_DID, actor="operator")
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(employer, invite))
    assert await states(anchor) == {NETWORK: "member"}
    applied = application(college, invite)
    assert (await anchor.admission.apply(applied)).state == "member"
    assert (await anchor.admission.apply(applied)).state == "member"
    assert [(entry.event.event, entry.actor) for entry in (await log_of(anchor))[2:]] == [
        ("applied", COLLEGE_DID),
        ("approved", "operator"),
    ]
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(employer, invite))
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(college, invite, name="Another College"))


async def test_an_invitation_with_a_yes_is_for_another_node(anchor: Node) -> None:
    with pytest.raises(Conflict):
        await anchor.members.invite(approve=NETWORK, actor="operator")
    with pytest.raises(StatementRefused):
        await anchor.members.invite(approve="did:key:z6Mk", actor="operator")
    assert await states(anchor) == {NETWORK: "member"}


async def test_an_application_waits_until_somebody_decides(anchor: Node, college: Node) -> None:
    invite = await anchor.members.invite()
    joined = await college.federation.join(invite.to_compact(), ISSUES)
    assert (joined.anchor, joined.role, joined.state) == (NETWORK, "member", "applied")
    assert await states(anchor) == {COLLEGE: "applied", NETWORK: "member"}
    with pytest.raises(NotFound):
        await anchor.statements.about(COLLEGE)
    assert await anchor.statements.entity_ids(everybody=True) == []
    await anchor.decide("approved", COLLEGE, name="Example College")
    assert await anchor.statements.entity_ids() == [COLLEGE]
    statement = parse_statement((await anchor.statements.about(COLLEGE_DID)).token, anchor.identity.clock.now())
    statement.verify_with(anchor.configuration.keys())
    assert (statement.iss, statement.sub, statement.organization_name) == (NETWORK, COLLEGE, "Example College")
    assert statement.membership is not None
    assert (statement.membership.issuer, statement.membership.relay) == (ISSUES.issuer, True)
    assert statement.jwks == college.configuration.keys()


async def test_every_decision_is_in_a_log_that_shows_a_change(anchor: Node, college: Node) -> None:
    await admit(anchor, college, ISSUES)
    for event in ("suspended", "reinstated", "removed"):
        anchor.identity.clock.advance(timedelta(days=1))
        await anchor.decide(event, college.did, reason=f"{event} for a test")
    log = await log_of(anchor)
    assert [(entry.subject, entry.event.event, entry.event.reason) for entry in log] == [
        (NETWORK, "applied", None),
        (NETWORK, "approved", None),
        (COLLEGE, "applied", None),
        (COLLEGE, "approved", None),
        (COLLEGE, "suspended", "suspended for a test"),
        (COLLEGE, "reinstated", "reinstated for a test"),
        (COLLEGE, "removed", "removed for a test"),
    ]
    assert check_log(log) == ()
    assert check_log([*log[:3], *log[4:]]) != ()
    actors = [entry.actor for entry in await anchor.storage.read(rows.log)]
    assert actors == ["operator", "operator", COLLEGE_DID, "operator", "operator", "operator", "operator"]


async def test_the_log_goes_out_whole_and_is_checked_without_us(anchor: Node, college: Node) -> None:
    await admit(anchor, college, ISSUES)
    await anchor.decide("merged", COLLEGE, successor=EMPLOYER, reason="by resolution")
    log = MembershipLog(anchor.storage, anchor.configuration, anchor.identity.clock)
    found = read_log(await log.export())
    assert (found.name, check_log(found.entries)) == ("Example Network", ())
    assert found.signed_by == anchor.configuration.signer().public.thumbprint
    assert [(entry.event.event, entry.actor, entry.event.successor) for entry in found.entries[2:]] == [
        ("applied", COLLEGE_DID, None),
        ("approved", "operator", None),
        ("merged", "operator", EMPLOYER),
    ]
    assert JoinApplication.parse(found.entries[2].detail["application"]).did == COLLEGE_DID
    with pytest.raises(Conflict):
        await MembershipLog(college.storage, college.configuration, college.identity.clock).export()


async def test_a_suspension_with_an_end_is_ended_by_the_clock(anchor: Node, college: Node, internet: Internet) -> None:
    await admit(anchor, college, ISSUES)
    log = MembershipLog(anchor.storage, anchor.configuration, internet.clock)
    until = internet.clock.now() + timedelta(days=2)
    await anchor.decide("suspended", COLLEGE, reason="an audit", until=until)
    assert await anchor.statements.entity_ids() == []
    await log.end_suspensions()
    assert (await states(anchor))[COLLEGE] == "suspended"
    internet.clock.advance(timedelta(days=2))
    assert await anchor.statements.entity_ids() == [COLLEGE], "at once, not when a job comes round"
    await log.end_suspensions()
    await log.end_suspensions()
    last = (await log_of(anchor))[-1]
    assert (last.event.event, last.actor, last.event.reason) == (
        "reinstated",
        NETWORK_DID,
        "The suspension was to end by itself.",
    )
    assert len(await log_of(anchor)) == 6


async def test_whoever_applies_agrees_to_the_terms_that_there_are(anchor: Node, college: Node) -> None:
    first = await anchor.members.set_terms("2026-11", "Be honest.")
    assert await anchor.members.set_terms("2026-11", "Be honest.") == first
    with pytest.raises(Conflict, match="other terms have this version"):
        await anchor.members.set_terms("2026-11", "Be rich.")
    invite = await anchor.members.invite()
    for agreed in (None, "2025-01"):
        with pytest.raises(Conflict, match="has terms to agree to: read https") as refusal:
            await college.federation.join(invite.to_compact(), ISSUES, agreed)
        assert refusal.value.expected == "agreement to version 2026-11"
    with pytest.raises(StatementRefused) as refused:
        await anchor.admission.apply(application(college, invite, agreement=Agreement.of("2026-11", "Be rich.")))
    assert refused.value.rule == "agreement"
    assert (await college.federation.join(invite.to_compact(), ISSUES, "2026-11")).state == "applied"
    record = {each.entity_id: each for each in await anchor.members.list()}[COLLEGE]
    assert record.agreement == first
    await anchor.members.set_terms("2027-01", "Be honest and kind.")
    assert {each.entity_id: each for each in await anchor.members.list()}[COLLEGE].agreement == first


async def test_a_member_leaves_by_its_own_word_and_can_come_back(
    anchor: Node, college: Node, internet: Internet
) -> None:
    with pytest.raises(Conflict):
        await college.federation.leave()
    await admit(anchor, college, ISSUES)
    await internet.sync(NETWORK, COLLEGE)
    assert (await college.federation.leave("we close this node")).state == "left"
    assert (await college.federation.leave("we close this node")).state == "left"
    last = (await log_of(anchor))[-1]
    assert (last.event.event, last.actor, last.event.reason) == ("left", COLLEGE_DID, "we close this node")
    assert LeaveNotice.parse(last.detail["notice"]).did == COLLEGE_DID
    await internet.sync(NETWORK, COLLEGE)
    assert [each.state for each in await college.federation.standings()] == ["left"]
    internet.clock.advance(timedelta(hours=1))
    await admit(anchor, college, ISSUES)
    with pytest.raises(Conflict, match="another membership"):
        await anchor.admission.leave(last.detail["notice"])
    assert (await states(anchor))[COLLEGE] == "member", "an old notice is played again in vain"


async def test_nobody_leaves_for_another(anchor: Node, college: Node, internet: Internet) -> None:
    await admit(anchor, college, ISSUES)
    attacker = internet.nodes[EMPLOYER]
    record = {each.entity_id: each for each in await anchor.members.list()}[COLLEGE]
    notice = LeaveNotice(anchor=NETWORK, did=COLLEGE_DID, since=record.applied_at, iat=internet.clock.now())
    with pytest.raises(StatementRefused) as refusal:
        await anchor.admission.leave(notice.sign(attacker.identity.signer(Purpose.AUTHENTICATION)))
    assert refusal.value.rule == "kid_unknown"
    stranger = replace(notice, did=attacker.did)
    gets = len(internet.gets)
    with pytest.raises(NotFound):
        await anchor.admission.leave(stranger.sign(attacker.identity.signer(Purpose.AUTHENTICATION)))
    assert len(internet.gets) == gets, "nothing is fetched for strangers"
    assert (await states(anchor))[COLLEGE] == "member"


async def test_a_past_member_stays_resolvable_with_its_dates_and_leaves_the_list(anchor: Node, college: Node) -> None:
    await admit(anchor, college, ISSUES)
    anchor.identity.clock.advance(timedelta(days=1))
    await anchor.decide("removed", COLLEGE, reason="closed its doors")
    assert await anchor.statements.entity_ids() == []
    assert await anchor.statements.entity_ids(everybody=True) == [COLLEGE]
    with pytest.raises(NotFound):
        await anchor.statements.about(COLLEGE)
    past = await anchor.statements.about(COLLEGE, everybody=True)
    statement = parse_statement(past.token, anchor.identity.clock.now())
    assert statement.claims["crit"] == ["ler_membership"]
    assert statement.membership is not None
    assert [event.event for event in statement.membership.events] == ["applied", "approved", "removed"]


async def test_who_applies_again_is_given_no_name_and_no_role_before_somebody_approves(
    anchor: Node, college: Node, internet: Internet
) -> None:
    """Neither for now nor, what nobody would see, for the days on which it was a member."""
    await admit(anchor, college, ISSUES, name="Example College")
    await anchor.decide("removed", COLLEGE)
    await internet.sync(NETWORK, COLLEGE)
    invite = await anchor.members.invite()
    await college.federation.join(invite.to_link(), RolesWanted(issuer=IssuerRegistration(types=("Diploma",))))

    async def stated() -> tuple[str | None, IssuerRegistration | None, bool]:
        found = await anchor.statements.about(COLLEGE, everybody=True)
        statement = parse_statement(found.token, internet.clock.now())
        assert statement.membership is not None
        return statement.organization_name, statement.membership.issuer, statement.membership.relay

    assert await stated() == ("Example College", ISSUES.issuer, True)
    [waiting] = [record for record in await anchor.members.list() if record.entity_id == COLLEGE]
    assert (waiting.asked_name, waiting.asked_roles.issuer) == (
        college.identity.name,
        IssuerRegistration(types=("Diploma",)),
    )
    await anchor.decide("removed", COLLEGE, reason="refused")
    assert await stated() == ("Example College", ISSUES.issuer, True)


@pytest.mark.parametrize(
    ("first", "illegal"), [("", "approved"), ("", "reinstated"), ("removed", "suspended"), ("suspended", "approved")]
)
async def test_an_event_that_cannot_follow_is_refused(anchor: Node, college: Node, first, illegal) -> None:
    await admit(anchor, college, ISSUES)
    if first:
        await anchor.decide(first, COLLEGE)
    before = await log_of(anchor)
    with pytest.raises(Conflict) as refusal:
        await anchor.decide(illegal, COLLEGE)
    assert refusal.value.found is not None
    assert illegal in refusal.value.found
    assert await log_of(anchor) == before


async def test_nobody_decides_about_strangers_or_about_the_anchor(anchor: Node) -> None:
    with pytest.raises(NotFound):
        await anchor.decide("approved", COLLEGE)
    with pytest.raises(Conflict):
        await anchor.decide("suspended", NETWORK)
    with pytest.raises(BadInput):
        await anchor.statements.about(NETWORK)


async def test_only_an_anchor_invites_lists_and_states(college: Node) -> None:
    with pytest.raises(Conflict):
        await college.members.invite()
    with pytest.raises(NotFound):
        await college.statements.entity_ids()
    with pytest.raises(NotFound):
        await college.statements.about(EMPLOYER)


async def test_an_invitation_serves_one_applicant_and_its_application_again(anchor: Node, college: Node) -> None:
    invite = await anchor.members.invite()
    mine = application(college, invite)
    assert (await anchor.admission.apply(mine)).state == "applied"
    assert (await anchor.admission.apply(mine)).state == "applied"
    employer = anchor.admission.web.nodes[EMPLOYER]
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(employer, invite))
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(college, invite, name="Another name"))
    assert await states(anchor) == {COLLEGE: "applied", NETWORK: "member"}


async def test_two_that_race_for_one_invitation_are_one_applicant(anchor: Node, college: Node) -> None:
    invite = await anchor.members.invite()
    employer = anchor.admission.web.nodes[EMPLOYER]
    outcomes = await asyncio.gather(
        anchor.admission.apply(application(college, invite)),
        anchor.admission.apply(application(employer, invite)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Forbidden", "MemberRecord"]


async def test_without_an_invitation_of_ours_nothing_is_fetched(
    anchor: Node, college: Node, internet: Internet
) -> None:
    invite = await anchor.members.invite(timedelta(hours=1))
    forged = NetworkInvite(
        anchor=NETWORK, jwks=invite.jwks, token="guessed", name="Example Network", expires=invite.expires
    )
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(college, forged))
    internet.clock.advance(timedelta(hours=1))
    with pytest.raises(Forbidden):
        await anchor.admission.apply(application(college, invite))
    assert internet.gets == []


async def test_an_application_for_anothers_did_is_refused(anchor: Node, college: Node, internet: Internet) -> None:
    """The attacker has an invitation and signs with its own key, as the victim or as itself."""
    invite = await anchor.members.invite()
    attacker = internet.nodes[EMPLOYER]
    with pytest.raises(StatementRefused) as refusal:
        await anchor.admission.apply(application(college, invite, signer=attacker))
    assert refusal.value.rule == "kid_unknown"
    with pytest.raises(StatementRefused) as refusal:
        await anchor.admission.apply(application(attacker, invite, did=COLLEGE_DID))
    assert refusal.value.rule == "did_mismatch"
    with pytest.raises(StatementRefused) as refusal:
        await anchor.admission.apply(application(college, invite, jwks=attacker.configuration.keys()))
    assert refusal.value.rule == "kid_unknown"
    assert await states(anchor) == {NETWORK: "member"}
    assert (await anchor.admission.apply(application(college, invite))).state == "applied"


@pytest.mark.parametrize(
    ("url", "was", "instead", "rule"),
    [
        ("/.well-known/did.json", '"alsoKnownAs":["https://college.example"]', '"alsoKnownAs":[]', "entity_id_not_in"),
        ("/.well-known/did.json", '"id":"did:web:college.example"', '"id":"did:web:other.example"', "document of"),
    ],
)
async def test_an_applicant_whose_publications_disagree_is_refused(
    anchor: Node, college: Node, internet: Internet, url, was, instead, rule
) -> None:
    invite = await anchor.members.invite()
    internet.altered[COLLEGE + url] = lambda text: text.replace(was, instead)
    with pytest.raises(ProtocolError) as refusal:
        await anchor.admission.apply(application(college, invite))
    assert rule in f"{getattr(refusal.value, 'rule', '')} {refusal.value}"
    assert await states(anchor) == {NETWORK: "member"}


async def test_an_applicant_that_cannot_be_reached_hears_why_and_not_for_ever(
    anchor: Node, college: Node, internet: Internet
) -> None:
    invite = await anchor.members.invite()
    internet.silent.add(COLLEGE)
    for _ in range(10):
        with pytest.raises(Rejected):
            await anchor.admission.apply(application(college, invite))
    fetched = len(internet.gets)
    with pytest.raises(RateLimited):
        await anchor.admission.apply(application(college, invite))
    assert len(internet.gets) == fetched
    internet.silent.clear()
    internet.clock.advance(timedelta(minutes=2))
    assert (await anchor.admission.apply(application(college, invite))).state == "applied"


async def test_who_was_removed_may_apply_again_with_other_keys(anchor: Node, college: Node, internet: Internet) -> None:
    await admit(anchor, college, ISSUES)
    await internet.sync(NETWORK, COLLEGE)
    await anchor.decide("removed", COLLEGE)
    await internet.sync(NETWORK, COLLEGE)
    internet.clock.advance(timedelta(days=8))
    await college.identity.rotate(Purpose.FEDERATION)
    internet.clock.advance(timedelta(days=8))
    assert len(college.configuration.keys()) == 1
    await admit(anchor, college, ISSUES)
    await internet.sync(NETWORK, COLLEGE)
    assert (await college.federation.standings())[0].state == "member"
    statement = parse_statement((await anchor.statements.about(COLLEGE)).token, internet.clock.now())
    assert statement.jwks == college.configuration.keys()
