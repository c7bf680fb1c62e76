"""What makes a proof hold, and every way in which it must not (threats C1, C2, C5, C7)."""

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protocols.credentials.proofs import ProofResult, add_proof, check_proofs, signed_digest
from protocols.credentials.proofs.suite import suites
from protocols.dids.document import DidDocument
from protocols.errors import MalformedCredential, UnsupportedMessage
from protocols.findings import Outcome
from tests.support.badges import COLLEGE, DOCUMENTS, LEARNER, NOW, SIGNED, STRANGER, badge, document_of, key_of, signed

RDFC, JCS = "eddsa-rdfc-2022", "eddsa-jcs-2022"


def _check(
    document: dict[str, Any], documents: dict[str, DidDocument] | None = None, **expected: Any
) -> tuple[ProofResult, ...]:
    arguments: dict[str, Any] = {"purpose": "assertionMethod", "now": NOW, "expected_controller": COLLEGE, **expected}
    return check_proofs(document, DOCUMENTS if documents is None else documents, **arguments)


def _one(document: dict[str, Any], documents: dict[str, DidDocument] | None = None, **expected: Any) -> tuple[str, str]:
    [result] = _check(document, documents, **expected)
    return result.outcome, result.reason


def _presentation(**options: Any) -> dict[str, Any]:
    unsigned = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:uuid:6ad5c4c1-5c1f-4b6c-8f0e-0f8f5d3e2a11",
        "type": ["VerifiablePresentation"],
        "holder": LEARNER,
        "verifiableCredential": [signed(badge())],
    }
    return signed(unsigned, by=LEARNER, purpose="authentication", created=NOW, **options)


def _check_presentation(document: dict[str, Any], **expected: Any) -> tuple[str, str]:
    return _one(document, **{"purpose": "authentication", "expected_controller": LEARNER, **expected})


def test_the_registry_finds_the_suites_of_its_folder() -> None:
    assert {RDFC, JCS} <= suites().keys()


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_a_badge_that_was_signed_holds(suite: str) -> None:
    assert _check(signed(badge(), suite=suite)) == (
        ProofResult(
            suite=suite,
            verification_method=f"{COLLEGE}#key-1",
            purpose="assertionMethod",
            created=SIGNED,
            outcome=Outcome.YES,
            reason="The signature fits the document, and the key may sign this.",
        ),
    )


def test_results_and_what_leads_to_them_travel_between_processes() -> None:
    document = signed(badge())
    arguments = pickle.loads(pickle.dumps((document, DOCUMENTS)))
    results = _check(*arguments)
    assert pickle.loads(pickle.dumps(results)) == results == _check(document)


def _renamed(document: dict[str, Any]) -> None:
    document["credentialSubject"]["achievement"]["name"] = "Brain surgery"


def _given_away(document: dict[str, Any]) -> None:
    document["credentialSubject"]["id"] = STRANGER


def _prolonged(document: dict[str, Any]) -> None:
    del document["validUntil"]


def _backdated(document: dict[str, Any]) -> None:
    document["proof"]["created"] = "2020-01-01T00:00:00Z"


def _other_value(document: dict[str, Any]) -> None:
    document["proof"]["proofValue"] = document["proof"]["proofValue"][:-2] + "11"


def _no_value(document: dict[str, Any]) -> None:
    del document["proof"]["proofValue"]


def _value_of_another_base(document: dict[str, Any]) -> None:
    document["proof"]["proofValue"] = "m" + document["proof"]["proofValue"][1:]


def _huge_value(document: dict[str, Any]) -> None:
    document["proof"]["proofValue"] = "z" * 100_000


@pytest.mark.parametrize("suite", [RDFC, JCS])
@pytest.mark.parametrize(
    "tamper",
    [
        _renamed,
        _given_away,
        _prolonged,
        _backdated,
        _other_value,
        _no_value,
        _value_of_another_base,
        _huge_value,
    ],
)
def test_a_badge_that_was_changed_after_signing_does_not_hold(
    suite: str, tamper: Callable[[dict[str, Any]], None]
) -> None:
    document = copy.deepcopy(signed(badge(), suite=suite))
    tamper(document)
    assert _one(document) == (
        "no",
        "The signature does not fit: the document or the proof was changed after signing.",
    )


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_another_dids_key_is_named_as_such(suite: str) -> None:
    document = signed(badge(), by=STRANGER, suite=suite)
    assert _one(document) == ("no", f"The key belongs to {STRANGER}, but {COLLEGE} had to sign.")


