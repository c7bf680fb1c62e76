"""After decrypting: the presentation answers this request, and is no more and no less than what was consented to."""

from dataclasses import replace

import pytest

from protocols.consent.check_disclosed import check_disclosed
from protocols.consent.digests import credential_digest, salted_digest
from protocols.consent.presentation import RecordSalts, presentation
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.jose.jws import sign_compact
from protocols.requests.request import request_hash
from tests.support.consent_story import (
    ASKER,
    HOLDER,
    ISSUER,
    LEARNER,
    OTHER_ASKER,
    RECORD,
    SALTS,
    STRANGER,
    Story,
    badge,
    key,
    shared,
    signed_presentation,
)

TOKEN = Story().said.request
CHALLENGE = (10, "challenge is the request")
DOMAIN = (10, "domain is the asker")
SHARED_AS = (10, "shared as the per-asker DID")
MORE = (11, "discloses no more than consented")
LESS = (11, "discloses no less than consented")
OTHER = badge("https://www.onetcenter.org/content/2.B.1.a")


def faults(document: JsonObject, record=RECORD, salts=(SALTS,)) -> set[tuple[int, str]]:
    found = check_disclosed(record, salts, document, request_hash=request_hash(TOKEN), asker=ASKER)
    assert [(finding.number, finding.name) for finding in found] == [CHALLENGE, DOMAIN, SHARED_AS, MORE, LESS]
    return {(finding.number, finding.name) for finding in found if finding.outcome is Outcome.NO}


def test_what_was_consented_to_and_made_for_this_request_holds():
    assert faults(signed_presentation(TOKEN)) == set()


RIGHT = signed_presentation(TOKEN)
CASES: dict[str, tuple[JsonObject, set[tuple[int, str]]]] = {
    "another request's challenge": (signed_presentation(TOKEN, challenge="x" * 43), {CHALLENGE}),
    "another asker's domain": (signed_presentation(TOKEN, domain=OTHER_ASKER), {DOMAIN}),
    "two domains": (signed_presentation(TOKEN, domain=[ASKER, OTHER_ASKER]), {DOMAIN}),
    "one right proof and one without a challenge": (
        {**RIGHT, "proof": [RIGHT["proof"], {"type": "DataIntegrityProof", "domain": ASKER}]},
        {CHALLENGE},
    ),
    "no proof": ({name: value for name, value in RIGHT.items() if name != "proof"}, {CHALLENGE, DOMAIN}),
    "another per-asker DID": ({**RIGHT, "termsOfUse": [{"id": STRANGER, "type": "x"}]}, {SHARED_AS}),
    "two per-asker DIDs": (
        {**RIGHT, "termsOfUse": [*RIGHT["termsOfUse"], {**RIGHT["termsOfUse"][0], "id": STRANGER}]},
        {SHARED_AS},
    ),
    "a second credential": (signed_presentation(TOKEN, badge(), OTHER), {MORE}),
    "the same credential twice": (signed_presentation(TOKEN, badge(), badge()), {MORE}),
    "another credential instead": (signed_presentation(TOKEN, OTHER), {MORE, LESS}),
    "no credential": ({**RIGHT, "verifiableCredential": []}, {LESS}),
    "an altered credential": (signed_presentation(TOKEN, {**badge(), "name": "Best of all"}), {MORE, LESS}),
    "something else in a credential's place": ({**RIGHT, "verifiableCredential": [7]}, {MORE, LESS}),
    "a token that does not parse": ({**RIGHT, "verifiableCredential": ["a.b"]}, {MORE, LESS}),
    "a member of its own": ({**RIGHT, "birthDate": "2001-01-01"}, {MORE}),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mismatch_is_named(case: str):
    document, expected = CASES[case]
    assert faults(document) == expected


def test_an_issuer_or_type_other_than_in_the_record_is_a_mismatch_even_when_the_hash_fits():
    wrong_issuer = replace(RECORD.records[0], issuer_digest=salted_digest(SALTS.issuer, OTHER_ASKER))
    wrong_type = replace(RECORD.records[0], type="ClrCredential")
    for entry in (wrong_issuer, wrong_type):
        assert faults(RIGHT, replace(RECORD, records=(entry,))) == {MORE, LESS}


def test_salts_that_do_not_fit_the_record_compare_to_nothing():
    assert faults(RIGHT, salts=()) == {MORE, LESS}
    assert faults(RIGHT, salts=(RecordSalts(issuer="x" * 22, credential="y" * 22),)) == {MORE, LESS}
    assert faults(RIGHT, salts=(RecordSalts(issuer="short", credential="short"),)) == {MORE, LESS}


def test_only_the_fields_in_the_record_may_be_shown_and_each_must():
    name_only = replace(RECORD, records=(shared(badge(), claims=("/credentialSubject/achievement/name",)),))
    assert faults(RIGHT, name_only) == {MORE}
    achievement = replace(RECORD, records=(shared(badge(), claims=("/credentialSubject/achievement",)),))
    assert faults(RIGHT, achievement) == set()
    absent = ("/credentialSubject/achievement", "/credentialSubject/result/0")
    assert faults(RIGHT, replace(RECORD, records=(shared(badge(), claims=absent),))) == {LESS}


@pytest.mark.parametrize("is_enveloped", [True, False])
def test_a_credential_in_jose_form_is_opened_and_compared(is_enveloped: bool):
    token = sign_compact(badge(), key(ISSUER), typ="vc+jwt")
    envelope = {"type": "EnvelopedVerifiableCredential", "id": f"data:application/vc+jwt,{token}"}
    credential = envelope if is_enveloped else token
    entry = replace(RECORD.records[0], credential_hash=salted_digest(SALTS.credential, credential_digest(credential)))
    document = {**RIGHT, "verifiableCredential": [credential]}
    assert faults(document, replace(RECORD, records=(entry,))) == set()
    wrong = replace(entry, type="ClrCredential")
    assert faults(document, replace(RECORD, records=(wrong,))) == {MORE, LESS}


def test_the_builder_names_holder_and_per_asker_did():
    assert presentation((badge(),), holder=HOLDER, shared_as=LEARNER) == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": HOLDER,
        "verifiableCredential": [badge()],
        "termsOfUse": [{"id": LEARNER, "type": "https://w3id.org/ler-exchange/consent/1.0#SharedAs"}],
    }
