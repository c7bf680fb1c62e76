"""Badges: read and written whole, what their results mean, and whom they name."""

import copy
from typing import Any

import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.open_badges import (
    Alignment,
    Badge,
    Identity,
    IdentityObject,
    alignments_of,
    hashed_identity,
    identities_of,
    identity_hash,
    is_identity_of,
    read_badge,
    results_of,
    write_badge,
)
from tests.support.badges import badge
from tests.support.whole_badge import (
    ACHIEVEMENT_ID,
    BADGE_ID,
    LEVEL_SKILL,
    SKILL,
    endorsement,
    whole_badge,
)

ESCO = Alignment(
    target_url="http://data.europa.eu/esco/skill/00064735-8fad-454b-90c7-ed858cc993f2",
    target_name="forecast account metrics",
    target_type="ext:ESCOSkill",
    target_framework="ESCO",
    target_code="S2.7.1",
)


def read(document: dict[str, Any]) -> Badge:
    found = read_badge(parse_credential(document))
    assert found is not None
    return found


def with_result(**result: Any) -> dict[str, Any]:
    made = copy.deepcopy(whole_badge())
    made["credentialSubject"]["result"] = [{"type": ["Result"], **result}]
    return made


def test_a_badge_with_everything_in_it_is_written_as_it_was_read() -> None:
    endorsed = whole_badge(endorsement=[endorsement(BADGE_ID)], endorsementJwt=["e30.e30.c2ln"])
    assert write_badge(read(endorsed)) == endorsed


def test_an_issuer_that_is_named_by_its_id_alone_stays_so() -> None:
    assert write_badge(read(badge(issuer="did:web:college.example")))["issuer"] == "did:web:college.example"


def test_a_badge_says_what_its_achievement_is_aligned_to() -> None:
    assert alignments_of(read(badge())) == (ESCO,)
    assert results_of(read(badge())) == ()


def test_results_are_joined_to_their_description_and_level() -> None:
    rubric, grade = results_of(read(whole_badge()))
    assert rubric.description is not None
    assert rubric.level is not None
    assert (rubric.description.name, rubric.level.name) == ("Rubric", "Mastered")
    assert [item.target_url for item in rubric.alignments] == [f"{SKILL}/result", LEVEL_SKILL]
    assert (grade.result.value, grade.level, grade.problems, grade.is_unclear) == ("3.7", None, (), False)
    assert [item.target_url for item in grade.alignments] == [f"{SKILL}/grade"]


@pytest.mark.parametrize("status", ["Failed", "Withdrew", "InProgress", "Enrolled", "OnHold", "Provisional"])
def test_what_was_not_achieved_shows_no_skill(status: str) -> None:
    (found,) = results_of(read(with_result(resultDescription=f"{ACHIEVEMENT_ID}#grade", value="1", status=status)))
    assert found.alignments == ()


@pytest.mark.parametrize(
    ("result", "problems", "is_unclear"),
    [
        ({"resultDescription": f"{ACHIEVEMENT_ID}#grade", "value": "4.1"}, ("its value is above the greatest",), False),
        ({"resultDescription": f"{ACHIEVEMENT_ID}#grade", "value": "-1"}, ("its value is below the least",), False),
        ({"resultDescription": f"{ACHIEVEMENT_ID}#grade", "value": "A"}, (), False),
        ({"resultDescription": f"{ACHIEVEMENT_ID}#grade", "value": "sNaN"}, (), False),
        ({"resultDescription": "urn:nowhere", "value": "4"}, (), True),
        ({"resultDescription": f"{ACHIEVEMENT_ID}#rubric", "achievedLevel": "urn:nowhere"}, (), True),
        ({"achievedLevel": f"{ACHIEVEMENT_ID}#mastered"}, (), True),
        ({"value": "7"}, (), False),
    ],
)
def test_a_result_that_does_not_fit_its_description_says_so_and_shows_no_skill(
    result: dict[str, Any], problems: tuple[str, ...], is_unclear: bool
) -> None:
    (found,) = results_of(read(with_result(**result)))
    assert (found.problems, found.is_unclear) == (problems, is_unclear)
    if problems or is_unclear:
        assert found.alignments == ()


def test_a_value_outside_the_allowed_ones_is_a_problem() -> None:
    made = with_result(resultDescription=f"{ACHIEVEMENT_ID}#grade", value="B")
    made["credentialSubject"]["achievement"]["resultDescription"][1]["allowedValue"] = ["A", "F"]
    (found,) = results_of(read(made))
    assert found.problems == ("its value is none of the allowed values",)


def test_terms_count_only_where_the_open_badges_context_gives_them_meaning() -> None:
    other = parse_credential(badge(**{"@context": ["https://www.w3.org/ns/credentials/v2"]}))
    assert (read_badge(other), identities_of(other)) == (None, ())


@pytest.mark.parametrize("value", ["x", 5, [None, {"targetUrl": 5}], {"targetName": "no url"}])
def test_strange_alignments_are_passed_over(value: Any) -> None:
    made = copy.deepcopy(badge())
    made["credentialSubject"]["achievement"]["alignment"] = value
    assert alignments_of(read(made)) == ()


def test_the_specifications_own_example_of_an_identity_hash_fits() -> None:
    """ "a@example.com" with the salt "Kosher", from the definition of IdentityHash."""
    (found,) = identities_of(parse_credential(whole_badge()))
    assert found.identity_hash == identity_hash("a@example.com", "Kosher")
    assert is_identity_of(found, Identity(type="emailAddress", value="a@example.com")) is True
    assert is_identity_of(found, Identity(type="emailAddress", value="A@example.com")) is False
    assert is_identity_of(found, Identity(type="userName", value="a@example.com")) is None


@pytest.mark.parametrize(
    ("hashed", "value", "answer"),
    [
        (False, "a@example.com", True),
        (False, identity_hash("a@example.com", "s"), False),
        (True, "a@example.com", None),
        (True, identity_hash("a@example.com", "s").upper(), True),
        (True, identity_hash("a@example.com"), False),
        (True, "md5$0cc175b9c0f1b6a831c399e269772661", None),
        (True, "", None),
    ],
)
def test_an_identity_fits_in_the_clear_or_by_its_salted_hash_and_by_nothing_weaker(
    hashed: bool, value: str, answer: bool | None
) -> None:
    found = IdentityObject(hashed=hashed, identity_hash=value, identity_type="emailAddress", salt="s")
    assert is_identity_of(found, Identity(type="emailAddress", value="a@example.com")) is answer


def test_an_identity_that_is_hashed_for_a_badge_is_found_again_and_does_not_stand_in_it() -> None:
    known = Identity(type="emailAddress", value="a@example.com")
    made = hashed_identity(known, "salt")
    assert is_identity_of(made, known) is True
    assert "a@example.com" not in repr(made)
