"""What a program misses in an achievement, and the score that says how much."""

from typing import Any

import pytest

from protocols.credentials.open_badges.lint import COSTS, MAX_PLACES, Found, lint, target_urls

SKILL = "https://credentialfinder.example/ce-1"
ALIGNMENT = {"targetName": "welding", "targetUrl": SKILL, "targetType": "ceasn:Competency"}
WHOLE: dict[str, Any] = {
    "id": "https://college.example/achievements/welding",
    "name": "Welding",
    "criteria": {"narrative": "Three welds."},
    "alignment": [ALIGNMENT],
    "resultDescription": [{"id": "urn:r", "rubricCriterionLevel": [{"id": "urn:l", "name": "Mastered"}]}],
}


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**WHOLE, **changes}.items() if name not in names}


def test_a_whole_one_has_a_full_score_and_no_finding() -> None:
    found = lint(WHOLE)
    assert (found.score, found.found) == (100, ())


@pytest.mark.parametrize(
    ("achievement", "rules"),
    [
        (without("alignment"), ["no_alignment"]),
        (without("alignment", tag=["welding"]), ["no_alignment", "only_free_text"]),
        (without(tag=["welding"]), []),
        (without(alignment=ALIGNMENT), []),
        (without(alignment=[{**ALIGNMENT, "targetUrl": " "}]), ["alignment_without_target_url"]),
        (without(alignment=[{"targetUrl": SKILL}]), ["no_target_type"]),
        (without("criteria"), ["no_criteria"]),
        (without(criteria={"id": "https://college.example/criteria"}), []),
        (without(criteria=[]), ["no_criteria"]),
        (without("resultDescription"), ["no_assessment", "no_level"]),
        (without(resultDescription=[{"id": "urn:r"}]), ["no_level"]),
        (without(resultDescription=[{"id": "urn:r", "allowedValue": ["A", "B"]}]), []),
        (without(**{"ceterms:accreditedBy": "https://board.example"}), []),
        (without(**{"ceterms:accreditedBy": [{"id": "https://other.example"}]}), ["accreditation_without_mark"]),
        (without(**{"ceterms:accreditedBy": [{"id": ["https://board.example"]}, 7]}), ["accreditation_without_mark"]),
        ({}, ["no_alignment", "no_criteria", "no_assessment", "no_level"]),
        ({"alignment": [7, None], "resultDescription": "x", "criteria": 7, "tag": {"a": 1}}, None),
    ],
)
def test_each_rule_is_found_where_it_is_broken_and_nowhere_else(
    achievement: dict[str, Any], rules: list[str] | None
) -> None:
    found = lint(achievement, accredited={"https://board.example"}, dead={"https://elsewhere.example"})
    names = [each.rule for each in found.found]
    if rules is not None:
        assert names == rules
    assert found.score == max(0, 100 - sum(COSTS[name] for name in names))


def test_places_say_where_and_there_are_only_so_many() -> None:
    two = [ALIGNMENT, {"targetType": "CFItem"}, {**ALIGNMENT, "targetUrl": "https://gone.example"}]
    found = lint(without(alignment=two), dead=["https://gone.example"])
    assert [(each.rule, each.places) for each in found.found] == [
        ("alignment_without_target_url", ("/alignment/1",)),
        ("dead_target_url", ("/alignment/2",)),
    ]
    (many,) = lint(without(alignment=[{"targetUrl": SKILL}] * 1000)).found
    assert len(many.places) == MAX_PLACES


def test_a_score_is_never_below_nothing_and_everything_at_once_costs_all() -> None:
    assert lint({"tag": ["x"], "ceterms:accreditedBy": ["x"]}).score == 0


def test_what_can_be_looked_at_is_each_web_address_once() -> None:
    urls = [SKILL, SKILL, "urn:x", "http://plain.example", 7, None, "javascript:alert(1)"]
    assert target_urls({"alignment": [{"targetUrl": url} for url in urls]}) == (SKILL,)


def test_a_finding_as_json() -> None:
    assert Found(rule="no_level", message="m", places=("/a",)).to_json() == {
        "rule": "no_level",
        "message": "m",
        "places": ["/a"],
    }
