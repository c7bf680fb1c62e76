"""One matrix: whoever signed on whichever day, dated or not, gets from a report what every other face says too.

What is true stands in tables written by hand: what a report says of each signature, on three days; who was in good
standing on the days when they were made; who is on the days of the reports; who is registered for what.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import get_args

import pytest_asyncio

from node.storage.repos import federation
from protocols.jose.encoding import parse_object
from protocols.jose.jws import parse_compact
from protocols.trust.directory import read_directory
from protocols.trust.entity import did_of
from protocols.trust.jwks import parse_jwks
from protocols.trust.membership import Membership
from protocols.trust.trqp import RECOGNIZE
from tests.support.as_of import Dated, World, fresh_world
from tests.support.as_of_story import BADGES, HEIR, ISSUERS, live_until, noon
from tests.support.faces import queried, registered, resolvable, stated
from tests.support.trust_network import EMPLOYER, NETWORK, Node


def entity(name: str) -> str:
    return name if "://" in name else f"https://{name}.example"


SIGNED = {"before": 1, "member": 5, "meanwhile": 12, "after": 20}
"""Everybody signs on these days. They are approved on day 2, and the events below happen on day 10."""
REPORTED = (8, 13, 22)
TABLE = """
                 signed       no proof  of then  of later  of a fork
always           before          nnn       nnn       nnn       nnn
always           member          yyy       yyy       -yy       yyy
always           meanwhile       -yy       -yy       --y       -yy
always           after           --y       --y       --y       --y
suspended        before          nnn       nnn       nnn       nnn
suspended        member          y??       yyy       -??       y??
suspended        meanwhile       -nn       -nn       --n       -nn
suspended        after           --y       --y       --y       --y
suspended-until  before          nnn       nnn       nnn       nnn
suspended-until  member          y??       yyy       -??       y??
suspended-until  meanwhile       -nn       -nn       --n       -nn
suspended-until  after           --y       --y       --y       --y
left             before          nnn       nnn       nnn       nnn
left             member          y??       yyy       -??       y??
left             meanwhile       -nn       -nn       --n       -nn
left             after           --n       --n       --n       --n
removed          before          nnn       nnn       nnn       nnn
removed          member          y??       yyy       -??       y??
removed          meanwhile       -nn       -nn       --n       -nn
removed          after           --n       --n       --n       --n
closed           before          nnn       nnn       nnn       nnn
closed           member          y??       yyy       -??       y??
closed           meanwhile       -nn       -nn       --n       -nn
closed           after           --n       --n       --n       --n
merged           before          nnn       nnn       nnn       nnn
merged           member          y??       yyy       -??       y??
merged           meanwhile       -nn       -nn       --n       -nn
merged           after           --n       --n       --n       --n
readmitted       before          nnn       nnn       nnn       nnn
readmitted       member          y??       yyy       -??       y??
readmitted       meanwhile       -nn       -nn       --n       -nn
readmitted       after           --y       --y       --y       --y
rotated          before          nnn       nnn       nnn       nnn
rotated          member          y??       yyy       -??       y??
rotated          meanwhile       -yy       -yy       --y       -yy
rotated          after           --y       --y       --y       --y
rotated          with-old-key    -nn       -nn       --n       -nn
leaked           before          nnn       nnn       nnn       nnn
leaked           member          y??       yyy       -??       y??
leaked           meanwhile       -yy       -yy       --y       -yy
leaked           after           --y       --y       --y       --y
leaked           with-old-key    -nn       -nn       --n       -nn
relays-only      before          nnn       nnn       nnn       nnn
relays-only      member          nnn       nnn       -nn       nnn
relays-only      meanwhile       -nn       -nn       --n       -nn
relays-only      after           --n       --n       --n       --n
applicant        before          nnn       nnn       nnn       nnn
applicant        member          nnn       nnn       -nn       nnn
applicant        meanwhile       -nn       -nn       --n       -nn
applicant        after           --n       --n       --n       --n
stranger         before          nnn       nnn       nnn       nnn
stranger         member          nnn       nnn       -nn       nnn
stranger         meanwhile       -nn       -nn       --n       -nn
stranger         after           --n       --n       --n       --n
"""
"""What reports of the days 8, 13 and 22 say: yes, no, ? for could not tell, - where there is no such thing yet."""

STANDING_DIFFERS = {("leaked", "member"), ("rotated", "with-old-key"), ("leaked", "with-old-key")}
"""Where the key decides (question 4), and the issuer's standing (question 7) is another matter."""
STANDING = {  # on the days when they signed, then on the days of the reports: * in good standing, . not
    NETWORK: ("****", "***"),
    EMPLOYER: ("****", "***"),
    HEIR: (".***", "***"),
    "always": (".***", "***"),
    "suspended": (".*.*", "*.*"),
    "suspended-until": (".*.*", "*.*"),
    "left": (".*..", "*.."),
    "removed": (".*..", "*.."),
    "closed": (".*..", "*.."),
    "merged": (".*..", "*.."),
    "readmitted": (".*.*", "*.*"),
    "rotated": (".***", "***"),
    "leaked": (".***", "***"),
    "relays-only": (".***", "***"),
    "applicant": ("....", "..."),
    "stranger": ("....", "..."),
}
NEVER_MEMBERS = {entity("applicant"), entity("stranger")}
LISTED = {  # on the days of the reports, as long as what they published themselves holds: a day
    **dict.fromkeys(("left", "removed", "closed", "merged"), "*.."),
    **dict.fromkeys(("applicant", "stranger"), "..."),
    "readmitted": "*.*",
}
"""Who is in the signed directory; everybody else always."""
REGISTERED = {NETWORK: "relay", EMPLOYER: "verify", "relays-only": "relay"}
"""Everybody else for all three."""

