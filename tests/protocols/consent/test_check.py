"""The entry's, the exit's and the asker's checks: what passes, and each attack with the finding that names it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from protocols.consent.check import check_asker, check_entry, check_exit, is_allowed
from protocols.consent.facts import EntryFacts, Uses
from protocols.consent.record import ConsentStatus, ConsentType, Requester, Retention, SharedRecord
from protocols.consent.relay import Relay
from protocols.consent.use import parse_use
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import digest
from protocols.jose.jws import parse_compact
from protocols.requests.query import PresentationQuery, QueryItem
from protocols.requests.request import Purpose
from tests.support.consent_story import (
    ASKER,
    DAY,
    ENTRY,
    EXIT,
    HOLDER,
    LEARNER,
    MAILBOX,
    NOT_SYNCED,
    NOW,
    OTHER_ASKER,
    RECORD,
    REGISTRATION,
    REQUEST,
    STRANGER,
    SUSPENDED,
    WAY_BACK,
    Story,
    asker_facts,
    badge,
    document,
    exit_facts,
    inner_jwe,
    key,
    requester_facts,
    shared,
)

STORY = Story()
TARGET = (5, "requester is the target")
RECORD_SIGNED = (4, "record signed by the per-asker DID")
USE_SIGNED = (4, "use signed by the per-asker DID")
SEALED = (4, "sealed by the per-asker DID")
SEALED_FOR = (5, "sealed for the requester")
STANDING = (5, "requester registered verifier in good standing")
REQUEST_SIGNED = (6, "request signed by the requester")
LIVE = (6, "request live")
CLAIMS = (6, "claims within registration")
PURPOSE_REGISTERED = (6, "purpose within registration")
RETENTION = (6, "retention within registration")
TERMS = (6, "record states the request's terms")
RECORDS = (7, "records within the request")
RECORD_HASH = (8, "record hash fits")
REQUEST_HASH = (8, "request hash fits")
PAYLOAD_HASH = (8, "payload hash fits")
DATES = (9, "within its dates")
NOT_WITHDRAWN = (9, "not withdrawn")
NOT_REPLAYED = (9, "not replayed")
USES = (9, "within its uses")

PRESENT = [
    RECORD_SIGNED,
    USE_SIGNED,
    SEALED,
    TARGET,
    SEALED_FOR,
    STANDING,
    REQUEST_SIGNED,
    LIVE,
    CLAIMS,
    PURPOSE_REGISTERED,
    RETENTION,
    TERMS,
    RECORDS,
    RECORD_HASH,
    REQUEST_HASH,
    PAYLOAD_HASH,
    DATES,
    NOT_WITHDRAWN,
    NOT_REPLAYED,
    USES,
]


def named(findings: tuple[Finding, ...]) -> list[tuple[int, str]]:
    return [(finding.number, finding.name) for finding in findings]


def faults(findings: tuple[Finding, ...], outcome: Outcome = Outcome.NO) -> set[tuple[int, str]]:
    return {(finding.number, finding.name) for finding in findings if finding.outcome is outcome}


def at_exit(story: Story, **facts: object) -> tuple[Finding, ...]:
    return check_exit(exit_facts(**facts), story.middle, story.sealed, NOW)


def at_asker(story: Story, **facts: object) -> tuple[Finding, ...]:
    return check_asker(asker_facts(**facts), story.deliver, story.sealed, NOW)


def test_a_right_presentation_passes_the_exit_with_every_check_asked():
    found = at_exit(STORY)
    assert named(found) == [
        (3, "entry in good standing"),
        (3, "entry on another host"),
        (3, "way back through the entry"),
        *PRESENT,
    ]
    assert [finding for finding in found if finding.outcome is not Outcome.YES] == []
    assert is_allowed(found)


def test_a_right_presentation_passes_the_asker_with_every_check_asked_again():
    found = at_asker(STORY)
    assert named(found) == [(3, "exit in good standing"), (3, "a member vouches"), *PRESENT]
    assert is_allowed(found)


RIGHT_USE = parse_use(STORY.said.use)
WIDE_REQUEST = replace(
    REQUEST,
    query=PresentationQuery(
        items=(
            *REQUEST.query.items,
            QueryItem(id="transcript", credential_type="ClrCredential"),
        )
    ),
)
NARROW_REQUEST = replace(
    REQUEST,
    query=PresentationQuery(
        items=(
            QueryItem(id="one", credential_type="OpenBadgeCredential", claims=("/credentialSubject/achievement/name",)),
        )
    ),
)
TRANSCRIPT = SharedRecord(type="ClrCredential", issuer_digest=digest(b"i"), credential_hash=digest(b"c"))
LONG_REQUEST = replace(REQUEST, retention_days=91)
LONG_RECORD = replace(RECORD, retention=Retention(days=91, until=NOW + 91 * DAY))
OTHER_PURPOSE = Purpose(code="marketing", text="To send offers")
FOR_RIVAL = replace(RECORD, requester=Requester(did=OTHER_ASKER, name="Rival", trust_hash=digest(b"t")))

ATTACKS: dict[str, tuple[Story, set[tuple[int, str]]]] = {
    "a record altered after the use was made": (
        STORY.but(record=replace(RECORD, redisclosure="partners"), use=RIGHT_USE),
        {TERMS, RECORD_HASH},
    ),
    "another learner's record": (
        STORY.but(record=replace(RECORD, subject=STRANGER, actor=STRANGER), record_signer=key(STRANGER)),
        {RECORD_SIGNED},
    ),
    "a record that a stranger decided for the learner": (
        STORY.but(record=replace(RECORD, actor=STRANGER), record_signer=key(STRANGER)),
        {RECORD_SIGNED},
    ),
    "a use dated in the future": (
        STORY.but(use=replace(RIGHT_USE, issued_at=NOW + timedelta(minutes=6))),
        {DATES},
    ),
    "a record about another per-asker DID": (STORY.but(record=replace(RECORD, subject=STRANGER)), {RECORD_SIGNED}),
    "a record signed by another key under the learner's kid": (
        STORY.but(record_signer=key(STRANGER).named(f"{LEARNER}#sign")),
        {RECORD_SIGNED},
    ),
    "a use signed by another key": (STORY.but(use_signer=key(STRANGER).named(f"{LEARNER}#sign")), {USE_SIGNED}),
    "a use signed by another DID": (STORY.but(use_signer=key(STRANGER)), {USE_SIGNED}),
    "a payload swapped": (STORY.but(jwe=inner_jwe(ciphertext="b3RoZXI"), use=RIGHT_USE), {PAYLOAD_HASH}),
    "a request swapped": (
        STORY.but(request=replace(REQUEST, id="request-2"), use=RIGHT_USE),
        {REQUEST_HASH},
    ),
    "a sealed part of another sender": (STORY.but(jwe=inner_jwe(sender=STRANGER)), {SEALED}),
    "a sealed part for another recipient": (STORY.but(jwe=inner_jwe(recipient=OTHER_ASKER)), {SEALED_FOR}),
    "a sealed part that is no envelope": (STORY.but(jwe={"ciphertext": "x"}), {SEALED, SEALED_FOR}),
    "a sealed part that is a string": (STORY.but(jwe="x"), {SEALED, SEALED_FOR}),
    "a request by another than the target": (
        STORY.but(request=replace(REQUEST, issuer=OTHER_ASKER), request_signer=key(OTHER_ASKER)),
        {TARGET, REQUEST_SIGNED},
    ),
    "a request signed by another key": (
        STORY.but(request_signer=key(OTHER_ASKER).named(f"{ASKER}#sign")),
        {REQUEST_SIGNED},
    ),
    "a request that has expired": (
        STORY.but(request=replace(REQUEST, issued_at=NOW - 9 * DAY, expires_at=NOW)),
        {LIVE},
    ),
    "a request dated in the future": (STORY.but(request=replace(REQUEST, issued_at=NOW + DAY)), {LIVE}),
    "a request for more than the registration": (STORY.but(request=WIDE_REQUEST), {CLAIMS}),
    "a purpose that is not registered": (
        STORY.but(
            request=replace(REQUEST, purpose=OTHER_PURPOSE),
            record=replace(RECORD, purpose=OTHER_PURPOSE),
        ),
        {PURPOSE_REGISTERED},
    ),
    "a retention longer than registered": (STORY.but(request=LONG_REQUEST, record=LONG_RECORD), {RETENTION}),
    "a record with a longer retention than asked": (STORY.but(record=LONG_RECORD), {TERMS}),
    "a record with another purpose than asked": (
        STORY.but(record=replace(RECORD, purpose=Purpose(code="hiring", text="Something else"))),
        {TERMS},
    ),
    "records of a type that was not asked for": (
        STORY.but(record=replace(RECORD, records=(shared(badge()), TRANSCRIPT))),
        {RECORDS},
    ),
    "a whole credential where a field was asked for": (STORY.but(request=NARROW_REQUEST), {RECORDS}),
    "a field beside the one asked for": (
        STORY.but(
            request=NARROW_REQUEST,
            record=replace(RECORD, records=(shared(badge(), claims=("/credentialSubject/achievement/names",)),)),
        ),
        {RECORDS},
    ),
    "a consent that was for another asker": (STORY.but(record=FOR_RIVAL), {TARGET}),
    "a share link sent by relay": (
        STORY.but(record=replace(RECORD, type=ConsentType.SHARE_LINK, requester=None)),
        {TARGET, USES},
    ),
    "a consent that has expired": (
        STORY.but(record=replace(RECORD, not_before=NOW - 2 * DAY, not_after=NOW)),
        {DATES},
    ),
    "a consent that is not in force yet": (
        STORY.but(record=replace(RECORD, not_before=NOW + timedelta(hours=1))),
        {DATES},
    ),
    "a use older than its consent": (
        STORY.but(record=replace(RECORD, issued_at=NOW + timedelta(minutes=1))),
        {DATES},
    ),
    "a consent whose record says withdrawn": (
        STORY.but(record=replace(RECORD, status=ConsentStatus.WITHDRAWN)),
        {NOT_WITHDRAWN},
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_fails_at_the_exit_and_at_the_asker_with_its_own_finding(attack: str):
    story, expected = ATTACKS[attack]
    for found in (at_exit(story), at_asker(story)):
        assert faults(found) == expected
        assert not is_allowed(found)


STANDING_USE = replace(RECORD, type=ConsentType.STANDING, max_uses=3, min_interval_s=3600)
USED: dict[str, tuple[Story, Uses, set[tuple[int, str]]]] = {
    "once, a second time": (STORY, Uses(counted=1, last_at=NOW - DAY), {USES}),
    "withdrawn": (STORY, Uses(is_withdrawn=True), {NOT_WITHDRAWN}),
    "standing, third of three": (STORY.but(record=STANDING_USE), Uses(counted=2, last_at=NOW - DAY), set()),
    "standing, fourth of three": (STORY.but(record=STANDING_USE), Uses(counted=3, last_at=NOW - DAY), {USES}),
    "standing, too soon": (
        STORY.but(record=STANDING_USE),
        Uses(counted=1, last_at=NOW - timedelta(seconds=3599)),
        {USES},
    ),
    "standing, soon enough": (
        STORY.but(record=STANDING_USE),
        Uses(counted=1, last_at=NOW - timedelta(seconds=3600)),
        set(),
    ),
}


@pytest.mark.parametrize("case", USED)
def test_uses_are_counted_at_the_exit_and_at_the_asker(case: str):
    story, uses, expected = USED[case]
    assert faults(at_exit(story, uses=uses)) == expected
    assert faults(at_asker(story, uses=uses)) == expected


def test_the_same_use_again_is_refused_at_the_exit_and_is_one_use_at_the_asker():
    again = Uses(counted=1, last_at=NOW, is_repeated=True)
    assert faults(at_exit(STORY, uses=again)) == {NOT_REPLAYED}
    assert is_allowed(at_asker(STORY, uses=again))


def test_a_requester_without_standing_registration_or_document_gets_nothing():
    assert faults(at_exit(STORY, requester=requester_facts(standing=SUSPENDED))) == {STANDING}
    unregistered = at_exit(STORY, requester=requester_facts(registration=None))
    assert faults(unregistered) == {CLAIMS, PURPOSE_REGISTERED, RETENTION}
    unknown = at_exit(STORY, requester=requester_facts(document=None, standing=NOT_SYNCED))
    assert faults(unknown, Outcome.COULD_NOT_TELL) == {REQUEST_SIGNED, STANDING}
    assert not is_allowed(unknown)


def test_an_unknown_per_asker_did_could_not_be_told_and_does_not_pass():
    found = at_exit(STORY, subject=None)
    assert faults(found, Outcome.COULD_NOT_TELL) == {RECORD_SIGNED, USE_SIGNED, SEALED}
    assert not is_allowed(found)


SHORT = "did:peer:4zQmHash"
LONG = f"{SHORT}:zDocument"


@pytest.mark.parametrize(("resolved", "used"), [(LONG, SHORT), (SHORT, LONG), (LONG, LONG)])
def test_the_short_and_long_form_of_a_per_asker_did_are_one_learner(resolved: str, used: str):
    subject = replace(document(resolved), also_known_as=(SHORT if resolved == LONG else LONG,))
    signer = key(resolved).named(f"{used}#sign")
    story = STORY.but(
        record=replace(RECORD, subject=used, actor=used),
        record_signer=signer,
        use_signer=signer,
        jwe=inner_jwe(sender=used),
    )
    assert is_allowed(at_exit(story, subject=subject))


def test_a_document_that_claims_anothers_did_does_not_speak_for_it():
    claiming = replace(document(STRANGER), also_known_as=(LEARNER,))
    signer = key(STRANGER).named(f"{LEARNER}#sign")
    story = STORY.but(record_signer=signer, use_signer=signer)
    assert faults(at_exit(story, subject=claiming)) == {RECORD_SIGNED, USE_SIGNED, SEALED}


def test_claims_under_a_registered_pointer_are_within_the_registration():
    narrow = replace(REGISTRATION, claims=("OpenBadgeCredential#/credentialSubject/achievement",))
    claims = ("/credentialSubject/achievement/name",)
    story = STORY.but(request=NARROW_REQUEST, record=replace(RECORD, records=(shared(badge(), claims=claims),)))
    assert is_allowed(at_exit(story, requester=requester_facts(registration=narrow)))
    assert faults(at_exit(STORY, requester=requester_facts(registration=narrow))) == {CLAIMS}


def test_the_exit_wants_a_vouching_entry_in_good_standing_on_another_host_and_the_way_back_through_it():
    assert faults(at_exit(STORY, entry_standing=SUSPENDED)) == {(3, "entry in good standing")}
    assert faults(at_exit(STORY, entry_host="relay.example")) == {(3, "entry on another host")}
    assert is_allowed(at_exit(STORY, entry_host="relay.example", allows_single_hop=True))
    elsewhere = replace(STORY.middle, way_back=replace(WAY_BACK, via=OTHER_ASKER))
    found = check_exit(exit_facts(way_back=None), elsewhere, STORY.sealed, NOW)
    assert faults(found) == {(3, "way back through the entry")}
    redirected = replace(STORY.middle, way_back=replace(WAY_BACK, mailbox=f"{MAILBOX}2"))
    assert faults(check_exit(exit_facts(), redirected, STORY.sealed, NOW)) == {(3, "way back through the entry")}
    assert is_allowed(check_exit(exit_facts(), replace(STORY.middle, way_back=None), STORY.sealed, NOW))


def test_the_asker_wants_an_exit_in_good_standing_that_says_a_member_vouches():
    assert faults(at_asker(STORY, exit_standing=SUSPENDED)) == {(3, "exit in good standing")}
    silent = replace(STORY.deliver, vouched=False)
    assert faults(check_asker(asker_facts(), silent, STORY.sealed, NOW)) == {(3, "a member vouches")}


def entry_facts(**changes: object) -> EntryFacts:
    facts = EntryFacts(
        is_enrolled=True,
        is_suspended=False,
        sent_count=3,
        limit_count=4,
        size_bytes=1000,
        max_bytes=1000,
        is_replayed=False,
    )
    return replace(facts, **changes)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, set()),
        ({"is_enrolled": False}, {(1, "sender enrolled")}),
        ({"is_suspended": True}, {(1, "sender not suspended")}),
        ({"sent_count": 4}, {(2, "rate")}),
        ({"size_bytes": 1001}, {(2, "size")}),
        ({"is_replayed": True}, {(2, "not replayed")}),
    ],
)
def test_the_entry_passes_on_what_its_own_learner_may_send(changes: dict[str, object], expected: set[tuple[int, str]]):
    found = check_entry(entry_facts(**changes), Relay(next=EXIT, expires=NOW + DAY), NOW)
    assert [finding.number for finding in found] == [1, 1, 2, 2, 2, 2]
    assert faults(found) == expected
    assert is_allowed(found) == (not expected)


def test_the_entry_drops_what_has_expired():
    assert faults(check_entry(entry_facts(), Relay(next=EXIT, expires=NOW), NOW)) == {(2, "not expired")}


def test_nothing_that_the_entry_checks_names_the_asker_and_nothing_at_the_exit_names_the_holder():
    at_entry = repr(check_entry(entry_facts(), Relay(next=EXIT, expires=NOW + DAY), NOW))
    assert ASKER not in at_entry
    said = STORY.said
    read_by_exit = [parse_compact(token).claims for token in (said.request, said.record, said.use)]
    at_the_exit = repr((at_exit(STORY), read_by_exit, WAY_BACK.to_json()))
    assert LEARNER in at_the_exit
    assert HOLDER not in at_the_exit
    assert "Business Writing" not in at_the_exit
    assert ENTRY not in repr(STORY.deliver.to_json())


def test_no_question_at_all_is_not_a_yes():
    assert not is_allowed(())
