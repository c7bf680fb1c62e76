"""Who fits what is looked for, of members as they were listed."""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.trust.finding import Listing, Wanted, find, roles_of, sort_key
from protocols.trust.words import haystack
from tests.support.federation import NOW, membership

BUDGETS = "http://data.europa.eu/esco/skill/21c5790c"
FRAMEWORK = "https://skills.example/framework"


def listing(name: str, **changes: Any) -> Listing:
    entity_id = f"https://{name.split()[0].lower()}.example"
    plain = Listing(
        entity_id=entity_id,
        order=sort_key(name, entity_id),
        names=haystack(name),
        place="",
        skills="",
        skill_ids=frozenset(),
        types=frozenset(),
        roles=frozenset(),
        marks=frozenset(),
        state="member",
        ends_at=None,
    )
    return replace(plain, **changes)


COLLEGE = listing(
    "Lakeside College",
    place=haystack("Duluth Minnesota US"),
    skills="\n".join(map(haystack, ("manage budgets", "draw plans"))),
    skill_ids=frozenset({BUDGETS, "S4.8", FRAMEWORK}),
    types=frozenset({"openbadgecredential", "microcredential"}),
    roles=frozenset({"issuer", "relay"}),
    marks=frozenset({"https://network.example/marks/accredited"}),
)
EMPLOYER = listing("Harbour Foods", place=haystack("Århus Danmark"), roles=frozenset({"verifier"}))
SUSPENDED = listing("Old College", state="suspended", ends_at=NOW)
EVERYBODY = [EMPLOYER, COLLEGE, SUSPENDED]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), EVERYBODY),
        (Wanted(name="coll"), [COLLEGE, SUSPENDED]),
        (Wanted(name="?"), []),
        (Wanted(place="arhus"), [EMPLOYER]),
        (Wanted(place="duluth minn"), [COLLEGE]),
        (Wanted(skill=BUDGETS), [COLLEGE]),
        (Wanted(skill=BUDGETS.upper()), []),
        (Wanted(skill="S4.8"), [COLLEGE]),
        (Wanted(skill=FRAMEWORK), [COLLEGE]),
        (Wanted(skill="Budgets manage"), [COLLEGE]),
        (Wanted(skill="manage plans"), []),
        (Wanted(skill="%"), []),
        (Wanted(type="MICROCREDENTIAL"), [COLLEGE]),
        (Wanted(type="Micro"), []),
        (Wanted(role="verifier"), [EMPLOYER]),
        (Wanted(mark="https://network.example/marks/accredited"), [COLLEGE]),
        (Wanted(mark="https://network.example/marks"), []),
        (Wanted(name="college", role="issuer", place="us", type="OpenBadgeCredential"), [COLLEGE]),
        (Wanted(name="college", role="verifier"), []),
    ],
)
def test_all_that_is_wanted_has_to_fit(wanted: Wanted, expected: list[Listing]) -> None:
    assert find(EVERYBODY, wanted, NOW) == expected


def test_a_suspension_that_has_ended_is_none() -> None:
    before = NOW - timedelta(seconds=1)
    assert find(EVERYBODY, Wanted(state="suspended"), before) == [SUSPENDED]
    assert find(EVERYBODY, Wanted(state="suspended"), NOW) == []
    assert find(EVERYBODY, Wanted(state="member"), NOW) == EVERYBODY


def test_names_sort_by_their_words_and_equal_ones_by_entity_id() -> None:
    names = [("École B", "https://b.example"), ("ecole b", "https://a.example"), ("Eagle", "https://z.example")]
    for seed in range(5):
        shuffled = random.Random(seed).sample(names, len(names))
        ordered = sorted(sort_key(*each) for each in shuffled)
        assert [entity_id for _, entity_id in ordered] == [
            "https://z.example",
            "https://a.example",
            "https://b.example",
        ]


def test_roles_are_what_a_member_is_registered_for() -> None:
    assert roles_of(membership()) == {"issuer", "verifier", "relay"}
    assert roles_of(membership(issuer=None, relay=False)) == {"verifier"}