KEYS = {"rotated", "leaked"}
"""Whose dates are in doubt because of a key, which no face but the report looks at."""

WITNESSED = {
    **dict.fromkeys(("left", "removed", "closed", "merged"), ("member",)),
    **dict.fromkeys(("suspended", "suspended-until", "readmitted"), ("member", "after")),
    "always": ("member", "meanwhile", "after"),
    **dict.fromkeys(KEYS, ("member", "meanwhile", "with-old-key", "after")),
}
"""For whom witnesses sign: issuers in good standing, whatever key they used."""

LETTERS = {"verified": "y", "not_verified": "n", "could_not_tell": "?"}
STANDINGS = {"yes": "y", "no": "n", "could_not_tell": "?"}
DATED: tuple[Dated, ...] = get_args(Dated)
Cells = Mapping[tuple[str, str, Dated], str]

EVERYBODY = [entity(name) for name in STANDING]


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with fresh_world(tmp_path, HEIR, *ISSUERS) as made:
        yield made


async def test_reports_and_faces_agree_about_every_signature_role_and_day(world: World) -> None:
    cells = table()
    for number, day in enumerate(REPORTED):
        await live_until(world, day)
        expected = {key: cell[number] for key, cell in cells.items()}
        assert await reported(world) == expected, f"day {day}"
        for asker in (world.internet.nodes[NETWORK], world.internet.nodes[EMPLOYER]):
            await assert_that_what_was_is_said(asker, number, expected)
            await assert_that_what_is_is_said(asker, number)
    dated = {(entity(name), signed) for name, days in WITNESSED.items() for signed in days}
    assert world.witnessed == dated


def table() -> Cells:
    rows = [line.split() for line in TABLE.strip().splitlines()[1:]]
    return {
        (name, signed, dated): cell for name, signed, *cells in rows for dated, cell in zip(DATED, cells, strict=True)
    }


