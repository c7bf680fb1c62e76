"""Marks in a network of real nodes: granted, delegated, fetched, published, synced, asked about, suspended, revoked."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.errors import BadInput, Conflict, NotFound
from node.services.did_document import Purpose
from node.services.mark_rules import good_standing_type, judge
from node.services.peer_marks import accreditations, endpoint
from node.services.trust_marks import MarkGrant
from node.storage.repos import federation, held_marks
from node.storage.repos import trust_marks as rows
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import parse_compact
from protocols.trust.accreditation import Accredited
from protocols.trust.accreditation import accredited as accredited_for
from protocols.trust.mark_scope import MarkScope
from protocols.trust.mark_status import MarkStatus, read_status
from protocols.trust.marks import parse_mark, sign_mark
from protocols.trust.refusal import StatementRefused
from tests.support.federation import DAY, key
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    NETWORK,
    Internet,
    Node,
    small_network,
)

STANDING = good_standing_type(NETWORK)
ACCREDITED = "https://employer.example/marks/accredited"
"""Of the employer's, which accredits the college: any node may issue marks."""
SCOPE = MarkScope(credential_types=("OpenBadgeCredential",), jurisdictions=("US-CO",))


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def anchor(internet: Internet) -> Node:
    return internet.nodes[NETWORK]


@pytest.fixture
def college(internet: Internet) -> Node:
    return internet.nodes[COLLEGE]


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


def granting(**changes: Any) -> MarkGrant:
    given: dict[str, Any] = {"trust_mark_type": ACCREDITED, "subject": COLLEGE, "actor": "operator", "scope": SCOPE}
    return MarkGrant(**{**given, **changes})


async def claims_of(node: Node) -> JsonObject:
    return parse_compact(await node.configuration.current()).claims


async def accredited(internet: Internet) -> str:
    """The employer accredits the college, everybody knows; gives the id of the mark."""
    anchor, college, employer = (internet.nodes[each] for each in (NETWORK, COLLEGE, EMPLOYER))
    await anchor.mark_types.set(ACCREDITED, [EMPLOYER], actor="operator")
    granted = await employer.trust_marks.grant(granting())
    await internet.sync()
    await college.held_marks.run()
    await internet.sync()
    return granted.id


async def marks_at(node: Node, did: str) -> list[tuple[str, str | None]]:
    found = await node.storage.read(lambda session: held_marks.of_peer(session, did))
    return [(row.trust_mark_type, row.ended_because) for row in found]


async def status_of(node: Node, token: str) -> str:
    answer = await node.trust_marks.status(token)
    keys = node.configuration.keys()
    return read_status(answer, issuer=node.entity_id, trust_mark=token, jwks=keys).status


async def test_a_member_in_good_standing_holds_the_anchors_mark_and_its_peers_believe_it(
    internet: Internet, college: Node, employer: Node
) -> None:
    await internet.sync()
    await college.held_marks.run()
    await internet.sync()
    [published] = (await claims_of(college))["trust_marks"]
    mark = parse_mark(published["trust_mark"])
    assert (published["trust_mark_type"], mark.trust_mark_type, mark.iss, mark.sub) == (
        STANDING,
        STANDING,
        NETWORK,
        COLLEGE,
    )
    assert mark.exp == mark.iat + 30 * DAY
    member = await employer.storage.read(lambda session: employer.directory.member(session, COLLEGE_DID))
    assert member is not None
    assert member.marks == (mark,)


