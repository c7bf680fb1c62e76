"""One contract: every face of the network says the same of every entity, in every role, at every date.

What is true stands in two tables, written by hand: who was in good standing on which day, and who is registered for
what. Every face is asked on each of the days about that day, and later about all of them again, as far as it can be
(docs/reference/trust-faces.md): at the anchor, which has the log, and at a member, which has a synced copy.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from protocols.trust.entity import did_of
from protocols.trust.network import RolesWanted
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from protocols.trust.trqp import RECOGNIZE
from tests.support.clock import StandingClock
from tests.support.faces import queried, registered, resolvable, stated
from tests.support.trust_network import NETWORK, Internet, Node, admit, running

LIBRARY, COLLEGE, EMPLOYER = "https://library.example", "https://college.example", "https://employer.example"
ACADEMY, SCHOOL, INSTITUTE = "https://academy.example", "https://school.example", "https://institute.example"
APPLICANT, STRANGER = "https://applicant.example", "https://stranger.example"

DAYS = (1, 5, 11, 13, 16, 19, 21, 23, 27, 30)
LOOKS_BACK = (23, 30)
"""On these, every earlier day is asked about too: while an application waits, and at the end."""
STANDING = {  # on those days: * in good standing, . not
    NETWORK: "**********",
    LIBRARY: ".*********",  # approved on day 2, as all below are
    COLLEGE: ".*....****",  # suspended on day 10, reinstated on day 20
    EMPLOYER: ".***......",  # left on day 15
    ACADEMY: ".*...***..",  # suspended on day 10 until day 18, closed on day 25
    SCHOOL: ".**.....**",  # removed on day 12, applied again on day 22, approved on day 26
    INSTITUTE: ".***......",  # merged into another on day 14, applied for nothing since
    APPLICANT: "..........",  # applied on day 3
    STRANGER: "..........",
}
BADGES, CLRS, CLAIM = "OpenBadgeCredential", "ClrCredential", "OpenBadgeCredential#/credentialSubject/achievement"
QUESTIONS = (
    ("issue", BADGES),
    ("issue", CLRS),
    ("verify", CLAIM),
    ("verify", BADGES),
    ("relay", BADGES),
)
MAY = {  # in good standing
    NETWORK: {("relay", BADGES)},
    LIBRARY: {("relay", BADGES)},
    COLLEGE: {("issue", BADGES), ("relay", BADGES)},
    EMPLOYER: {("verify", CLAIM)},
    ACADEMY: {("issue", BADGES), ("issue", CLRS)},
    SCHOOL: {("issue", BADGES)},
    INSTITUTE: {("verify", CLAIM), ("verify", BADGES), ("issue", CLRS)},
    APPLICANT: set[tuple[str, str]](),
    STRANGER: set[tuple[str, str]](),
}
ISSUERS = {COLLEGE, ACADEMY, SCHOOL, INSTITUTE}

ROLES: Mapping[str, RolesWanted] = {
    LIBRARY: RolesWanted(relay=True),
    COLLEGE: RolesWanted(issuer=IssuerRegistration(types=(BADGES,)), relay=True),
    EMPLOYER: RolesWanted(
        verifier=VerifierRegistration(purposes=("hiring",), claims=(CLAIM,), max_retention_days=30),
    ),
    ACADEMY: RolesWanted(issuer=IssuerRegistration(types=(BADGES, CLRS))),
    SCHOOL: RolesWanted(issuer=IssuerRegistration(types=(BADGES,))),
    INSTITUTE: RolesWanted(
        issuer=IssuerRegistration(types=(CLRS,)),
        verifier=VerifierRegistration(purposes=("hiring",), claims=(BADGES,), max_retention_days=30),
    ),
    APPLICANT: RolesWanted(issuer=IssuerRegistration(types=(BADGES,))),
}
GREEDY = RolesWanted(issuer=IssuerRegistration(types=(BADGES, CLRS)), relay=True)
"""What the school asks for when it applies again, and is not given."""

START = StandingClock().now()


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    internet = Internet()
    async with running(internet, tmp_path, NETWORK, *ROLES) as (anchor, *_):
        await anchor.members.create("Example Network", actor="operator")
        yield internet


async def test_all_faces_agree_for_every_entity_and_date(internet: Internet) -> None:
    askers = [internet.nodes[NETWORK], internet.nodes[LIBRARY]]
    for number, day in enumerate(DAYS):
        await live_until(internet, day)
        good = {entity for entity, days in STANDING.items() if days[number] == "*"}
        for asker in askers:
            if asker.entity_id in good:  # whoever is in no network yet cannot be asked
                assert await said_now(asker) == truth(good), f"{asker.entity_id} on day {day}"
                assert await resolvable(asker, STANDING) == good, f"{asker.entity_id} on day {day}"
                assert await registered(asker) == good & ISSUERS, f"{asker.entity_id} on day {day}"
        assert await stated(askers[0], STANDING) == good - {NETWORK}, f"day {day}"
        assert set(await askers[0].statements.entity_ids()) == good - {NETWORK}, f"day {day}"
        if day in LOOKS_BACK:
            await assert_that_the_past_stays(askers, DAYS[: number + 1])


async def assert_that_the_past_stays(askers: list[Node], days: Iterable[int]) -> None:
    """As far back as the faces can be asked, they say what they said then."""
    for number, day in enumerate(days):
        good = {entity for entity, days in STANDING.items() if days[number] == "*"}
        for asker in askers:
            assert await said_now(asker, day) == truth(good), f"{asker.entity_id} about day {day}"
            await assert_that_reports_agree(asker, day, good)


def truth(good: Iterable[str]) -> dict[tuple[str, str, str], bool]:
    """Every answer that there is on a day, by entity and question."""
    said = {
        (entity, *question): entity in good and question in MAY[entity] for entity in STANDING for question in QUESTIONS
    }
    return said | {(entity, RECOGNIZE, NETWORK): entity in good for entity in STANDING}


async def said_now(asker: Node, day: int | None = None) -> dict[tuple[str, str, str], bool]:
    """What `asker` says to every question: by the rule itself and by both queries of TRQP, all alike."""
    said: dict[tuple[str, str, str], bool] = {}
    for entity in STANDING:
        for action, resource in (*QUESTIONS, (RECOGNIZE, NETWORK)):
            at = None if day is None else asked_at(day)
            recognition = await queried(asker, "recognition", did_of(entity), action, resource, at)
            found = {await ruled(asker, entity, action, resource, at), recognition["recognized"]}
            if action != RECOGNIZE:
                authorization = await queried(asker, "authorization", entity, action, resource, at)
                found.add(authorization["authorized"])
            assert len(found) == 1, f"{asker.entity_id} about {entity}: {action} {resource} on day {day}"
            said[entity, action, resource] = found.pop()
    return said


async def ruled(asker: Node, entity: str, action: str, resource: str, at: datetime | None) -> bool:
    match action:
        case "issue":
            decision = await asker.faces.standing(entity, role="issuer", at=at, credential_type=resource)
        case "verify":
            decision = await asker.faces.standing(entity, role="verifier", at=at, claim=resource)
        case "relay":
            decision = await asker.faces.standing(entity, role="relay", at=at)
        case _:
            decision = await asker.faces.standing(entity, role=None, at=at)
    assert decision.outcome != "could_not_tell", decision.reason
    return decision.outcome == "yes"


async def assert_that_reports_agree(asker: Node, day: int, good: set[str]) -> None:
    """The rule as a report on a credential asks it: a good day that only its signer vouches for may be doubted, but no
    day is a yes that is a no in the other faces, nor the other way round.
    """

    def body(session: Any) -> dict[str, str]:
        at = asked_at(day)
        return {
            entity: asker.directory.standing(session, did_of(entity), "issuer", at).outcome
            for entity in STANDING
            if entity != STRANGER
        }

    for entity, outcome in (await asker.storage.read(body)).items():
        expected = "yes" if entity in good & ISSUERS else "no"
        assert outcome in {expected, "could_not_tell" if entity in good else "no"}, f"{entity} on day {day}"


async def live_until(internet: Internet, day: int) -> None:
    """Lets the events up to `day` happen, each at noon, and an hour pass."""
    for at, happens in EVENTS:
        if internet.clock.now() <= noon(at) <= noon(day):
            internet.clock.advance(noon(at) - internet.clock.now())
            await happens(internet)
    internet.clock.advance(asked_at(day) - internet.clock.now())
    await internet.sync(NETWORK, LIBRARY)


def noon(day: int) -> datetime:
    return START + timedelta(days=day)


def asked_at(day: int) -> datetime:
    return noon(day) + timedelta(hours=1)


async def all_join(internet: Internet) -> None:
    for entity, roles in ROLES.items():
        if entity != APPLICANT:
            await admit(internet.nodes[NETWORK], internet.nodes[entity], roles)


async def the_applicant_applies(internet: Internet) -> None:
    invite = await internet.nodes[NETWORK].members.invite()
    await internet.nodes[APPLICANT].federation.join(invite.to_link(), ROLES[APPLICANT])


async def two_are_suspended(internet: Internet) -> None:
    anchor = internet.nodes[NETWORK]
    await anchor.decide("suspended", COLLEGE)
    await anchor.decide("suspended", ACADEMY, until=noon(18))


async def the_school_applies_again(internet: Internet) -> None:
    await internet.sync(SCHOOL)
    invite = await internet.nodes[NETWORK].members.invite()
    await internet.nodes[SCHOOL].federation.join(invite.to_link(), GREEDY)


async def the_employer_leaves(internet: Internet) -> None:
    await internet.sync(EMPLOYER)
    await internet.nodes[EMPLOYER].federation.leave()


def decided(event: Any, member: str, **changes: Any):
    async def happens(internet: Internet) -> None:
        await internet.nodes[NETWORK].decide(event, member, **changes)

    return happens


EVENTS = (
    (2, all_join),
    (3, the_applicant_applies),
    (10, two_are_suspended),
    (12, decided("removed", SCHOOL)),
    (14, decided("merged", INSTITUTE, successor=COLLEGE)),
    (15, the_employer_leaves),
    (20, decided("reinstated", COLLEGE)),
    (22, the_school_applies_again),
    (25, decided("closed", ACADEMY, successor=COLLEGE)),
    (26, decided("approved", SCHOOL, roles=ROLES[SCHOOL])),
)
