"""The shape that the specifications ask of badges: each problem named, and 1EdTech's own schema agrees."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.schema import badge_problems
from tests.support.badges import badge


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
    assert badge_problems(parse_credential(_with(path, value))) == [problem]


def test_all_problems_are_named_at_once() -> None:
    made = _with("credentialSubject.achievement", {"type": ["Achievement"]})
    assert len(badge_problems(parse_credential(made))) == 4


@pytest.mark.parametrize(("path", "value"), [("id", "https://a.example/1"), *(row[:2] for row in TABLE)])
def test_1edtechs_own_schema_agrees_on_which_badges_are_well_formed(shared_dir: Path, path: str, value: Any) -> None:
    schema = json.loads((shared_dir / "data/schemas/ob_v3p0_achievementcredential_schema.json").read_text("utf-8"))
    made = _with(path, value)
    theirs = jsonschema.Draft201909Validator(schema).is_valid(made)
    assert theirs is (badge_problems(parse_credential(made)) == [])
