"""Contact, decline and receipt: signed, bound to their exit, request and way back, and the same bytes at both sides."""

from dataclasses import replace

import pytest

from protocols.consent.check import check_asker, check_exit, is_allowed
from protocols.consent.letters import (
    ContactLetter,
    DeclineLetter,
    DeclineReason,
    parse_contact,
    parse_decline,
    return_hash,
    sign_contact,
    sign_decline,
)
from protocols.consent.receipt import (
    ReceiptPayload,
    check_receipt,
    countersign,
    parse_receipt,
    receipt_hash,
    sign_asker,
)
from protocols.consent.record import record_hash
from protocols.consent.relay import Contact, Decline, Deliver, Middle, Receipted
from protocols.errors import EnvelopeError, IllegalMove, MalformedMessage
from protocols.findings import Outcome
from protocols.jose.encoding import canonical_json, digest
from protocols.jose.jws import parse_compact, sign_compact
from protocols.requests.request import request_hash
from tests.support.consent_story import (
    ASKER,
    DAY,
    ENTRY,
    EXIT,
    LEARNER,
    MAILBOX,
    NOW,
    OTHER_ASKER,
    RECORD,
    STRANGER,
    SUSPENDED,
    WAY_BACK,
    Story,
    asker_facts,
    document,
    exit_facts,
    key,
    requester_facts,
)

STORY = Story()
LETTER = ContactLetter(
    invitation="invitation-1",
    subject=LEARNER,
    asker=ASKER,
    exit=EXIT,
    return_hash=return_hash(WAY_BACK),
    issued_at=NOW,
)
NO = DeclineLetter(subject=LEARNER, request_hash=request_hash(STORY.said.request), issued_at=NOW)
PAYLOAD = ReceiptPayload(
    request_hash=request_hash(STORY.said.request),
    record_hash=record_hash(STORY.said.record),
    payload_hash=digest(b"inner"),
    records=RECORD.records,
    received_at=NOW,
    delete_at=NOW + 60 * DAY,
    asker=ASKER,
    subject=LEARNER,
)
HALF = sign_asker(PAYLOAD, key(ASKER))
WHOLE = countersign(HALF, key(LEARNER))


def faults(findings) -> set[tuple[int, str]]:
    return {(finding.number, finding.name) for finding in findings if finding.outcome is Outcome.NO}


def contact(letter: ContactLetter = LETTER, signer=None) -> Middle:
    token = sign_contact(letter, signer or key(letter.subject))
    return Middle(next=ASKER, said=Contact(letter=token), way_back=WAY_BACK)


def decline(letter: DeclineLetter = NO, signer=None) -> Middle:
    said = Decline(request=STORY.said.request, letter=sign_decline(letter, signer or key(letter.subject)))
    return Middle(next=ASKER, said=said)


SIGNED = (4, "contact signed by the per-asker DID")
CONTACTS = {
    "right": (contact(), set()),
    "signed by another key": (contact(signer=key(STRANGER).named(f"{LEARNER}#sign")), {SIGNED}),
    "of another DID": (contact(replace(LETTER, subject=STRANGER)), {SIGNED}),
    "for another exit": (contact(replace(LETTER, exit=ENTRY)), {(4, "contact for this exit")}),
    "for another asker": (contact(replace(LETTER, asker=OTHER_ASKER)), {(5, "requester is the target")}),
    "with another mailbox than it binds": (
        replace(contact(), way_back=replace(WAY_BACK, mailbox=f"{MAILBOX}2")),
        {(4, "way back bound by the letter")},
    ),
    "old": (contact(replace(LETTER, issued_at=NOW - 8 * DAY)), {(9, "letter recent")}),
    "from the future": (contact(replace(LETTER, issued_at=NOW + DAY)), {(9, "letter recent")}),
}


@pytest.mark.parametrize("case", CONTACTS)
def test_a_contact_opens_the_way_back_only_for_its_own_learner_exit_and_mailbox(case: str):
    middle, expected = CONTACTS[case]
    assert faults(check_exit(exit_facts(way_back=None), middle, None, NOW)) == expected


def test_a_contact_reaches_no_suspended_requester_and_tells_the_asker_nothing_of_the_entry():
    found = check_exit(exit_facts(requester=requester_facts(standing=SUSPENDED)), contact(), None, NOW)
    assert faults(found) == {(5, "requester registered verifier in good standing")}
    deliver = Deliver(said=contact().said, vouched=True)
    assert is_allowed(check_asker(asker_facts(), deliver, None, NOW))
    seen = repr(parse_compact(contact().said.letter).claims)
    assert ENTRY not in seen
    assert MAILBOX not in seen