async def test_a_suspension_ends_good_standing_at_once_and_its_end_brings_it_back(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    token = await anchor.trust_marks.token(STANDING, COLLEGE)
    assert await status_of(anchor, token) == "active"
    assert await anchor.trust_marks.marked(STANDING) == [COLLEGE, EMPLOYER]
    await internet.sync()
    await college.held_marks.run()
    await internet.sync()
    await anchor.decide("suspended", COLLEGE_DID)
    assert await status_of(anchor, token) == "revoked"
    assert await anchor.trust_marks.marked(STANDING) == [EMPLOYER]
    with pytest.raises(NotFound):
        await anchor.trust_marks.token(STANDING, COLLEGE)
    await internet.sync()
    assert (await claims_of(college))["trust_marks"]  # it may go on publishing it: nobody believes it
    assert await marks_at(employer, COLLEGE_DID) == [(STANDING, "not_in_good_standing")]
    await anchor.decide("reinstated", COLLEGE_DID)
    internet.clock.advance(timedelta(seconds=1))
    assert await status_of(anchor, await anchor.trust_marks.token(STANDING, COLLEGE)) == "active"


async def test_good_standing_is_not_granted_by_hand_and_its_type_is_the_networks(anchor: Node) -> None:
    with pytest.raises(Conflict):
        await anchor.trust_marks.grant(granting(trust_mark_type=STANDING))
    with pytest.raises(Conflict):
        await anchor.mark_types.set(STANDING, [COLLEGE], actor="operator")
    stranger = sign_mark(
        trust_mark_type=STANDING,
        issuer=NETWORK,
        subject="https://stranger.example",
        signer=anchor.configuration.signer(),
        iat=anchor.identity.clock.now(),
    )
    with pytest.raises(NotFound):
        await anchor.trust_marks.status(stranger)


async def test_an_accreditation_reaches_everybody_with_its_scope(
    internet: Internet, college: Node, employer: Node, anchor: Node
) -> None:
    id = await accredited(internet)
    entity = (await claims_of(employer))["metadata"]["federation_entity"]
    assert entity["federation_trust_mark_status_endpoint"] == f"{EMPLOYER}/federation/trust_mark_status"
    assert (await claims_of(anchor))["trust_mark_issuers"] == {STANDING: [NETWORK], ACCREDITED: [EMPLOYER]}
    assert "trust_mark_owners" not in await claims_of(anchor)
    for node in (anchor, employer, college):
        member = await node.storage.read(lambda session, node=node: node.directory.member(session, COLLEGE_DID))
        assert member is not None
        [mark] = [each for each in member.marks if each.trust_mark_type == ACCREDITED]
        assert (mark.iss, mark.sub, mark.id) == (EMPLOYER, COLLEGE, id)
        assert mark.scope is not None
        assert mark.scope.accredited_from is not None  # the day of the grant: a token's own day is its renewal's
        assert replace(mark.scope, accredited_from=None) == SCOPE


async def test_a_revoked_mark_stays_with_its_days_at_the_issuer_and_ends_at_every_peer(
    internet: Internet, college: Node, employer: Node, anchor: Node
) -> None:
    id = await accredited(internet)
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    internet.clock.advance(timedelta(hours=2))
    revoked = await employer.trust_marks.revoke(id, "the audit failed", actor="operator")
    at = internet.clock.now()
    assert (revoked.revoked_at, revoked.revoked_reason) == (at, "the audit failed")
    internet.clock.advance(timedelta(hours=1))
    again = await employer.trust_marks.revoke(id, "another reason", actor="another")
    assert (again.revoked_at, again.revoked_reason, again.revoked_by) == (at, "the audit failed", "operator")
    assert [row.id for row in await employer.trust_marks.list()] == [id]
    assert await status_of(employer, token) == "revoked"

    await internet.sync()
    await anchor.peer_marks.ask()  # the college publishes it still, and the issuer says no
    found = await anchor.storage.read(lambda session: held_marks.of_peer(session, COLLEGE_DID))
    [row] = [each for each in found if each.trust_mark_type == ACCREDITED]
    assert (row.ended_because, row.ended_at) == ("revoked", at)
    await internet.sync()
    assert (ACCREDITED, "revoked") in await marks_at(anchor, COLLEGE_DID)

    internet.clock.advance(timedelta(hours=8))
    await college.held_marks.run()
    assert [each["trust_mark_type"] for each in (await claims_of(college))["trust_marks"]] == [STANDING]


async def test_past_accreditation_is_answered_after_the_mark_has_gone(
    internet: Internet, employer: Node, anchor: Node
) -> None:
    granted = await accredited(internet)
    issued_at = internet.clock.now()

    async def answer(at) -> Accredited:
        now = internet.clock.now()
        held = await anchor.storage.read(lambda session: accreditations(session, COLLEGE_DID, now))
        assert {each.by for each in held} == {EMPLOYER}  # good standing accredits for nothing
        return accredited_for(held, ("OpenBadgeCredential",), at=at, now=now).answer

    assert await answer(issued_at) is Accredited.IN_SCOPE
    internet.clock.advance(timedelta(hours=2))
    await employer.trust_marks.revoke(granted, "the audit failed", actor="operator")
    await anchor.peer_marks.ask()
    assert await answer(issued_at) is Accredited.ENDED_SINCE
    assert await answer(internet.clock.now()) is Accredited.NOT_THEN


async def test_a_holder_that_is_gone_was_accredited_until_its_last_mark_ran_out(
    internet: Internet, anchor: Node
) -> None:
    await accredited(internet)
    issued_at = internet.clock.now()
    await anchor.decide("closed", COLLEGE_DID)
    internet.clock.advance(60 * DAY)
    await internet.sync(NETWORK)
    now = internet.clock.now()
    held = await anchor.storage.read(lambda session: accreditations(session, COLLEGE_DID, now))
    assert accredited_for(held, ("OpenBadgeCredential",), at=issued_at, now=now).answer is Accredited.ENDED_SINCE
    assert [each.ended_at is not None and each.ended_at < now for each in held] == [True]


async def test_a_peer_that_takes_a_mark_down_has_it_no_longer(internet: Internet, college: Node, anchor: Node) -> None:
    await accredited(internet)
    await college.held_marks.drop(EMPLOYER, ACCREDITED)
    await internet.sync()
    assert (ACCREDITED, "withdrawn") in await marks_at(anchor, COLLEGE_DID)


async def test_a_mark_is_renewed_long_before_it_expires_and_stays_the_same_one(
    internet: Internet, college: Node, employer: Node
) -> None:
    await accredited(internet)
    first = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    for _ in range(40):  # days, and its token lives for 30
        internet.clock.advance(DAY)
        await internet.sync()
        await college.held_marks.run()
    await internet.sync()
    held = {row.trust_mark_type: row.token for row in await college.held_marks.list()}
    assert held[ACCREDITED] != first
    assert (ACCREDITED, None) in await marks_at(employer, COLLEGE_DID)
    assert len(await marks_at(employer, COLLEGE_DID)) == 2


async def test_an_issuer_that_is_silent_takes_no_mark_away(internet: Internet, college: Node) -> None:
    await accredited(internet)
    internet.silent.add(EMPLOYER)
    internet.clock.advance(timedelta(hours=8))
    await college.held_marks.run()
    [row] = [row for row in await college.held_marks.list() if row.trust_mark_type == ACCREDITED]
    assert (row.token is not None, row.problem) == (True, "no connection")


async def test_a_mark_that_does_not_hold_is_not_published(internet: Internet, college: Node) -> None:
    await accredited(internet)
    mallory = key("mallory")
    forged = sign_mark(
        trust_mark_type=ACCREDITED,
        issuer=EMPLOYER,
        subject=COLLEGE,
        signer=mallory,
        iat=internet.clock.now(),
        scope=MarkScope(),
    )
    internet.altered[f"{EMPLOYER}/federation/trust_mark?"] = lambda _: forged
    internet.clock.advance(timedelta(hours=8))
    await college.held_marks.run()
    [row] = [row for row in await college.held_marks.list() if row.trust_mark_type == ACCREDITED]
    assert (row.token, row.problem) == (None, "kid_unknown")


async def test_a_type_that_anybody_may_issue_is_held_where_an_operator_names_the_issuer(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    await anchor.mark_types.set(ACCREDITED, [], actor="operator")
    await employer.trust_marks.grant(granting())
    await internet.sync()
    await college.held_marks.run()
    assert [row.trust_mark_type for row in await college.held_marks.list()] == [STANDING]
    row = await college.held_marks.want(EMPLOYER, ACCREDITED)
    assert (row.is_wanted, row.token is not None, row.problem) == (True, True, None)
    missing = await college.held_marks.want(NETWORK, ACCREDITED)
    assert (missing.token, missing.problem) == (None, None)


async def test_what_the_anchor_does_not_list_counts_for_nobody(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    await accredited(internet)
    await anchor.mark_types.set(ACCREDITED, [NETWORK], actor="operator")
    await internet.sync()
    await internet.sync()
    assert (ACCREDITED, "mark_issuer_not_listed") in await marks_at(employer, COLLEGE_DID)
    await anchor.mark_types.remove(ACCREDITED)
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    now = internet.clock.now()
    judged = await anchor.storage.read(lambda session: judge(session, token, COLLEGE, now))
    assert judged.refused == "mark_type_unknown"
    with pytest.raises(NotFound):
        await anchor.mark_types.remove(ACCREDITED)


async def test_a_mark_by_a_suspended_issuer_counts_for_nobody(
    internet: Internet, anchor: Node, employer: Node, college: Node
) -> None:
    await accredited(internet)
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    await anchor.decide("suspended", employer.did)
    await internet.sync()
    now = internet.clock.now()
    judged = await college.storage.read(lambda session: judge(session, token, COLLEGE, now))
    assert judged.refused == "mark_issuer_untrusted"


async def test_an_owner_delegates_to_the_issuer_and_without_that_nothing_is_granted(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    """The anchor owns the type, the employer issues it to the college."""
    await anchor.mark_types.set(ACCREDITED, [EMPLOYER], owner=NETWORK, actor="operator")
    await internet.sync()
    with pytest.raises(Conflict) as refused:
        await employer.trust_marks.grant(granting())
    assert refused.value.expected == f"a delegation by {NETWORK}"

    made = await anchor.mark_delegations.delegate(ACCREDITED, EMPLOYER, ends_at=None, ref=None, actor="operator")
    assert (made.owner, made.issuer) == (NETWORK, EMPLOYER)
    with pytest.raises(BadInput):
        await college.mark_delegations.accept(made.token, actor="operator")
    await employer.mark_delegations.accept(made.token, actor="operator")
    await employer.mark_delegations.accept(made.token, actor="operator")
    assert len(await employer.mark_delegations.list()) == 1
    await employer.trust_marks.grant(granting())
    await internet.sync()
    await college.held_marks.run()
    await internet.sync()
    assert (await claims_of(anchor))["trust_mark_owners"][ACCREDITED]["sub"] == NETWORK
    member = await anchor.storage.read(lambda session: anchor.directory.member(session, COLLEGE_DID))
    assert member is not None
    [mark] = [each for each in member.marks if each.trust_mark_type == ACCREDITED]
    assert mark.delegation is not None
    assert mark.delegation.token == made.token


async def test_a_delegation_by_another_than_the_owner_is_not_kept(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    await anchor.mark_types.set(ACCREDITED, [EMPLOYER], owner=NETWORK, actor="operator")
    await internet.sync()
    made = await college.mark_delegations.delegate(ACCREDITED, EMPLOYER, ends_at=None, ref=None, actor="operator")
    with pytest.raises(StatementRefused) as refused:
        await employer.mark_delegations.accept(made.token, actor="operator")
    assert refused.value.rule == "delegation_owner"
    with pytest.raises(BadInput):
        await college.mark_delegations.delegate(
            ACCREDITED, EMPLOYER, ends_at=internet.clock.now(), ref=None, actor="operator"
        )


async def test_an_owner_issues_its_own_type_without_being_handed_anything(internet: Internet, anchor: Node) -> None:
    await anchor.mark_types.set(ACCREDITED, [NETWORK], owner=NETWORK, actor="operator")
    await anchor.trust_marks.grant(granting())
    token = await anchor.trust_marks.token(ACCREDITED, COLLEGE)
    now = internet.clock.now()
    await internet.sync()
    judged = await anchor.storage.read(lambda session: judge(session, token, COLLEGE, now))
    assert judged.refused is None


async def test_who_owns_a_type_has_keys_that_are_known(anchor: Node) -> None:
    with pytest.raises(Conflict):
        await anchor.mark_types.set(ACCREDITED, [], owner="https://owner.example", actor="operator")
    assert await anchor.mark_types.list() == []
    jwks = {"keys": [{**key("owner").public.to_jwk(), "kid": "1"}]}
    with pytest.raises(BadInput):
        await anchor.mark_types.set(ACCREDITED, [], owner_jwks=jwks, actor="operator")
    row = await anchor.mark_types.set(ACCREDITED, [], owner="https://owner.example", owner_jwks=jwks, actor="operator")
    assert (row.owner, row.issuers) == ("https://owner.example", [])


async def test_a_node_that_is_no_anchor_says_nothing_of_types(college: Node) -> None:
    with pytest.raises(Conflict):
        await college.mark_types.set(ACCREDITED, [], actor="operator")
    assert set(await claims_of(college)) & {"trust_mark_issuers", "trust_mark_owners"} == set()


async def test_types_and_issuers_have_room_in_a_configuration(anchor: Node) -> None:
    many = [f"https://{'a' * 60}.{'b' * 60}.{'c' * 60}.{number}.example" for number in range(64)]
    await anchor.mark_types.set(ACCREDITED, many, actor="operator")
    with pytest.raises(BadInput):
        await anchor.mark_types.set(f"{ACCREDITED}/2", many, actor="operator")
    assert len((await claims_of(anchor))["trust_mark_issuers"]) == 2


async def test_a_mark_is_granted_once_and_again_after_it_was_revoked(employer: Node, internet: Internet) -> None:
    first = await employer.trust_marks.grant(granting(ends_at=internet.clock.now() + 10 * DAY))
    assert parse_mark(await employer.trust_marks.token(ACCREDITED, COLLEGE)).exp == first.ends_at
    with pytest.raises(Conflict):
        await employer.trust_marks.grant(granting())
    await employer.trust_marks.revoke(first.id, "a wider scope", actor="operator")
    with pytest.raises(NotFound):
        await employer.trust_marks.token(ACCREDITED, COLLEGE)
    second = await employer.trust_marks.grant(granting(scope=None))
    assert [row.id for row in await employer.trust_marks.list()] == [first.id, second.id]
    assert parse_mark(await employer.trust_marks.token(ACCREDITED, COLLEGE)).scope is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"trust_mark_type": "accredited"}, StatementRefused),
        ({"subject": "college"}, StatementRefused),
        ({"ref": "ftp://a.example"}, StatementRefused),
        ({"ends_at": "past"}, BadInput),
    ],
)
async def test_what_could_not_be_read_is_not_granted(
    employer: Node, internet: Internet, changes: dict[str, Any], error: type[Exception]
) -> None:
    if "ends_at" in changes:
        changes = {"ends_at": internet.clock.now()}
    with pytest.raises(error):
        await employer.trust_marks.grant(granting(**changes))
    assert await employer.storage.read(rows.grants) == []


async def test_the_status_of_a_mark_is_expired_invalid_or_unknown(
    internet: Internet, employer: Node, college: Node
) -> None:
    granted = await employer.trust_marks.grant(granting(ends_at=internet.clock.now() + DAY))
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    forged = sign_mark(
        trust_mark_type=ACCREDITED,
        issuer=EMPLOYER,
        subject=COLLEGE,
        signer=key("mallory"),
        iat=internet.clock.now(),
        id=granted.id,
    )
    anothers = sign_mark(
        trust_mark_type=ACCREDITED,
        issuer=EMPLOYER,
        subject=NETWORK,
        signer=employer.configuration.signer(),
        iat=internet.clock.now(),
        id=granted.id,
    )
    assert [await status_of(employer, each) for each in (token, forged, anothers)] == ["active", "invalid", "invalid"]
    unknown = sign_mark(
        trust_mark_type=ACCREDITED,
        issuer=EMPLOYER,
        subject=COLLEGE,
        signer=employer.configuration.signer(),
        iat=internet.clock.now(),
        id="0",
    )
    for asked, node in ((unknown, employer), (token, college)):
        with pytest.raises(NotFound):
            await node.trust_marks.status(asked)
    internet.clock.advance(2 * DAY)
    assert await status_of(employer, token) == "expired"


async def test_a_mark_under_a_key_of_before_is_known_to_its_issuer(internet: Internet, employer: Node) -> None:
    await employer.trust_marks.grant(granting())
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    await employer.identity.rotate(Purpose.FEDERATION)
    internet.clock.advance(10 * DAY)
    await internet.sync()
    internet.clock.advance(10 * DAY)
    assert await status_of(employer, token) == "active"


async def test_a_status_by_somebody_on_the_way_ends_nothing(internet: Internet, anchor: Node, employer: Node) -> None:
    await accredited(internet)
    token = await employer.trust_marks.token(ACCREDITED, COLLEGE)
    lie = MarkStatus(iss=EMPLOYER, iat=internet.clock.now(), trust_mark=token, status="revoked")
    internet.altered[f"{EMPLOYER}/federation/trust_mark_status"] = lambda _: lie.sign(key("mallory"))
    await anchor.peer_marks.ask()
    assert any(url.endswith("/federation/trust_mark_status") for url in internet.gets)
    assert (ACCREDITED, None) in await marks_at(anchor, COLLEGE_DID)


async def test_an_issuer_is_asked_once_an_hour_and_not_for_good_standing(internet: Internet, anchor: Node) -> None:
    await accredited(internet)
    for _ in range(3):
        await anchor.peer_marks.ask()
    assert [url for url in internet.gets if "trust_mark_status" in url] == [f"{EMPLOYER}/federation/trust_mark_status"]
    internet.clock.advance(timedelta(hours=1, seconds=1))
    await anchor.peer_marks.ask()
    assert len([url for url in internet.gets if "trust_mark_status" in url]) == 2


async def test_a_resolve_response_has_the_verified_marks_and_lives_no_longer_than_they(
    internet: Internet, anchor: Node, college: Node, employer: Node
) -> None:
    await anchor.mark_types.set(ACCREDITED, [EMPLOYER], actor="operator")
    ends_at = internet.clock.now() + timedelta(hours=5)
    await employer.trust_marks.grant(granting(ends_at=ends_at))
    await internet.sync()
    await college.held_marks.run()
    await internet.sync()
    claims = parse_compact(await employer.federation.resolve(COLLEGE, NETWORK)).claims
    assert [each["trust_mark_type"] for each in claims["trust_marks"]] == [ACCREDITED, STANDING]
    assert claims["exp"] == int(ends_at.timestamp())
    await anchor.mark_types.set(ACCREDITED, [NETWORK], actor="operator")
    await internet.sync()
    claims = parse_compact(await employer.federation.resolve(COLLEGE, NETWORK)).claims
    assert [each["trust_mark_type"] for each in claims["trust_marks"]] == [STANDING]
    assert "trust_marks" not in parse_compact(await employer.federation.resolve(EMPLOYER, NETWORK)).claims


async def test_a_resolve_response_has_no_mark_that_its_issuer_took_back(
    internet: Internet, college: Node, employer: Node, anchor: Node
) -> None:
    """The holder publishes it still, and it would hold for weeks."""
    id = await accredited(internet)
    assert await resolved_types(anchor) == await resolved_types(employer) == [ACCREDITED, STANDING]
    await employer.trust_marks.revoke(id, "the audit failed", actor="operator")
    assert await resolved_types(employer) == [STANDING]  # by its own word
    assert await resolved_types(anchor) == [ACCREDITED, STANDING]
    await anchor.peer_marks.ask()
    await internet.sync()
    assert ACCREDITED in [each["trust_mark_type"] for each in (await claims_of(college))["trust_marks"]]
    assert await resolved_types(anchor) == await resolved_types(employer) == [STANDING]


async def resolved_types(node: Node) -> list[str]:
    """The types of the college's marks by the resolve endpoint of `node`."""
    claims = parse_compact(await node.federation.resolve(COLLEGE, [NETWORK])).claims
    return [each["trust_mark_type"] for each in claims["trust_marks"]]


async def test_a_configuration_with_more_marks_than_one_may_have_is_signed_with_as_many_as_fit(
    internet: Internet, college: Node
) -> None:
    now = internet.clock.now()

    def body(session):
        for number in range(70):
            kind = f"a:{number}"
            token = sign_mark(trust_mark_type=kind, issuer="https://a.b", subject=COLLEGE, signer=key("x"), iat=now)
            row = held_marks.HeldMark(issuer="https://a.b", trust_mark_type=kind, token=token, next_at=now)
            held_marks.keep(session, row)

    await college.storage.run("test.held", body)
    assert len((await claims_of(college))["trust_marks"]) == 64


async def test_a_peer_that_changes_its_marks_all_the_time_takes_no_more_room_than_others(
    internet: Internet, anchor: Node, college: Node, employer: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where anybody may issue a type, two that are in league can make as many marks as they like."""
    monkeypatch.setattr("node.services.peer_marks.MAX_KEPT", 3)
    await anchor.mark_types.set(ACCREDITED, [], actor="operator")
    await internet.sync()
    await college.held_marks.want(EMPLOYER, ACCREDITED)
    for _ in range(4):
        granted = await employer.trust_marks.grant(granting())
        await internet.sync()
        await college.held_marks.want(EMPLOYER, ACCREDITED)
        await internet.sync()
        await employer.trust_marks.revoke(granted.id, "again", actor="operator")
    assert len(await marks_at(anchor, COLLEGE_DID)) == 3


async def test_members_are_listed_by_their_marks(internet: Internet, anchor: Node, college: Node) -> None:
    await accredited(internet)
    members = [COLLEGE, EMPLOYER, "https://stranger.example"]
    assert await anchor.trust_marks.among(members) == [COLLEGE, EMPLOYER]
    assert await anchor.trust_marks.among(members, STANDING) == [COLLEGE, EMPLOYER]
    assert await anchor.trust_marks.among(members, ACCREDITED) == [COLLEGE]
    assert await internet.nodes[EMPLOYER].trust_marks.marked(ACCREDITED) == [COLLEGE]
    assert await internet.nodes[EMPLOYER].trust_marks.marked(ACCREDITED, EMPLOYER) == []


async def test_a_node_outside_any_network_may_issue_and_believes_nothing(internet: Internet, college: Node) -> None:
    def alone(session):
        federation.remove_network(session, NETWORK)

    await college.storage.run("alone", alone)
    token = (await college.trust_marks.grant(granting(subject=EMPLOYER))).id
    assert token
    now, mark = internet.clock.now(), await college.trust_marks.token(ACCREDITED, EMPLOYER)
    judged = await college.storage.read(lambda session: judge(session, mark, EMPLOYER, now))
    assert judged.refused == "mark_issuer_untrusted"
    assert await college.storage.read(lambda session: endpoint(session, EMPLOYER, "status")) is None
