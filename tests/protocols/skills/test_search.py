"""Finding skills by name."""

import random

import pytest

from protocols.skills.framework import Skill
from protocols.skills.search import search


def skill(name: str, code: str | None = None, uri: str = "") -> Skill:
    return Skill(uri=uri or f"https://skills.example/{name.replace(' ', '-')}", name=name, framework="Test", code=code)


SKILLS = [
    skill("Technical writing", "T1"),
    skill("Writing"),
    skill("Writing and composing"),
    skill("Underwriting"),
    skill("Composing"),
    skill("Reading"),
    skill("Writing", uri="https://skills.example/another"),
]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("writing", ["Writing", "Writing", "Writing and composing", "Technical writing", "Underwriting"]),
        ("  WRITING  and ", ["Writing and composing"]),
        ("comp writ", ["Writing and composing"]),
        ("t1", ["Technical writing"]),
        ("https://skills.example/reading", ["Reading"]),
        ("under", ["Underwriting"]),
        ("sing", ["Composing", "Writing and composing"]),
        ("zzz", []),
        ("", []),
        ("   ", []),
        ("!", []),
    ],
)
def test_better_names_come_first(query: str, names: list[str]) -> None:
    assert [found.name for found in search(SKILLS, query, 10)] == names


def test_the_order_does_not_depend_on_the_order_of_the_frameworks() -> None:
    expected = search(SKILLS, "writing", 10)
    for seed in range(5):
        shuffled = random.Random(seed).sample(SKILLS, len(SKILLS))
        assert search(shuffled, "writing", 10) == expected
    assert [found.uri for found in expected[:2]] == ["https://skills.example/Writing", "https://skills.example/another"]


@pytest.mark.parametrize(("limit", "count"), [(2, 2), (0, 0), (-1, 0), (1000, 5)])
def test_no_more_are_given_than_asked_for(limit: int, count: int) -> None:
    assert len(search(SKILLS, "writing", limit)) == count