def test_another_dids_key_is_refused_even_where_its_document_is_not_known() -> None:
    assert _one(signed(badge(), by=STRANGER), {})[0] == "no"


def test_a_key_id_of_the_issuer_with_a_strangers_signature_does_not_hold() -> None:
    document = signed(badge(), signer=key_of(STRANGER).named(f"{COLLEGE}#key-1"))
    assert _one(document)[1].startswith("The signature does not fit")


def test_a_key_that_the_document_says_another_controls_is_refused() -> None:
    documents = {COLLEGE: document_of(COLLEGE, controller=STRANGER)}
    assert _one(signed(badge()), documents) == ("no", f"The key is controlled by {STRANGER}, not by {COLLEGE}.")


def test_a_document_under_the_wrong_did_is_refused() -> None:
    documents = {COLLEGE: replace(DOCUMENTS[COLLEGE], id=STRANGER)}
    assert _one(signed(badge()), documents) == ("no", f"The key is not in the DID document of {COLLEGE}.")


def test_a_key_that_is_gone_from_the_document_is_refused() -> None:
    documents = {COLLEGE: document_of(COLLEGE, key=key_of(COLLEGE, "key-2"))}
    assert _one(signed(badge()), documents) == ("no", f"The key is not in the DID document of {COLLEGE}.")


@pytest.mark.parametrize("relationship", ["authentication", "keyAgreement", "capabilityInvocation"])
def test_a_key_for_something_else_may_not_issue(relationship: str) -> None:
    documents = {COLLEGE: document_of(COLLEGE, relationship)}
    assert _one(signed(badge()), documents) == ("no", "The key is not authorised for assertionMethod.")


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_a_proof_for_another_purpose_does_not_issue(suite: str) -> None:
    document = signed(badge(), purpose="authentication", suite=suite)
    assert _one(document) == ("no", "The proof was made for another purpose than assertionMethod.")


def test_a_document_that_is_not_available_leaves_the_answer_open() -> None:
    assert _one(signed(badge()), {}) == (
        "could_not_tell",
        f"The DID document of {COLLEGE} is not available here.",
    )


def test_no_proof_is_an_answer() -> None:
    assert _one(badge()) == ("no", "The document carries no proof.")
    assert _one({**badge(), "proof": []}) == ("no", "The document carries no proof.")


@pytest.mark.parametrize(
    ("proof", "outcome"),
    [
        ("z123", "no"),
        ({}, "could_not_tell"),
        ({"type": "RsaSignature2018"}, "could_not_tell"),
        ({"type": "DataIntegrityProof", "cryptosuite": "rot13-2026"}, "could_not_tell"),
        ({"type": "DataIntegrityProof", "cryptosuite": ["eddsa-rdfc-2022"]}, "could_not_tell"),
        ({"type": "DataIntegrityProof", "cryptosuite": RDFC}, "no"),
        ({"type": "DataIntegrityProof", "cryptosuite": RDFC, "proofPurpose": ["assertionMethod"]}, "no"),
    ],
)
def test_strange_proofs_have_a_result_and_no_exception(proof: Any, outcome: str) -> None:
    assert _one({**badge(), "proof": proof})[0] == outcome


def test_too_many_proofs_are_not_looked_at() -> None:
    one = signed(badge())["proof"]
    assert _one({**badge(), "proof": [one] * 9}) == ("no", "The document carries more than 8 proofs.")


@pytest.mark.parametrize("method", [None, "", "#key-1", "https://college.example/key", COLLEGE, {"id": "x"}])
def test_a_key_must_be_named_by_a_did_url(method: Any) -> None:
    document = copy.deepcopy(signed(badge()))
    document["proof"]["verificationMethod"] = method
    assert _one(document) == ("no", "The proof does not name its key by a DID URL.")


# dates of the proof and of its key

ROTATED = SIGNED + timedelta(days=30)


def test_a_key_that_was_rotated_out_still_proves_what_it_signed_before() -> None:
    assert _one(signed(badge()), {COLLEGE: document_of(COLLEGE, expires=ROTATED)})[0] == "yes"


