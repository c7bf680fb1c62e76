"""Endorsements and the badges of a record are verified with what they stand in, by the same list of checks."""

import copy
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.settings import load_settings
from protocols.credentials.contexts import CLR, CREDENTIALS_V2, OPEN_BADGES
from protocols.credentials.embedded import MAX_EMBEDDED
from protocols.credentials.enveloped import sign_vc_jwt
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.jose.keys import PrivateKey
from tests.support.badges import SIGNED, badge, key_of, signed
from tests.support.served import Served, make_node, served_node


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded") / "node"
    make_node(folder)
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(data: Path) -> AsyncIterator[Served]:
    async with served_node(load_settings(data, vc_api={"open": True})) as node:
        yield node


pytestmark = pytest.mark.asyncio(loop_scope="module")


def party(name: str) -> tuple[str, PrivateKey]:
    key = key_of(f"did:web:{name}.example")
    did = did_key(key.public)
    return did, key.named(f"{did}#{encode_multikey(key.public)}")


COLLEGE, COLLEGE_KEY = party("college")
BODY, BODY_KEY = party("professional-body")
LEARNER, _ = party("learner")
PROFILE = {"id": COLLEGE, "type": ["Profile"], "name": "Test College"}


def endorsement(about: str, **changes: Any) -> dict[str, Any]:
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES],
        "id": "urn:uuid:0c6f4a52-6c0b-4b3e-8f3d-0d4bd1a6a1f0",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsed by the professional body",
        "issuer": {"id": BODY, "type": ["Profile"], "name": "Professional body"},
        "validFrom": "2026-06-01T09:00:00Z",
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"], "endorsementComment": "Worth having."},
        **changes,
    }


def endorsed(*, tokens: tuple[str, ...] = (), **parts: Any) -> dict[str, Any]:
    made = badge(issuer=PROFILE, **({"endorsementJwt": list(tokens)} if tokens else {}), **parts)
    made["credentialSubject"]["id"] = LEARNER
    return signed(made, signer=COLLEGE_KEY)


def unsigned_id() -> str:
    return badge()["credentialSubject"]["achievement"]["id"]


GOOD = signed(endorsement(unsigned_id()), signer=BODY_KEY)


async def verified(served: Served, credential: Any) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    async with served.client.post("/vc-api/credentials/verify", json={"verifiableCredential": credential}) as response:
        answer = await response.json()
        return response.status, answer["errors"], answer["report"]["checks"]


def ninth(checks: list[dict[str, Any]], place: str = "") -> tuple[str, str]:
    found = next(check for check in checks if check["number"] == 9 and check["evidence"]["credential"] == place)
    return found["outcome"], found["reason"]


async def test_an_endorsement_is_checked_step_by_step_at_its_place(served: Served) -> None:
    status, errors, checks = await verified(served, endorsed(endorsement=[GOOD]))
    assert (status, errors) == (200, [])
    inner = {
        check["name"]: check["outcome"] for check in checks if check["evidence"].get("credential") == "/endorsement/0"
    }
    assert inner["proof"] == inner["signed by its issuer"] == inner["schema"] == inner["dates"] == "yes"
    assert inner["presented by the one it is about"] == "not_applicable"


async def test_an_endorsement_as_a_token_is_opened_and_checked(served: Served) -> None:
    token = sign_vc_jwt(endorsement(COLLEGE), BODY_KEY, signed_at=SIGNED)
    status, errors, checks = await verified(served, endorsed(tokens=(token,)))
    assert (status, errors) == (200, [])
    assert "/endorsementJwt/0" in {check["evidence"].get("credential") for check in checks}
    broken = f"{token[:-4]}{'AAAA' if token[-4:] != 'AAAA' else 'BBBB'}"
    status, errors, _ = await verified(served, endorsed(tokens=(broken,)))
    assert status == 400
    assert {error["credential"] for error in errors} == {"/endorsementJwt/0"}


