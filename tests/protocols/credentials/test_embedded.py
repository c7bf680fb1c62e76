"""Credentials within credentials are found wherever Open Badges and CLR have them; and whom a badge is about."""

import hashlib
from typing import Any

import pytest

from protocols.credentials.embedded import MAX_EMBEDDED, Embedded, embedded_in, endorsable_ids
from protocols.credentials.enveloped import as_envelope
from protocols.credentials.identity import identity_object, names
from protocols.errors import TooLarge
from tests.support.badges import COLLEGE, LEARNER, badge

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJkaWQ6d2ViOnguZXhhbXBsZSJ9.c2ln"


def test_every_place_of_an_endorsement_is_looked_at_and_nothing_within_what_is_found() -> None:
    inner = {"type": ["EndorsementCredential"], "endorsement": [{"type": ["EndorsementCredential"]}]}
    made = badge(endorsement=[inner], endorsementJwt=[TOKEN])
    made["issuer"]["endorsement"] = inner
    made["credentialSubject"]["achievement"]["endorsement"] = [inner]
    made["credentialSubject"]["achievement"]["creator"] = {"id": "https://x.example", "endorsementJwt": TOKEN}
    envelope = as_envelope(TOKEN)
    assert sorted(embedded_in(made), key=lambda found: found.pointer) == [
        Embedded("/credentialSubject/achievement/creator/endorsementJwt", envelope),
        Embedded("/credentialSubject/achievement/endorsement/0", inner),
        Embedded("/endorsement/0", inner),
        Embedded("/endorsementJwt/0", envelope),
        Embedded("/issuer/endorsement", inner),
    ]


def test_the_credentials_of_a_record_are_found_as_objects_and_as_tokens() -> None:
    record = {"credentialSubject": [{"id": LEARNER, "verifiableCredential": [badge(), TOKEN, 5]}]}
    assert embedded_in(record) == (
        Embedded("/credentialSubject/0/verifiableCredential/0", badge()),
        Embedded("/credentialSubject/0/verifiableCredential/1", as_envelope(TOKEN)),
    )


def test_more_than_a_record_may_have_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        embedded_in({"endorsement": [{}] * (MAX_EMBEDDED + 1)})


def test_an_endorsement_can_be_about_whatever_has_an_id_around_it() -> None:
    made = badge(endorsement=[{"id": "urn:not:this"}])
    assert endorsable_ids(made) == {
        "https://college.example/credentials/1",
        COLLEGE,
        LEARNER,
        "https://college.example/achievements/forecast",
    }


def subject(**identifier: Any) -> dict[str, Any]:
    return {"type": ["AchievementSubject"], "identifier": [{"type": "IdentityObject", **identifier}]}


def test_a_salted_hash_names_whom_it_was_made_of_and_nobody_else() -> None:
    made = identity_object("learner@example.org", kind="emailAddress", salt="deadsea")
    digest = hashlib.sha256(b"learner@example.orgdeadsea").hexdigest()
    assert made == {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": "emailAddress",
        "salt": "deadsea",
    }
    assert names(subject(**made), "learner@example.org")
    assert names(subject(**{**made, "identityHash": f"sha256${digest.upper()}"}), "learner@example.org")
    for other in ("Learner@example.org", "other@example.org", "", "deadsea"):
        assert not names(subject(**made), other)


@pytest.mark.parametrize(
    ("identifier", "is_named"),
    [
        ({"hashed": False, "identityHash": "student-1"}, True),
        ({"hashed": False, "identityHash": "student-2"}, False),
        ({"hashed": True, "identityHash": "student-1"}, False),
        ({"hashed": True, "identityHash": "sha1$" + hashlib.sha1(b"student-1").hexdigest()}, False),
        ({"hashed": True, "identityHash": "md5$" + hashlib.md5(b"student-1").hexdigest()}, True),
        ({"hashed": True, "identityHash": 5}, False),
        ({"hashed": True}, False),
        ({"hashed": True, "identityHash": "sha256$" + hashlib.sha256(b"student-1").hexdigest(), "salt": 5}, True),
    ],
)
def test_identifiers_in_other_forms(identifier: dict[str, Any], is_named: bool) -> None:
    assert names(subject(**identifier), "student-1") is is_named
