"""What happens to the members of the as-of matrix, day by day at noon."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from node.services.did_document import Purpose
from protocols.trust.network import RolesWanted
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from tests.support.as_of import World
from tests.support.trust_network import ASKS, EMPLOYER, NETWORK, admit

BADGES = "OpenBadgeCredential"
ALL = RolesWanted(
    issuer=IssuerRegistration(types=(BADGES,)),
    verifier=VerifierRegistration(purposes=("hiring",), claims=(BADGES,), max_retention_days=30),
    relay=True,
)
HEIR = "https://heir.example"
RELAYS, APPLICANT, STRANGER = "https://relays-only.example", "https://applicant.example", "https://stranger.example"
SUSPENDED, SUSPENDED_UNTIL = "https://suspended.example", "https://suspended-until.example"
LEFT, REMOVED, READMITTED = "https://left.example", "https://removed.example", "https://readmitted.example"
CLOSED, MERGED = "https://closed.example", "https://merged.example"
ROTATED, LEAKED = "https://rotated.example", "https://leaked.example"

MEMBERS = (
    "https://always.example",
    SUSPENDED,
    SUSPENDED_UNTIL,
    LEFT,
    REMOVED,
    READMITTED,
    CLOSED,
    MERGED,
    ROTATED,
    LEAKED,
)
ISSUERS = (*MEMBERS, RELAYS, APPLICANT, STRANGER)
"""Whoever signs; some of them are no issuers to the network."""

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def noon(day: int) -> datetime:
    return START + timedelta(days=day)


async def the_witnesses_join(world: World) -> None:
    await admit(world.internet.nodes[NETWORK], world.internet.nodes[EMPLOYER], ASKS)


async def all_others_join(world: World) -> None:
    anchor = world.internet.nodes[NETWORK]
    for entity_id in (*MEMBERS, HEIR):
        await admit(anchor, world.internet.nodes[entity_id], ALL)
    await admit(anchor, world.internet.nodes[RELAYS], RolesWanted(relay=True))
    await apply(world, APPLICANT)


async def apply(world: World, entity_id: str) -> None:
    invite = await world.internet.nodes[NETWORK].members.invite()
    await world.internet.nodes[entity_id].federation.join(invite.to_link(), ALL)


async def everything_happens(world: World) -> None:
    anchor = world.internet.nodes[NETWORK]
    await world.sync(LEFT)
    await anchor.decide("suspended", SUSPENDED)
    await anchor.decide("suspended", SUSPENDED_UNTIL, until=noon(15))
    await world.internet.nodes[LEFT].federation.leave()
    await anchor.decide("removed", REMOVED)
    await anchor.decide("removed", READMITTED)
    await anchor.decide("closed", CLOSED, successor=HEIR)
    await anchor.decide("merged", MERGED, successor=HEIR)
    for entity_id in (ROTATED, LEAKED):
        world.old_keys[entity_id] = world.internet.nodes[entity_id].identity.signer(Purpose.ASSERTION)
    await world.internet.nodes[ROTATED].identity.rotate(Purpose.ASSERTION)
    await world.internet.nodes[LEAKED].identity.rotate(Purpose.ASSERTION, leaked=True)


async def two_come_back(world: World) -> None:
    anchor = world.internet.nodes[NETWORK]
    await world.sync(READMITTED)
    await anchor.decide("reinstated", SUSPENDED)
    await apply(world, READMITTED)
    await anchor.decide("approved", READMITTED)


def all_sign(day: str) -> Callable[[World], Awaitable[None]]:
    async def happens(world: World) -> None:
        await world.sync(*MEMBERS, RELAYS)
        for issuer in ISSUERS:
            await world.sign(issuer, day)

    return happens


def all_date(day: str) -> Callable[[World], Awaitable[None]]:
    async def happens(world: World) -> None:
        for issuer in ISSUERS:
            await world.date_late(issuer, day)

    return happens


async def the_old_keys_sign(world: World) -> None:
    for issuer, key in world.old_keys.items():
        await world.sign(issuer, "with-old-key", signer=key)


async def the_old_keys_are_dated(world: World) -> None:
    for issuer in world.old_keys:
        await world.date_late(issuer, "with-old-key")


STORY: Mapping[int, Sequence[Callable[[World], Awaitable[None]]]] = {
    0: [the_witnesses_join],
    1: [all_sign("before")],
    2: [all_others_join],
    5: [all_sign("member"), all_date("before")],
    10: [everything_happens],
    12: [all_sign("meanwhile"), the_old_keys_sign, all_date("member")],
    17: [two_come_back],
    20: [all_sign("after"), all_date("meanwhile"), the_old_keys_are_dated],
    21: [all_date("after")],
}


async def live_until(world: World, day: int) -> None:
    """Lets happen what happens up to that day, and the employer hear of it."""
    for at, happenings in STORY.items():
        if world.internet.clock.now() <= noon(at) <= noon(day):
            world.internet.clock.advance(noon(at) - world.internet.clock.now())
            for happens in happenings:
                await happens(world)
    world.internet.clock.advance(noon(day) - world.internet.clock.now())
    await world.sync()