def altered(document: dict[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(document)
    made["credentialSubject"]["endorsementComment"] = "Worth everything."
    return made


def without_comment() -> dict[str, Any]:
    made = endorsement(unsigned_id())
    made["credentialSubject"]["endorsementComment"] = 5
    return made


BAD: dict[str, tuple[Any, int]] = {
    "altered after signing": (altered(GOOD), 4),
    "without proof": (endorsement(unsigned_id()), 4),
    "signed by another": (signed(endorsement(unsigned_id()), signer=COLLEGE_KEY), 4),
    "about something else": (signed(endorsement("https://other.example/achievement"), signer=BODY_KEY), 9),
    "without a comment that is a text": (signed(without_comment(), signer=BODY_KEY), 3),
    "not a credential": ({"type": ["EndorsementCredential"]}, 1),
}


@pytest.mark.parametrize("fault", BAD)
async def test_a_badge_with_an_endorsement_that_does_not_hold_does_not_hold(served: Served, fault: str) -> None:
    inner, number = BAD[fault]
    status, errors, _ = await verified(served, endorsed(endorsement=[inner]))
    assert status == 400
    assert ("/endorsement/0", number) in {(error["credential"], error["check"]) for error in errors}


def record(*held: Any, **subject: Any) -> dict[str, Any]:
    made = {
        "@context": [CREDENTIALS_V2, CLR, OPEN_BADGES],
        "id": "urn:uuid:5b0f8f6e-1c62-4f7b-9b3e-3a9b5d1f9c11",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record of Maya Lindgren",
        "issuer": PROFILE,
        "validFrom": "2026-06-01T09:00:00Z",
        "credentialSubject": {
            "id": LEARNER,
            "type": ["ClrSubject"],
            "verifiableCredential": list(held),
            **subject,
        },
    }
    return signed(made, signer=COLLEGE_KEY)


async def test_a_record_is_verified_with_every_badge_in_it_and_theirs(served: Served) -> None:
    own = endorsed(endorsement=[GOOD])
    status, errors, checks = await verified(served, record(own, endorsed(id="urn:uuid:2")))
    assert (status, errors) == (200, [])
    places = {check["evidence"].get("credential") for check in checks if check["name"] == "proof"}
    first = "/credentialSubject/verifiableCredential/0"
    assert places == {"", first, f"{first}/endorsement/0", "/credentialSubject/verifiableCredential/1"}
    assert ninth(checks, f"{first}/endorsement/0") == ("not_applicable", "there are none")
    changed = copy.deepcopy(own)
    changed["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    status, errors, _ = await verified(served, record(changed))
    assert (status, {error["credential"] for error in errors}) == (400, {first})


ASSOCIATION = {
    "type": "Association",
    "associationType": "isChildOf",
    "targetId": unsigned_id(),
    "sourceId": "https://college.example/achievements/next",
}


@pytest.mark.parametrize(
    ("association", "problem"),
    [
        (ASSOCIATION, None),
        ({**ASSOCIATION, "associationType": "isFriendOf"}, "associationType: a type of association"),
        ({**ASSOCIATION, "targetId": "https://other.example/achievement"}, "is not in the record"),
        ({**ASSOCIATION, "sourceId": "urn"}, "sourceId: an absolute URL"),
        ({**ASSOCIATION, "type": []}, "type: "),
    ],
)
async def test_associations_are_between_achievements_of_the_record(
    served: Served, association: Any, problem: str | None
) -> None:
    other = badge()["credentialSubject"]["achievement"] | {"id": "https://college.example/achievements/next"}
    held = record(endorsed(), achievement=[other], association=[ASSOCIATION])
    held["credentialSubject"]["association"] = [association]
    _, errors, _ = await verified(served, held)
    found = [error["detail"] for error in errors if error["check"] in (3, 9)]
    assert (found == []) if problem is None else (problem in found[0])


async def test_credentials_nested_without_end_are_not_followed(served: Served) -> None:
    inner = GOOD
    for number in range(4):
        inner = signed(endorsement(unsigned_id(), id=f"urn:uuid:{number}", endorsement=[inner]), signer=BODY_KEY)
    status, errors, _ = await verified(served, endorsed(endorsement=[inner]))
    too_deep = "/endorsement/0/endorsement/0/endorsement/0"
    assert status == 400
    assert [(error["credential"], error["detail"]) for error in errors if error["check"] == 9] == [
        (too_deep, "1 more are embedded than are looked at")
    ]
    each = (endorsement(unsigned_id(), id=f"urn:uuid:{number}") for number in range(MAX_EMBEDDED + 1))
    many = endorsed(endorsement=[signed(document, signer=BODY_KEY) for document in each])
    status, errors, _ = await verified(served, many)
    assert status == 400
    assert [error["detail"] for error in errors if error["check"] == 9] == ["1 more are embedded than are looked at"]