DECLINES = {
    "right": (decline(), set()),
    "with a reason": (decline(replace(NO, reason=DeclineReason.NOT_NOW)), set()),
    "signed by another key": (
        decline(signer=key(STRANGER).named(f"{LEARNER}#sign")),
        {(4, "decline signed by the per-asker DID")},
    ),
    "of another request": (decline(replace(NO, request_hash=digest(b"other"))), {(8, "request hash fits")}),
    "to another asker": (replace(decline(), next=OTHER_ASKER), {(5, "requester is the target")}),
}


@pytest.mark.parametrize("case", DECLINES)
def test_a_decline_counts_only_from_its_learner_for_its_request(case: str):
    middle, expected = DECLINES[case]
    assert faults(check_exit(exit_facts(), middle, None, NOW)) == expected


def test_a_decline_reason_stands_in_a_fixed_list():
    claims = {"iss": LEARNER, "request_hash": NO.request_hash, "iat": 1, "reason": "I have no diploma"}
    with pytest.raises(MalformedMessage, match="not a reason to decline"):
        parse_decline(sign_compact(claims, key(LEARNER), typ="ler-decline+jwt"))


def test_letters_are_read_as_written_and_only_under_their_own_kid():
    assert parse_contact(sign_contact(LETTER, key(LEARNER))) == LETTER
    named = replace(NO, reason=DeclineReason.TOO_MUCH_ASKED)
    assert parse_decline(sign_decline(named, key(LEARNER))) == named
    with pytest.raises(MalformedMessage, match="another DID's key id"):
        sign_contact(LETTER, key(STRANGER))


def test_a_receipt_has_the_askers_signature_then_the_learners_over_the_same_bytes():
    found = check_receipt(WHOLE, asker=document(ASKER), subject=document(LEARNER))
    assert [(finding.name, finding.outcome) for finding in found] == [
        ("receipt signed by the asker", Outcome.YES),
        ("receipt signed by the learner", Outcome.YES),
    ]
    at_learner, at_asker = WHOLE.to_bytes(), parse_receipt(WHOLE.to_bytes()).to_bytes()
    assert at_learner == at_asker == canonical_json(WHOLE.to_json())
    assert parse_receipt(WHOLE.to_json()) == WHOLE
    assert receipt_hash(WHOLE) == digest(at_learner)


def test_half_a_receipt_could_not_be_told_and_cannot_be_countersigned_twice():
    found = check_receipt(HALF, asker=document(ASKER), subject=document(LEARNER))
    assert [finding.outcome for finding in found] == [Outcome.YES, Outcome.COULD_NOT_TELL]
    with pytest.raises(IllegalMove):
        countersign(WHOLE, key(LEARNER))


def test_a_receipt_altered_or_signed_by_others_does_not_hold():
    altered = replace(WHOLE, payload=replace(PAYLOAD, delete_at=NOW + 600 * DAY))
    both = {(1, "receipt signed by the asker"), (1, "receipt signed by the learner")}
    assert faults(check_receipt(altered, asker=document(ASKER), subject=document(LEARNER))) == both
    swapped = replace(WHOLE, signatures=tuple(reversed(WHOLE.signatures)))
    assert faults(check_receipt(swapped, asker=document(ASKER), subject=document(LEARNER))) == both
    assert faults(check_receipt(WHOLE, asker=document(OTHER_ASKER), subject=document(STRANGER))) == both
    unknown = check_receipt(WHOLE, asker=None, subject=None)
    assert [finding.outcome for finding in unknown] == [Outcome.COULD_NOT_TELL] * 2


def test_a_receipt_passes_the_relays_only_whole_and_to_its_asker():
    middle = Middle(next=ASKER, said=Receipted(receipt=WHOLE))
    assert is_allowed(check_exit(exit_facts(), middle, None, NOW))
    assert is_allowed(check_asker(asker_facts(), Deliver(said=middle.said, vouched=True), None, NOW))
    assert not is_allowed(check_exit(exit_facts(), replace(middle, said=Receipted(receipt=HALF)), None, NOW))
    assert faults(check_exit(exit_facts(), replace(middle, next=OTHER_ASKER), None, NOW)) == {
        (5, "requester is the target")
    }


def test_a_receipt_with_a_member_added_is_refused():
    value = WHOLE.to_json()
    value["payload"]["grade"] = "A"
    with pytest.raises(MalformedMessage, match="not known"):
        parse_receipt(value)


def test_verifying_with_another_key_raises():
    with pytest.raises(EnvelopeError):
        parse_compact(sign_contact(LETTER, key(LEARNER))).verify(key(STRANGER).public)
