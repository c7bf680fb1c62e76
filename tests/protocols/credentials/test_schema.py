"""The shape that the specifications ask of badges and learner records: every problem named, as 1EdTech has it.

The schemas of 1EdTech are read in place and not shipped. A document is changed in every place in several ways, and for
each the answers are compared. Where ours is deliberately stricter stands in `STRICTER`.
"""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from protocols.credentials.model import parse_credential
from protocols.credentials.schema import NamedSchema, named_schemas, part_problems, schema_problems
from tests.support.badges import badge
from tests.support.learner_record import learner_record
from tests.support.whole_badge import ACHIEVEMENT_ID, BADGE_ID, endorsement, profile, whole_badge

VALUES: list[Any] = [None, True, 7, "x", [], {}, [None], ["x"], {"zz-": 1}, {"en": "x"}]
STRICTER = (
    "an absolute URL is needed",  # theirs takes any string, and a map of languages, for a URL
    "a time with its offset is needed",  # and does not look at what is in a time
    "a date is needed",
    "a language code is needed",  # {} is a map of languages to them
    "type: ",  # a single string of any name is a type to them
    "@context: ",  # a single context of any name will do for them
    "issuer.type: it is required",  # a map of languages stands for a URL, and a URL for an issuer
    "issuer.id: it is required",
    "a compact JWS is needed",  # likewise for a token
    "id or identifier is needed",  # the specification says so, its schema does not
)


def whole() -> dict[str, Any]:
    """Everything, endorsements included."""
    made = whole_badge(
        endorsement=[endorsement(BADGE_ID)],
        endorsementJwt=["e30.e30.c2ln"],
        termsOfUse=[{"type": "Terms"}],
        proof=[{"type": "DataIntegrityProof", "created": "2026-06-01T09:00:00Z"}],
    )
    made["credentialSubject"]["achievement"]["endorsement"] = endorsement(ACHIEVEMENT_ID)
    made["issuer"] |= {"parentOrg": profile("did:web:state.example", "State"), "dateOfBirth": "1900-01-01"}
    return made


def mutations(document: dict[str, Any], values: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The document without each of its parts, and with each of `values` in its place."""
    for path in _places(document):
        for value in ["removed", *values]:
            made = copy.deepcopy(document)
            *parents, last = path
            node: Any = made
            for name in parents:
                node = node[name]
            if value == "removed":
                del node[last]
            else:
                node[last] = copy.deepcopy(value)
            yield f"{'/'.join(map(str, path))} = {value!r}", made


def some(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every fifth of them, which with eleven ways for each place meets every place in two or three ways."""
    return list(mutations(document, VALUES))[::5]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, item in items for found in [(*path, name), *_places(item, (*path, name))]]


def schema(shared_dir: Path, name: str) -> Any:
    return json.loads((shared_dir / "data/schemas" / name).read_text("utf-8"))


def is_stricter(problems: list[str]) -> bool:
    return all(any(reason in problem for reason in STRICTER) for problem in problems)


def test_a_badge_with_everything_fits_both_schemas(shared_dir: Path) -> None:
    theirs = jsonschema.Draft201909Validator(schema(shared_dir, "ob_v3p0_achievementcredential_schema.json"))
    for made in (whole(), badge()):
        assert (part_problems(made, "AchievementCredential"), list(theirs.iter_errors(made))) == ([], [])


def test_1edtechs_schema_agrees_on_every_changed_badge(shared_dir: Path) -> None:
    theirs = jsonschema.Draft201909Validator(schema(shared_dir, "ob_v3p0_achievementcredential_schema.json"))
    compared = 0
    for what, made in some(whole()):
        ours = part_problems(made, "AchievementCredential")
        if theirs.is_valid(made):
            assert is_stricter(ours), (what, ours)
        elif "credentialStatus" not in what:  # the data model allows several; theirs takes one
            assert ours, what
        compared += 1
    assert compared > 600


def test_1edtechs_schema_agrees_on_every_changed_endorsement(shared_dir: Path) -> None:
    found = schema(shared_dir, "ob_v3p0_achievementcredential_schema.json")
    of_endorsements = {"$schema": found["$schema"], "$defs": found["$defs"], "$ref": "#/$defs/EndorsementCredential"}
    theirs = jsonschema.Draft201909Validator(of_endorsements)
    compared = 0
    for what, made in mutations(endorsement(BADGE_ID), VALUES):
        ours = part_problems(made, "EndorsementCredential")
        assert bool(ours) != theirs.is_valid(made) or is_stricter(ours), (what, ours)
        compared += 1
    assert compared > 200


