"""Query and signed request: read as written, bounded, and what a wallet holds that answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from protocols.errors import EnvelopeError, MalformedMessage, TooLarge
from protocols.jose.encoding import digest
from protocols.jose.jws import parse_compact, sign_compact
from protocols.requests.query import (
    ItemAnswer,
    Match,
    PresentationQuery,
    QueryItem,
    Skill,
    answer,
    claims_asked,
    parse_query,
    within,
)
from protocols.requests.request import (
    REQUEST_TYP,
    parse_request,
    request_hash,
    sign_request,
    verify_request,
)
from tests.support.consent_story import ASKER, NOW, OTHER_ASKER, REQUEST, SKILL, badge, key

PART = QueryItem(
    id="part", credential_type="OpenBadgeCredential", claims=("/credentialSubject/achievement",), required=False
)
WHOLE = QueryItem(id="whole", credential_type="ClrCredential")
QUERY = PresentationQuery(items=(*REQUEST.query.items, PART, WHOLE))
CHAIN = ("eyJh.eyJi.c2ln", "eyJk.eyJl.c2ln")


def test_a_query_is_read_as_it_was_written():
    assert parse_query(QUERY.to_json()) == QUERY
    assert QUERY.to_json()["items"][0] == {
        "id": "reading",
        "type": "OpenBadgeCredential",
        "required": True,
        "skill": {"uri": SKILL.uri, "name": SKILL.name},
    }


def test_claims_asked_are_named_as_verifiers_register_them():
    assert claims_asked(QUERY) == (
        "ClrCredential",
        "OpenBadgeCredential",
        "OpenBadgeCredential#/credentialSubject/achievement",
    )


def test_a_request_is_read_as_it_was_signed_with_its_trust_chain_in_the_header():
    request = replace(REQUEST, query=QUERY, trust_chain=CHAIN)
    token = sign_request(request, key(ASKER))
    assert parse_request(token) == replace(request, kid=f"{ASKER}#sign")
    assert verify_request(token, key(ASKER).public) == parse_request(token)
    assert parse_compact(token, typ="ler-presentation-request+jwt").header["trust_chain"] == list(CHAIN)
    assert request_hash(token) == digest(token.encode("ascii"))


def test_a_request_signed_by_another_key_does_not_verify():
    token = sign_request(REQUEST, key(OTHER_ASKER).named(f"{ASKER}#sign"))
    with pytest.raises(EnvelopeError):
        verify_request(token, key(ASKER).public)


ITEM = REQUEST.query.items[0].to_json()
WRONG_QUERIES = {
    "no items": {"items": []},
    "not an object": [ITEM],
    "two items of one id": {"items": [ITEM, ITEM]},
    "an unknown member": {"items": [{**ITEM, "colour": "red"}]},
    "a type that is a sentence": {"items": [{**ITEM, "type": "any badge#/x"}]},
    "a pointer without a slash": {"items": [{**ITEM, "claims": ["name"]}]},
    "required as text": {"items": [{**ITEM, "required": "yes"}]},
    "a skill without a name": {"items": [{**ITEM, "skill": {"uri": "https://x.example"}}]},
}


@pytest.mark.parametrize("case", WRONG_QUERIES)
def test_a_query_that_is_not_of_the_form_is_refused(case: str):
    with pytest.raises(MalformedMessage):
        parse_query(WRONG_QUERIES[case])


def test_a_query_is_bounded():
    with pytest.raises(TooLarge):
        parse_query({"items": [{**ITEM, "id": str(n)} for n in range(21)]})
    with pytest.raises(TooLarge):
        parse_query({"items": [{**ITEM, "claims": [f"/{n}" for n in range(21)]}]})


WRONG_REQUESTS = {
    "expires before it is made": replace(REQUEST, expires_at=REQUEST.issued_at),
    "lives for years": replace(REQUEST, expires_at=NOW + timedelta(days=900)),
    "kept for ever": replace(REQUEST, retention_days=10**6),
    "an issuer that is no DID": replace(REQUEST, issuer="https://employer.example"),
    "another issuer than its key's": replace(REQUEST, issuer=OTHER_ASKER),
    "no nonce": replace(REQUEST, nonce=""),
    "a chain without end": replace(REQUEST, trust_chain=CHAIN * 5),
    "a purpose that reads backwards": replace(REQUEST, purpose=replace(REQUEST.purpose, text="\u202egnirih")),
}


@pytest.mark.parametrize("case", WRONG_REQUESTS)
def test_a_request_that_makes_no_sense_is_neither_signed_nor_read(case: str):
    with pytest.raises(MalformedMessage):
        sign_request(WRONG_REQUESTS[case], key(ASKER))


def test_a_request_that_is_too_large_is_refused_before_it_is_parsed():
    with pytest.raises(TooLarge):
        parse_request("a" * 100_000)


def test_a_request_with_a_member_that_is_not_known_is_refused():
    claims = {**parse_compact(sign_request(REQUEST, key(ASKER))).claims, "priority": "high"}
    with pytest.raises(MalformedMessage, match="not known"):
        parse_request(sign_compact(claims, key(ASKER), typ=REQUEST_TYP))


OTHER = badge("https://www.onetcenter.org/content/2.B.1.a")
SELECTIVE = {**badge(), "proof": {"cryptosuite": "ecdsa-sd-2023"}}


def test_a_skill_is_answered_by_the_credential_aligned_with_exactly_its_uri():
    near = badge(f"{SKILL.uri}/")
    assert answer(REQUEST.query, [OTHER, near, badge()]) == (
        ItemAnswer(
            item="reading",
            matches=(
                Match(
                    credential=2,
                    why="its achievement is aligned with exactly this skill, Reading Comprehension",
                    alignment=SKILL.uri,
                ),
            ),
        ),
    )


def test_what_is_not_held_is_said_and_why():
    missing = [
        (REQUEST.query, [], "no OpenBadgeCredential is held"),
        (REQUEST.query, [OTHER], "no credential held is aligned with this skill"),
        (PresentationQuery(items=(PART,)), [badge()], "what is held can only be shared whole"),
    ]
    for query, held, why in missing:
        (found,) = answer(query, held)
        assert (found.matches, found.missing) == ((), why)


def test_a_type_is_answered_under_both_of_its_names_and_a_part_only_selectively():
    (by_type,) = answer(PresentationQuery(items=(PART,)), [{**SELECTIVE, "type": ["AchievementCredential"]}])
    assert by_type.matches == (Match(credential=0, why="it is of the type asked for, OpenBadgeCredential"),)


def test_alignments_may_be_one_object_or_several_and_nonsense_is_no_answer():
    one = badge()
    one["credentialSubject"]["achievement"]["alignment"] = one["credentialSubject"]["achievement"]["alignment"][0]
    nonsense = {**badge(), "credentialSubject": "Alba"}
    (found,) = answer(REQUEST.query, [nonsense, one])
    assert [match.credential for match in found.matches] == [1]


@pytest.mark.parametrize(
    ("item", "credential_type", "claims", "expected"),
    [
        (WHOLE, "ClrCredential", (), True),
        (WHOLE, "ClrCredential", ("/credentialSubject",), True),
        (WHOLE, "OpenBadgeCredential", (), False),
        (PART, "AchievementCredential", ("/credentialSubject/achievement/name",), True),
        (PART, "OpenBadgeCredential", (), False),
        (PART, "OpenBadgeCredential", ("/credentialSubject",), False),
        (PART, "OpenBadgeCredential", ("/credentialSubject/achievementX",), False),
    ],
)
def test_what_is_disclosed_stays_within_an_item(item: QueryItem, credential_type: str, claims, expected: bool):
    assert within(item, credential_type, claims) is expected


def test_a_skill_uri_is_bounded():
    long = replace(REQUEST.query.items[0], skill=Skill(uri="https://x.example/" + "a" * 3000, name="x"))
    with pytest.raises(TooLarge):
        parse_query(PresentationQuery(items=(long,)).to_json())
