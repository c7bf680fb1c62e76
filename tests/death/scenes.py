"""What is shown to the employer after the college's end, and what the employer finds: one row a try."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tests.death.play import ARCHIVE, Shown, Story, story
from tests.death.thief import Thief
from tests.support.trust_network import COLLEGE, COLLEGE_DID, NETWORK

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Found:
    """`verdict` of the report, or what became of a try that shows no credential; `steps` 4, 6 and 7 where there are."""

    what: str
    verdict: str
    steps: tuple[str, ...] = ()


async def scenes(folder: Path, years: int) -> AsyncIterator[Found]:
    """The play, with the clock put on by `years` after the college's end."""
    async with story(folder) as told:
        await _lives(told)
        yield await _shown(told, "while the college lives: a diploma", told.kept["diploma"])
        yield await _shown(told, "while the college lives: one that it revoked", told.kept["revoked"])
        before = told.now - HOUR
        await _ends(told)
        thief = Thief(told)
        thief.takes_the_host()
        told.internet.clock.advance(timedelta(days=365 * years))
        await told.everybody_syncs()
        yield await _shown(told, "the diploma, years later", told.kept["diploma"])
        yield await _shown(told, "the revoked one, though the old address says that it is clear", told.kept["revoked"])
        yield await _shown(told, "the diploma without its date", replace(told.kept["diploma"], dates=()))
        statuses = told.kept["diploma"].document["credentialStatus"]
        forged = thief.forges("forged", created=before, statuses=statuses)
        yield await _shown(told, "forged with the old key, dated back", Shown(forged))
        yield await _shown(told, "the same with the diploma's date", Shown(forged, told.kept["diploma"].dates))
        own = thief.own_log(forged)
        yield await _shown(told, "the same with a date from a log of its own", Shown(forged, (own,)))
        helped = thief.own_log(forged, cosigners=(NETWORK,))
        yield await _shown(told, "the same, cosigned in the anchor's name", Shown(forged, (helped,)))
        alone = thief.own_log(forged, signed_by=told.internet.nodes[NETWORK])
        yield await _shown(told, "the same, cosigned by the anchor alone", Shown(forged, (alone,)))
        honest = thief.forges("today", created=told.now, statuses=statuses)
        yield await _shown(told, "forged with the old key, dated today", Shown(honest))
        new = thief.forges("new-key", created=before, statuses=statuses, own_key=True)
        yield await _shown(told, "forged with a key that the domain shows now", Shown(new))
        yield Found("a new head of the college's log, shown to witnesses", ", ".join(await thief.wants_a_signature()))
        yield Found("another custodian named with the old key", await thief.names_another_custodian())
        await told.archive.custody.revoke(COLLEGE, "diploma")
        await told.everybody_syncs()
        yield await _shown(told, "the diploma, once the custodian revoked it", told.kept["diploma"])


async def _lives(told: Story) -> None:
    """It issues, revokes, names an archive, and hands over; the employer has seen all of that that is public."""
    told.internet.clock.advance(HOUR)
    await told.issues("diploma", "revoked")
    await told.college.escrow.name(ARCHIVE)
    await told.college.issuance_log.seal()
    await told.internet.deliver()
    await told.revokes("revoked")
    await told.hands_over()
    for status in told.kept["diploma"].document["credentialStatus"]:
        await told.wants_list(status["statusListCredential"])
    await told.internet.sync()
    await told.everybody_syncs()


async def _ends(told: Story) -> None:
    """The anchor closes it, the employer confirms that to the archive, and everybody hears of it."""
    told.internet.clock.advance(HOUR)
    told.closed_at = told.now
    await told.internet.nodes[NETWORK].decide("closed", COLLEGE_DID, reason="Closed for good", successor=ARCHIVE)
    await told.everybody_syncs()
    told.internet.clock.advance(HOUR)
    await told.employer.successors.confirm(COLLEGE)
    await told.everybody_syncs()


async def _shown(told: Story, what: str, shown: Shown) -> Found:
    verdict, steps = await told.verdict(shown)
    return Found(what, verdict, tuple(steps[number] for number in (4, 6, 7)))