def test_1edtechs_schema_agrees_on_every_changed_learner_record(shared_dir: Path) -> None:
    """Theirs is of data model 1.1 (its dates have other names) and takes lists only where there are lists."""
    theirs = jsonschema.Draft4Validator(schema(shared_dir, "clr_v2p0_clrcredential_schema_draft4.json"))
    document = learner_record(status=None)
    del document["credentialSubject"]["verifiableCredential"][1], document["credentialSubject"]["association"]
    document["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isPeerOf", "sourceId": "urn:a", "targetId": "urn:b"}
    ]
    compared = 0
    for what, made in mutations(document, [None, True, 7, [], [None]]):
        ours = part_problems(made, "ClrCredential")
        if "verifiableCredential/0/credentialSubject/" in what or "verifiableCredential/0/proof/" in what:
            continue  # theirs looks no deeper; ours looks when that credential's turn comes
        is_valid = theirs.is_valid(_as_1_1(made))
        assert not ours or not is_valid or is_stricter(ours), (what, ours)
        assert ours or is_valid, what
        compared += 1
    assert compared > 200


def _as_1_1(value: Any) -> Any:
    names = {"validFrom": "issuanceDate", "validUntil": "expirationDate"}
    if isinstance(value, list):
        return [_as_1_1(item) for item in value]
    return {names.get(name, name): _as_1_1(item) for name, item in value.items()} if isinstance(value, dict) else value


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
        "credentialSubject.achievement.achievementType",
        "Diplom",
        "credentialSubject.achievement.achievementType: a type of achievement, or ext: and a name is needed",
    ),
    ("credentialSubject.id", None, "credentialSubject: id or identifier is needed"),
    (
        "credentialSubject.identifier",
        {"type": "IdentityObject", "hashed": False, "identityHash": "x", "identityType": "name", "hash": "x"},
        "credentialSubject.identifier.hash: it is not known there",
    ),
    ("issuer.type", None, "issuer.type: it is required"),
    ("evidence", [{"type": ["Proof"]}], "evidence.type: Evidence is needed"),
    ("endorsementJwt", ["e30.e30"], "endorsementJwt: a compact JWS is needed"),
]


@pytest.mark.parametrize(("path", "value", "problem"), TABLE)
def test_each_problem_of_shape_is_named(path: str, value: Any, problem: str) -> None:
    assert schema_problems(parse_credential(_with(path, value))) == (problem,)


def test_all_problems_are_named_at_once() -> None:
    found = schema_problems(parse_credential(_with("credentialSubject.achievement", {"type": ["Achievement"]})))
    assert found is not None
    assert len(found) == 4


def test_credentials_of_other_kinds_have_no_shape_here() -> None:
    other = badge(**{"@context": ["https://www.w3.org/ns/credentials/v2"]})
    assert schema_problems(parse_credential(other)) is None


def test_endorsements_and_learner_records_have_their_own_shape() -> None:
    unnamed = endorsement(BADGE_ID)
    del unnamed["name"]
    assert schema_problems(parse_credential(unnamed)) == ("name: it is required",)
    empty = learner_record()
    empty["credentialSubject"]["verifiableCredential"] = []
    empty["@context"].reverse()
    empty["@context"].insert(0, empty["@context"].pop())
    assert schema_problems(parse_credential(empty)) == (
        "@context: the contexts of the data model, of CLR and of Open Badges, in this order is needed",
        "credentialSubject.verifiableCredential: at least one is needed",
    )


SCHEMAS = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json"
ACHIEVEMENT_SCHEMA = f"{SCHEMAS}/ob_v3p0_achievementcredential_schema.json"


@pytest.mark.parametrize(
    ("id", "type", "problems"),
    [
        (ACHIEVEMENT_SCHEMA, "1EdTechJsonSchemaValidator2019", ()),
        (ACHIEVEMENT_SCHEMA, "JsonSchema", ()),
        (f"{SCHEMAS}-ld/ob_v3p0_anyachievementcredential_schema.json", "JsonSchema", ()),
        (ACHIEVEMENT_SCHEMA, "AnotherValidator", None),
        ("https://example.com/schema.json", "JsonSchema", None),
        (f"{ACHIEVEMENT_SCHEMA}?v=2", "JsonSchema", None),
        (f"https://example.com/?{ACHIEVEMENT_SCHEMA}", "JsonSchema", None),
    ],
)
def test_a_schema_that_a_badge_names_is_checked_where_it_is_known(
    id: str, type: str, problems: tuple[str, ...] | None
) -> None:
    made = badge(credentialSchema=[{"id": id, "type": type}])
    assert named_schemas(parse_credential(made)) == (NamedSchema(id=id, type=type, problems=problems),)


def test_a_badge_that_names_the_schema_of_something_else_does_not_fit_it() -> None:
    id = f"{SCHEMAS}/ob_v3p0_endorsementcredential_schema.json"
    (found,) = named_schemas(parse_credential(badge(credentialSchema={"id": id, "type": "JsonSchema"})))
    assert found.problems is not None
    assert "type: EndorsementCredential is needed" in found.problems