async def reported(world: World) -> Cells:
    """The verdict on each signature by each date there is for it."""
    found: dict[tuple[str, str, Dated], str] = {}
    for name, signed, dated in table():
        report = await world.report(entity(name), signed, dated)
        found[name, signed, dated] = "-" if report is None else LETTERS[report.verdict.value]
        if report is not None and (name, signed) not in STANDING_DIFFERS:
            standing = next(line for line in report.checks if line.name == "issuer standing as of signing")
            assert STANDINGS[standing.outcome.value] == found[name, signed, dated], standing.reason
    return found


async def assert_that_what_was_is_said(asker: Node, number: int, reports: Cells) -> None:
    """TRQP, in every role, and the signed statements, about each day on which something was signed."""
    in_directory = {entity(name) for name in STANDING if LISTED.get(name, "***")[number] == "*"}
    memberships = await listed(asker)
    assert set(memberships) == in_directory, f"{asker.entity_id} on day {REPORTED[number]}"
    if asker.entity_id == NETWORK:
        memberships |= await stated_ever(asker)
        assert set(memberships) == set(EVERYBODY) - NEVER_MEMBERS, f"day {REPORTED[number]}"
    for position, (signed, day) in enumerate(SIGNED.items()):
        if day > REPORTED[number]:
            continue
        good = {entity(name) for name, (then, _) in STANDING.items() if then[position] == "*"}
        about = f"{asker.entity_id} on day {REPORTED[number]} about day {day}"
        assert were_members(memberships, day) == good & set(memberships), about
        for name in STANDING:
            answer = await queried(asker, "recognition", entity(name), RECOGNIZE, NETWORK, noon(day))
            assert answer["recognized"] == (entity(name) in good), f"{name}: {about}"
            for action in ("issue", "verify", "relay"):
                may = entity(name) in good and action in REGISTERED.get(name, action)
                answer = await queried(asker, "authorization", did_of(entity(name)), action, BADGES, noon(day))
                assert answer["authorized"] == may, f"{name}, {action}: {about}"
                if action == "issue" and name not in KEYS:
                    warns = "only the signer vouches" in answer["message"]
                    assert warns == (reports.get((name, signed, "none")) == "?"), f"{name}: {about}"


async def assert_that_what_is_is_said(asker: Node, number: int) -> None:
    """The faces that know of no other day than today."""
    good = {entity(name) for name, (_, now) in STANDING.items() if now[number] == "*"}
    about = f"{asker.entity_id} on day {REPORTED[number]}"
    assert await resolvable(asker, EVERYBODY) == good, about
    issuers = {entity(name) for name in STANDING if "issue" in REGISTERED.get(name, "issue")}
    assert await registered(asker) == good & issuers, about
    if asker.entity_id == NETWORK:
        assert set(await asker.statements.entity_ids()) == good - {NETWORK}, about
        assert await stated(asker, EVERYBODY) == good - {NETWORK}, about


async def listed(asker: Node) -> dict[str, Membership]:
    """Everybody in the signed directory, as a wallet reads it."""
    anchors = await asker.storage.read(federation.anchors)
    known = {each["entity_id"]: parse_jwks(each["jwks"]) for each in anchors}
    directory = parse_object((await asker.directory.exported()).body)
    return {each.entity_id: each.membership for each in read_directory(directory, known, asker.identity.clock.now())}


async def stated_ever(anchor: Node) -> dict[str, Membership]:
    """Everybody whom the anchor's list with `ler_membership=all` names, as stated."""
    found: dict[str, Membership] = {}
    for entity_id in await anchor.statements.entity_ids(everybody=True):
        statement = await anchor.statements.about(entity_id, everybody=True)
        found[entity_id] = Membership.parse(parse_compact(statement.token).claims["ler_membership"])
    return found


def were_members(memberships: Mapping[str, Membership], day: int) -> set[str]:
    return {name for name, each in memberships.items() if each.state_at(noon(day))[0] == "member"}
