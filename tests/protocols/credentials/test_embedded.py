"""Credentials within credentials are found wherever Open Badges and CLR have them."""

import copy

from protocols.credentials.contexts import CLR
from protocols.credentials.embedded import MAX_EMBEDDED, Embedded, embedded_in, every_credential, stated_issuer
from protocols.credentials.enveloped import as_envelope
from tests.support.badges import LEARNER, badge
from tests.support.whole_badge import ACHIEVEMENT_ID, ASSOCIATION, BADGE_ID, endorsement, whole_badge

TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJkaWQ6d2ViOnguZXhhbXBsZSJ9.c2ln"


def test_the_credentials_of_a_record_are_found_as_objects_and_as_tokens() -> None:
    subjects = [{"id": LEARNER, "verifiableCredential": [badge(), TOKEN, 5]}]
    assert embedded_in({"@context": [CLR], "credentialSubject": subjects}) == (
        Embedded(at="/credentialSubject/0/verifiableCredential/0", document=badge(), around=(LEARNER,)),
        Embedded(at="/credentialSubject/0/verifiableCredential/1", document=as_envelope(TOKEN), around=(LEARNER,)),
    )


def test_every_endorsement_is_found_where_it_stands() -> None:
    made = copy.deepcopy(whole_badge(endorsement=endorsement(BADGE_ID), endorsementJwt=["e30.e30.c2ln"]))
    made["credentialSubject"]["achievement"]["endorsement"] = [endorsement(ACHIEVEMENT_ID)]
    made["issuer"]["endorsement"] = [{**endorsement("did:web:college.example"), "endorsement": [endorsement("urn:x")]}]
    found = embedded_in(made)
    assert {item.at for item in found} == {
        "/issuer/endorsement/0",
        "/credentialSubject/achievement/endorsement/0",
        "/endorsement",
        "/endorsementJwt/0",
    }
    assert (
        Embedded(
            at="/credentialSubject/achievement/endorsement/0",
            document=endorsement(ACHIEVEMENT_ID),
            around=(BADGE_ID, "did:web:learner.example", ACHIEVEMENT_ID),
        )
        in found
    )
    assert len(every_credential([made])) == 6, "the badge, four in it, and one in one of them"
    assert stated_issuer(every_credential([made])[1]) == ASSOCIATION


def test_no_more_than_so_many_embedded_credentials_are_looked_for() -> None:
    made = whole_badge(endorsement=[endorsement(BADGE_ID)] * (MAX_EMBEDDED + 5))
    assert len(every_credential([made])) == MAX_EMBEDDED + 1
    nested = endorsement(BADGE_ID)
    for _ in range(10):
        nested = {**endorsement(BADGE_ID), "endorsement": nested}
    assert len(every_credential([nested])) == 4


def test_what_has_those_names_in_another_vocabulary_is_not_taken_for_a_credential() -> None:
    assert embedded_in({"@context": ["https://www.w3.org/ns/credentials/v2"], "endorsement": [{"id": "urn:x"}]}) == ()