def test_a_key_that_was_rotated_out_proves_nothing_dated_later() -> None:
    document = signed(badge(), created=ROTATED + timedelta(seconds=1))
    assert _one(document, {COLLEGE: document_of(COLLEGE, expires=ROTATED)}) == (
        "no",
        "The key was rotated out at 2026-07-01T09:00:00Z, before the proof's date.",
    )


def test_a_revoked_key_proves_nothing_dated_later() -> None:
    document = signed(badge(), created=ROTATED)
    assert _one(document, {COLLEGE: document_of(COLLEGE, revoked=ROTATED)}) == (
        "no",
        "The key was revoked at 2026-07-01T09:00:00Z, before the proof's date.",
    )


def test_a_revoked_key_may_have_been_stolen_so_an_earlier_date_is_not_taken_at_its_word() -> None:
    outcome, reason = _one(signed(badge()), {COLLEGE: document_of(COLLEGE, revoked=ROTATED)})
    assert outcome == "could_not_tell"
    assert reason.startswith("The key was revoked at 2026-07-01T09:00:00Z")


def test_a_leaked_key_proves_what_others_saw_before_it_leaked() -> None:
    document, documents = signed(badge()), {COLLEGE: document_of(COLLEGE, revoked=ROTATED)}
    (held,) = _check(document)
    before, after = {held.digest: ROTATED - timedelta(seconds=1)}, {held.digest: ROTATED}
    answers = [_one(document, documents, attested=given)[0] for given in (before, after, {"another": SIGNED}, {})]
    assert answers == ["yes", "could_not_tell", "could_not_tell", "could_not_tell"]
    (seen,) = _check(document, documents, attested=before)
    assert (seen.attested_at, seen.key_until) == (ROTATED - timedelta(seconds=1), ROTATED)


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_what_a_log_commits_to_is_of_what_was_signed_and_the_signature(suite: str) -> None:
    first, again, other = (
        _check(signed(badge(), suite=suite, created=created))[0].digest
        for created in (SIGNED, SIGNED, SIGNED + timedelta(seconds=1))
    )
    assert first == again == signed_digest(signed(badge(), suite=suite), key_of(COLLEGE).public)
    assert first != other
    with pytest.raises(ValueError, match="no single proof"):
        signed_digest(signed(badge(), suite=suite), key_of(STRANGER).public)


def test_a_proof_without_a_date_is_judged_as_one_made_now() -> None:
    document = copy.deepcopy(signed(badge()))
    del document["proof"]["created"]
    assert _one(document, {COLLEGE: document_of(COLLEGE, expires=ROTATED)})[1].startswith("The key was rotated out")


def test_a_proof_from_the_future_is_refused_beyond_five_minutes() -> None:
    assert _one(signed(badge(), created=NOW + timedelta(minutes=5)))[0] == "yes"
    assert _one(signed(badge(), created=NOW + timedelta(minutes=6))) == ("no", "The proof is dated in the future.")


def test_a_proof_past_its_expiry_is_refused() -> None:
    assert _one(signed(badge(), expires=NOW + timedelta(seconds=1)))[0] == "yes"
    assert _one(signed(badge(), expires=NOW)) == ("no", "The proof expired at 2026-11-24T12:00:00Z.")


@pytest.mark.parametrize("created", ["yesterday", 5, "2026-02-30T00:00:00Z", "2026-01-01"])
def test_a_date_that_is_none_is_refused(created: Any) -> None:
    document = copy.deepcopy(signed(badge()))
    document["proof"]["created"] = created
    assert _one(document)[0] == "no"


def test_a_proofs_date_without_offset_is_read_as_utc() -> None:
    document = copy.deepcopy(signed(badge(), suite=JCS))
    document["proof"]["created"] = "2026-06-01T09:00:00"
    [result] = _check(document)
    assert result.created == datetime(2026, 6, 1, 9, tzinfo=UTC)


# presentations: challenge and domain


@pytest.mark.parametrize("suite", [RDFC, JCS])
def test_a_presentation_that_answers_this_challenge_for_this_domain_holds(suite: str) -> None:
    document = _presentation(challenge="n-1", domain="employer.example", suite=suite)
    assert _check_presentation(document, challenge="n-1", domain="employer.example")[0] == "yes"


