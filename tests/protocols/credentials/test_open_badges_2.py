"""Open Badges 2.0: what an assertion says, in the values of 3.0, and what cannot be imported."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from protocols.credentials.open_badges import (
    Achievement,
    Alignment,
    Criteria,
    Evidence,
    Identity,
    IdentityObject,
    Image,
    Profile,
    identity_hash,
    is_identity_of,
)
from protocols.credentials.open_badges_2 import Award, draft_of, is_open_badge_2, read_award
from protocols.errors import MalformedCredential
from tests.support.old_badges import ASSERTION
from tests.support.whole_badge import whole_badge


def changed(path: str, value: Any = None) -> dict[str, Any]:
    made = copy.deepcopy(ASSERTION)
    node: Any = made
    *parents, last = path.split(".")
    for name in parents:
        node = node[name]
    if value is None:
        node.pop(last)
    else:
        node[last] = value
    return made


def test_an_assertion_is_read_into_values_of_three_and_is_nobodys_word_yet() -> None:
    award = read_award(changed("verification"))
    assert award == Award(
        id="https://old.example/assertions/1",
        recipient=IdentityObject(
            hashed=True,
            identity_hash=identity_hash("ada@example.org", "deadsea"),
            identity_type="emailAddress",
            salt="deadsea",
        ),
        achievement=Achievement(
            id="https://old.example/badges/5",
            name="Welding",
            description="Welds.",
            criteria=Criteria(narrative="Three welds."),
            creator=Profile(
                id="https://old.example/issuer",
                name="Old College",
                url="https://old.example",
                email="badges@old.example",
                phone="+1 555 0100",
            ),
            image=Image(id="https://old.example/badges/5.png", caption="A torch"),
            alignment=(Alignment(target_url="https://skills.example/weld", target_name="Welding", target_code="W1"),),
            tag=("metal",),
        ),
        awarded_at=datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC),
        expires_at=datetime(2029, 3, 4, tzinfo=UTC),
        narrative="It went well.",
        image=Image(id="https://old.example/assertions/1.png"),
        evidence=(Evidence(id="https://old.example/evidence/1"), Evidence(narrative="A talk.", genre="Talk")),
    )
    assert is_identity_of(award.recipient, Identity(type="emailAddress", value="ada@example.org")) is True


def test_what_the_draft_says_of_it_names_no_holder_issuer_or_proof() -> None:
    draft = draft_of(read_award(changed("verification")))
    assert sorted(draft) == ["awardedDate", "credentialSubject", "evidence", "image", "name"]
    assert sorted(draft["credentialSubject"]) == ["achievement", "identifier", "narrative", "type"]
    assert draft["credentialSubject"]["achievement"]["creator"]["name"] == "Old College"


def test_a_criteria_url_stands_for_itself_and_a_revoked_assertion_says_so() -> None:
    award = read_award({**changed("badge.criteria", "https://old.example/criteria"), "revoked": True})
    assert (award.achievement.criteria, award.is_revoked) == (Criteria(id="https://old.example/criteria"), True)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (changed("badge", "https://old.example/badges/5"), "badge is not in the assertion itself"),
        (changed("badge.issuer", "https://old.example/issuer"), "issuer is not in the assertion itself"),
        (changed("recipient"), "recipient is not in the assertion itself"),
        (changed("recipient.hashed", "yes"), "recipient.hashed"),
        (changed("recipient.identity"), "identity is missing"),
        (changed("badge.name"), "name is missing"),
        (changed("id", "5"), "id is not a URL"),
        (changed("issuedOn"), "issuedOn is missing"),
        (changed("issuedOn", 1551675967), "issuedOn is not a time"),
        (changed("type", "BadgeClass"), "not an assertion"),
        (changed("@context", "https://w3id.org/openbadges/v1"), "not an assertion"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_a_reason(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedCredential, match=reason):
        read_award(document)


def test_a_badge_of_three_is_none_of_two() -> None:
    assert not is_open_badge_2(whole_badge())
