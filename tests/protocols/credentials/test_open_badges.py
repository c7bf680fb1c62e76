"""Badges: what one says was achieved, and whether it has the shape that Open Badges 3.0 asks for."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import Alignment, Result, achievement_of, alignments_of, results_of
from protocols.credentials.schema import shape_problems
from tests.support.badges import ACHIEVEMENT, badge

ESCO = Alignment(
    target_url="http://data.europa.eu/esco/skill/00064735-8fad-454b-90c7-ed858cc993f2",
    target_name="forecast account metrics",
    target_type="ext:ESCOSkill",
    target_framework="ESCO",
    target_code="S2.7.1",
)


def _with(path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(badge())
    node: Any = made
    *parents, last = path.split(".")
    for name in parents:
        node = node[int(name) if name.isdigit() else name]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return made


def test_a_badge_says_what_was_achieved() -> None:
    parsed = parse_credential(badge())
    assert achievement_of(parsed) == ACHIEVEMENT
    assert alignments_of(parsed) == (ESCO,)
    assert results_of(parsed) == ()


def test_results_are_joined_to_what_their_description_says() -> None:
    level = {"id": "urn:l", "type": ["RubricCriterionLevel"], "name": "Mastered", "level": "4"}
    description = {
        "id": "urn:r",
        "type": ["ResultDescription"],
        "name": "Grade",
        "resultType": "LetterGrade",
        "rubricCriterionLevel": [level],
        "alignment": ACHIEVEMENT["alignment"],
    }
    made = _with("credentialSubject.achievement.resultDescription", [description])
    made["credentialSubject"]["result"] = [
        {
            "type": ["Result"],
            "resultDescription": "urn:r",
            "achievedLevel": "urn:l",
            "value": "A",
            "status": "Completed",
        },
        {"type": ["Result"], "value": "7"},
    ]
    assert results_of(parse_credential(made)) == (
        Result(value="A", status="Completed", name="Grade", level="Mastered", alignments=(ESCO,)),
        Result(value="7"),
    )
    assert shape_problems(parse_credential(made)) == []


def test_terms_count_only_where_the_open_badges_context_gives_them_meaning() -> None:
    other = badge(**{"@context": ["https://www.w3.org/ns/credentials/v2"]})
    assert (achievement_of(parse_credential(other)), alignments_of(parse_credential(other))) == (None, ())
    assert shape_problems(parse_credential(other)) is None


@pytest.mark.parametrize("value", ["x", 5, [None, {"targetUrl": 5}], {"targetName": "no url"}])
def test_strange_alignments_are_passed_over(value: Any) -> None:
    assert alignments_of(parse_credential(_with("credentialSubject.achievement.alignment", value))) == ()


TABLE = [
    ("credentialSubject.type", None, "credentialSubject.type: it is required"),
    ("credentialSubject.type", ["Person"], "credentialSubject.type: AchievementSubject is needed"),
    ("credentialSubject.achievement", None, "credentialSubject.achievement: it is required"),
    ("credentialSubject.achievement", "urn:a", "credentialSubject.achievement: an object is needed"),
    ("credentialSubject.achievement.id", None, "credentialSubject.achievement.id: it is required"),
    ("credentialSubject.achievement.name", None, "credentialSubject.achievement.name: it is required"),
    ("credentialSubject.achievement.name", 5, "credentialSubject.achievement.name: a string is needed"),
    ("credentialSubject.achievement.criteria", None, "credentialSubject.achievement.criteria: it is required"),
    (
        "credentialSubject.achievement.creditsAvailable",
        "3",
        "credentialSubject.achievement.creditsAvailable: a number is needed",
    ),
    (
        "credentialSubject.achievement.alignment.0.targetUrl",
        None,
        "credentialSubject.achievement.alignment.targetUrl: it is required",
    ),
    (
        "credentialSubject.achievement.alignment.0.targetName",
        None,
        "credentialSubject.achievement.alignment.targetName: it is required",
    ),
    ("issuer.type", None, "issuer.type: it is required"),
]


@pytest.mark.parametrize(("path", "value", "problem"), TABLE)
def test_each_problem_of_shape_is_named(path: str, value: Any, problem: str) -> None:
    assert shape_problems(parse_credential(_with(path, value))) == [problem]


def test_all_problems_are_named_at_once() -> None:
    made = _with("credentialSubject.achievement", {"type": ["Achievement"]})
    assert len(shape_problems(parse_credential(made))) == 4


@pytest.mark.parametrize(("path", "value"), [("id", "https://a.example/1"), *(row[:2] for row in TABLE)])
def test_1edtechs_own_schema_agrees_on_which_badges_are_well_formed(shared_dir: Path, path: str, value: Any) -> None:
    schema = json.loads((shared_dir / "data/schemas/ob_v3p0_achievementcredential_schema.json").read_text("utf-8"))
    made = _with(path, value)
    theirs = jsonschema.Draft201909Validator(schema).is_valid(made)
    assert theirs is (shape_problems(parse_credential(made)) == [])
