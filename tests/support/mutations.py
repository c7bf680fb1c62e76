"""Documents that are nearly right: what a stranger could make of one that is."""

import copy
import random
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from protocols.credentials.contexts import CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, OPEN_BADGES
from tests.support.badges import badge, signed

CONTEXTS = (CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, OPEN_BADGES)

VALUES: Sequence[Any] = (
    None,
    "",
    "text",
    "name",
    "AchievementSubject",
    "did:web:college.example",
    "https://college.example/x?y#z",
    "urn:uuid:1",
    "relative/path",
    "#fragment",
    "xsd:string",
    "_:b0",
    "@id",
    "@unknown",
    "schema:name",
    'ä\u0000\n"\\',
    0,
    -1,
    5,
    2.5,
    1e21,
    1e-7,
    -0.0,
    True,
    False,
    [],
    {},
    [[]],
    [["a"]],
    [None],
    ["a", 1, None],
    [{"id": "urn:a"}, {"id": "urn:a"}],
    {"id": "urn:uuid:2"},
    {"id": 5},
    {"type": "Profile"},
    {"type": ["Achievement", "Profile"], "id": "urn:a"},
    {"type": "Unknown"},
    {"@value": "x"},
    {"@value": "x", "@language": "EN-gb"},
    {"@value": "x", "@language": "no tag"},
    {"@value": None},
    {"@value": 5},
    {"@value": {"a": 1}},
    {"@language": "en"},
    {"@id": "urn:a"},
    {"name": "inner"},
    {"name": {"name": "inner"}},
)
NAMES: Sequence[str] = (
    "id",
    "type",
    "name",
    "description",
    "image",
    "proof",
    "issuer",
    "criteria",
    "narrative",
    "achievement",
    "alignment",
    "targetUrl",
    "credentialStatus",
    "credentialSubject",
    "verifiableCredential",
    "holder",
    "evidence",
    "termsOfUse",
    "created",
    "proofPurpose",
    "validFrom",
    "relatedResource",
    "digestSRI",
    "result",
    "value",
    "unknown",
    "https://schema.org/name",
    "@type",
    "@graph",
    "@reverse",
    "Profile",
    "_sd",
    "cnf",
    "jwk",
)


def mutated(document: dict[str, Any], contexts: Sequence[str], seed: int) -> dict[str, Any]:
    """A copy with one to three changes somewhere in it, the same for the same seed."""
    chance = random.Random(seed)
    made = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        _change(made, contexts, chance)
    return made


def _change(document: dict[str, Any], contexts: Sequence[str], chance: random.Random) -> None:
    places = list(_places(document))
    parent, key = chance.choice(places)
    match chance.randrange(8):
        case 0 if isinstance(parent, dict):
            del parent[key]
        case 1 if isinstance(parent, dict):
            parent[chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
        case 2 if isinstance(parent, dict) and isinstance(key, str):
            parent[chance.choice(NAMES)] = parent.pop(key)
        case 3:
            parent[key] = [parent[key], copy.deepcopy(chance.choice(VALUES))]
        case 4:
            other_parent, other_key = chance.choice(places)
            parent[key] = copy.deepcopy(other_parent[other_key])
        case 5 if isinstance(parent, dict):
            parent["@context"] = chance.sample(list(contexts), chance.randint(1, 2))
        case 6 if isinstance(parent[key], dict):
            parent[key][chance.choice(NAMES)] = copy.deepcopy(chance.choice(VALUES))
        case _:
            parent[key] = copy.deepcopy(chance.choice(VALUES))


def _places(value: Any) -> Any:
    """(container, key) of every value inside, contexts left whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        if key != "@context":
            yield from _places(item)


def presentation() -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": "did:web:learner.example",
        "verifiableCredential": [signed(badge()), {**signed(badge()), "id": "urn:uuid:2"}],
    }


@cache
def seeds() -> Sequence[dict[str, Any]]:
    """Documents of our own in every form that mutations begin with."""
    made = signed(badge())
    old = {
        "@context": [CREDENTIALS_V1, DATA_INTEGRITY_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:college.example",
        "issuanceDate": "2024-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:web:learner.example"},
        "proof": {**made["proof"], "proofPurpose": "assertionMethod"},
    }
    return (made, badge(), presentation(), old, {**made["proof"], "@context": made["@context"]})


def documents_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with contexts of its own in a JSON value, and those within it."""
    if isinstance(value, dict):
        if "@context" in value:
            yield value
        for item in value.values():
            yield from documents_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from documents_in(item)