def test_a_replayed_presentation_answers_another_challenge() -> None:
    document = _presentation(challenge="n-1", domain="employer.example")
    assert _check_presentation(document, challenge="n-2", domain="employer.example") == (
        "no",
        "The proof answers another challenge than the one that was set.",
    )


def test_a_presentation_without_the_challenge_that_was_set_does_not_hold() -> None:
    assert _check_presentation(_presentation(), challenge="n-2")[0] == "no"


def test_a_challenge_put_in_afterwards_breaks_the_signature() -> None:
    document = copy.deepcopy(_presentation(challenge="n-1"))
    document["proof"]["challenge"] = "n-2"
    assert _check_presentation(document, challenge="n-2")[1].startswith("The signature does not fit")


@pytest.mark.parametrize("domain", [None, "other.example", ["employer.example", "other.example"]])
def test_a_presentation_for_another_domain_does_not_hold(domain: Any) -> None:
    document = _presentation(challenge="n-1", domain=domain)
    assert _check_presentation(document, challenge="n-1", domain="employer.example") == (
        "no",
        "The proof was made for another domain.",
    )


def test_domains_are_compared_as_sets() -> None:
    document = _presentation(domain=["b.example", "a.example"])
    assert _check_presentation(document, domain=["a.example", "b.example"])[0] == "yes"


def test_a_presentation_signed_by_another_than_its_holder_does_not_hold() -> None:
    document = _presentation(signer=key_of(STRANGER))
    assert _check_presentation(document) == ("no", f"The key belongs to {STRANGER}, but {LEARNER} had to sign.")


def test_a_credential_exchanged_inside_a_presentation_breaks_its_signature() -> None:
    document = copy.deepcopy(_presentation())
    document["verifiableCredential"][0]["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    assert _check_presentation(document)[1].startswith("The signature does not fit")


# sets and chains


def test_a_further_proof_keeps_those_before_it_and_each_is_checked() -> None:
    document = signed(signed(badge()), by=STRANGER, suite=JCS)
    results = _check(document, expected_controller=None)
    assert [(result.suite, result.outcome) for result in results] == [(RDFC, Outcome.YES), (JCS, Outcome.YES)]
    assert [result.outcome for result in _check(document)] == [Outcome.YES, Outcome.NO]


def test_a_proof_that_builds_on_one_that_does_not_hold_does_not_hold() -> None:
    document = signed(badge(), by=STRANGER, proof_id="urn:uuid:1")
    chained = signed(document, previous_proof="urn:uuid:1")
    first, second = _check(chained)
    assert (first.outcome, second.outcome) == (Outcome.NO, Outcome.NO)
    assert second.reason.startswith("It builds on another proof: The key belongs to")


def test_signing_on_top_of_a_proof_that_is_not_there_is_refused() -> None:
    with pytest.raises(MalformedCredential, match="previous proof"):
        signed(badge(), previous_proof="urn:uuid:1")


def test_signing_refuses_what_verifying_would() -> None:
    with pytest.raises(MalformedCredential, match="an undefined term"):
        signed(badge(extra="x"))
    with pytest.raises(UnsupportedMessage, match="an unknown proof suite"):
        signed(badge(), suite="rot13-2026")
    with pytest.raises(UnsupportedMessage, match="a key of another curve"):
        signed(badge(), signer=key_of(COLLEGE, "key-1", "P-256"))


def test_a_key_of_another_curve_cannot_have_made_the_proof() -> None:
    documents = {COLLEGE: document_of(COLLEGE, key=key_of(COLLEGE, "key-1", "P-256"))}
    assert _one(signed(badge()), documents) == ("no", "The key is of curve P-256, which eddsa-rdfc-2022 does not use.")


def test_the_document_given_is_not_changed_by_signing() -> None:
    document = badge()
    before = copy.deepcopy(document)
    add_proof(document, suite=RDFC, signer=key_of(COLLEGE), purpose="assertionMethod", created=SIGNED)
    assert document == before


def test_contexts_appended_after_a_jcs_signature_do_not_break_it_and_exchanged_ones_do() -> None:
    document = signed(badge(), suite=JCS)
    more = {**document, "@context": [*document["@context"], "https://w3id.org/security/data-integrity/v2"]}
    other = {**document, "@context": document["@context"][:1]}
    assert (_one(more)[0], _one(other)[0]) == ("yes", "no")
