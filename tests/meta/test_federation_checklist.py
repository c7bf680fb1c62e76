"""Every box of the federation checklist has a test, and which one it is stands here.

A box is a line of the checklist, found by how it begins; a passage in prose is one under the words that it is known by.
What a test is named by is looked up in its file, so a test that was renamed or dropped leaves its box open here.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
STATEMENT, CHAIN, MARKS = (f"protocols/trust/test_{name}" for name in ("statement", "chain", "marks"))
FEDERATION, NODE_MARKS = "node/services/test_federation", "node/services/test_trust_marks"
WITNESSING = "node/services/test_witnessing"
HTTP, HTTP_MARKS = "node/http/test_federation", "node/http/test_trust_marks"
DOORS = "node/http/test_strangers_at_trust_doors"
WITNESSED, STANDING = "protocols/trust/issuance_log/test_attested", "protocols/trust/test_standing"

BOXES: dict[str, tuple[str, ...]] = {
    # 1 statements
    "typ=entity-statement+jwt": (f"{STATEMENT}::test_a_header_that_breaks_a_rule_is_refused_by_name",),
    "iss, sub, iat, exp, jwks required": (
        f"{STATEMENT}::test_a_configuration_that_breaks_a_rule_is_refused_by_name",
        "node/http/test_wellknown::test_federation_keys_stand_in_no_did_document",
    ),
    "entity id = https URL": ("protocols/trust/test_entity::test_any_other_spelling_of_an_entity_id_is_refused",),
    "Entity Configuration (iss==sub)": (
        f"{STATEMENT}::test_trust_marks_and_their_issuers_have_a_place_in_a_configuration",
        f"{STATEMENT}::test_a_subordinate_statement_that_breaks_a_rule_is_refused_by_name",
    ),
    "Subordinate Statement": (
        f"{STATEMENT}::test_a_configuration_that_breaks_a_rule_is_refused_by_name",
        f"{CHAIN}::test_a_member_that_does_not_name_its_superior_is_refused",
    ),
    "crit names must be": (
        f"{STATEMENT}::test_a_configuration_that_breaks_a_rule_is_refused_by_name",
        "node/services/test_trust_faces::test_another_spelling_is_another_entity",
    ),
    # 2 endpoints
    "GET {entity}/.well-known/openid-federation": (f"{HTTP}::test_the_endpoints_speak_the_specifications_forms",),
    "fetch?sub=": (
        f"{HTTP}::test_the_endpoints_speak_the_specifications_forms",
        f"{HTTP}::test_refusals_have_the_specifications_form",
        f"{HTTP}::test_a_leaf_publishes_no_list_and_nothing_before_it_synced",
    ),
    "list -> JSON array": (
        f"{HTTP}::test_the_endpoints_speak_the_specifications_forms",
        f"{HTTP_MARKS}::test_an_accreditation_goes_round_the_network_by_itself",
    ),
    "resolve?sub&trust_anchor": (
        f"{FEDERATION}::test_a_resolve_response_carries_the_chain_and_is_signed_by_us",
        f"{NODE_MARKS}::test_a_resolve_response_has_the_verified_marks_and_lives_no_longer_than_they",
        f"{NODE_MARKS}::test_a_resolve_response_has_no_mark_that_its_issuer_took_back",
    ),
    "trust mark status": (
        f"{HTTP_MARKS}::test_a_mark_is_granted_fetched_listed_and_revoked",
        f"{HTTP_MARKS}::test_the_status_of_anothers_mark_is_not_found",
        f"{NODE_MARKS}::test_the_status_of_a_mark_is_expired_invalid_or_unknown",
    ),
    "historical keys": (
        "node/http/test_trust_documents::test_former_federation_keys_are_signed_by_the_one_in_use",
        "protocols/trust/test_trust_documents::test_former_keys_have_an_end_and_a_leaked_one_says_so",
    ),
    "client auth optional": (
        f"{HTTP}::test_refusals_have_the_specifications_form",
        f"{DOORS}::test_no_address_breaks_a_public_door",
    ),
    # 3 to 5
    "For j=0..i": (
        f"{CHAIN}::test_anchor_keys_that_came_with_the_chain_are_not_believed",
        f"{CHAIN}::test_one_expired_statement_expires_the_chain",
        f"{CHAIN}::test_the_constraints_of_every_superior_bind_all_under_it",
        f"{CHAIN}::test_policies_of_all_superiors_are_merged_from_the_anchor_downwards",
        f"{CHAIN}::test_metadata_of_types_that_a_superior_does_not_allow_is_dropped",
        f"{CHAIN}::test_a_chain_that_goes_round_is_refused",
        f"{FEDERATION}::test_what_a_sync_fetches_is_bounded_by_the_list_and_nobodys_hints_are_followed",
        f"{FEDERATION}::test_one_hung_member_delays_no_other",
        "node/adapters/test_fetch_guard::test_no_spelling_from_any_source_reaches_this_machine",
    ),
    "Trust the issuer first": (
        f"{MARKS}::test_a_good_mark_is_refused_where_a_rule_of_the_network_is_broken",
        f"{MARKS}::test_a_delegation_that_does_not_hold_makes_the_mark_worthless",
        f"{MARKS}::test_a_mark_without_expiry_holds_and_anybody_may_issue_where_nobody_is_listed",
        f"{NODE_MARKS}::test_a_mark_by_a_suspended_issuer_counts_for_nobody",
    ),
    "5 Gap the spec leaves": (
        f"{FEDERATION}::test_a_member_cannot_hide_its_suspension_by_falling_silent",
        f"{HTTP}::test_only_members_in_good_standing_are_shown_to_whoever_does_not_ask_for_more",
    ),
    # the profile
    "1. Entity id is the node's https URL": (
        "protocols/trust/test_entity::test_one_publication_that_does_not_agree_is_refused",
        f"{FEDERATION}::test_a_member_whose_publications_disagree_is_not_relied_on_until_they_agree",
        "node/http/test_wellknown::test_the_origin_and_the_did_say_of_each_other_that_they_belong_together",
    ),
    "2. fetch accepts": (f"{HTTP}::test_the_endpoints_speak_the_specifications_forms",),
    "3. Federation keys are separate": ("node/http/test_wellknown::test_federation_keys_stand_in_no_did_document",),
    "4. Membership is an event log": (
        "node/services/test_membership::test_a_past_member_stays_resolvable_with_its_dates_and_leaves_the_list",
        "protocols/trust/test_membership::test_each_event_in_each_state_moves_or_is_refused",
    ),
    "5. Faces built from the same log": (
        "node/services/test_trust_faces_agree::test_all_faces_agree_for_every_entity_and_date",
        "node/services/test_as_of_matrix::test_reports_and_faces_agree_about_every_signature_role_and_day",
    ),
    "* type https://{anchor}/marks/member-good-standing": (
        f"{NODE_MARKS}::test_a_member_in_good_standing_holds_the_anchors_mark_and_its_peers_believe_it",
        f"{NODE_MARKS}::test_a_suspension_ends_good_standing_at_once_and_its_end_brings_it_back",
    ),
    "owned by ACE": (f"{NODE_MARKS}::test_an_owner_delegates_to_the_issuer_and_without_that_nothing_is_granted",),
    "* institutional accreditation": (
        f"{NODE_MARKS}::test_an_accreditation_reaches_everybody_with_its_scope",
        "protocols/trust/test_accreditation::test_one_of_the_names_of_what_was_issued_is_enough_and_another_is_out_of_scope",
    ),
    "* mirror both ways": (
        "node/services/test_mark_endorsements::test_an_accreditation_becomes_an_endorsement_of_its_holder_that_verifies",
    ),
    "policy vectors 2025-02-13": ("protocols/trust/test_policy::test_every_published_vector_has_its_outcome",),
    # when was it signed
    "**Issuance log.**": (f"{WITNESSING}::test_nothing_tells_how_many_were_issued",),
    "**Witnesses**": (
        f"{WITNESSED}::test_the_anchor_and_one_that_is_apart_are_enough_and_the_later_time_counts",
        f"{WITNESSED}::test_a_head_that_was_not_synced_says_nothing_yet",
    ),
    "The inclusion proof follows": (
        f"{WITNESSING}::test_a_learner_gets_the_date_of_their_credential_once_enough_have_seen_it",
    ),
    "**Witnessed snapshots.**": (
        f"{WITNESSING}::test_a_witness_that_rotated_its_federation_key_is_believed_for_what_it_signed_before",
    ),
    "**The rule.**": (f"{STANDING}::test_a_signers_own_date_before_it_lost_its_standing_is_not_enough",),
    "backdated `created`": ("stories/test_dated_credentials::test_a_badge_that_others_saw_outlives",),
    "backdated list": ("protocols/status/test_lookup::test_there_is_no_way_back_to_an_older_list",),
    "an old key used after rotation": (
        f"{STANDING}::test_a_key_that_went_out_of_use_needs_a_date_that_others_saw_before",
    ),
    "a rewritten log": (f"{WITNESSING}::test_a_rewritten_log_is_not_signed",),
    "a log fork shown to two verifiers": (f"{WITNESSING}::test_a_fork_is_seen_kept_as_evidence",),
    "an inclusion proof for another digest": (f"{WITNESSED}::test_a_proof_that_does_not_lead_to_its_head_is_refused",),
    "an anchor that cosigns alone": (f"{WITNESSED}::test_one_witness_or_the_issuer_itself_is_not_enough",),
    "The custodian never holds the issuer's key": (
        "death/test_death::test_after_an_institutions_end_its_diplomas_hold_and_no_forgery_does",
    ),
}
"""The words of a box → file and the beginning of the test's name."""


@pytest.mark.parametrize(("box", "tests"), BOXES.items())
def test_a_box_has_a_test(box: str, tests: tuple[str, ...]) -> None:
    assert tests, box
    for test in tests:
        file, _, name = test.partition("::")
        source = (TESTS / f"{file}.py").read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}", source, re.MULTILINE), f"{box}: {test}"


def test_every_box_of_the_checklist_is_here_and_every_entry_is_in_it(shared_dir: Path) -> None:
    checklist = (shared_dir / "checklists" / "federation.md").read_text(encoding="utf-8")
    boxes = [line.removeprefix("- [ ] ") for line in checklist.splitlines() if line.startswith("- [ ] ")]
    assert [box[:60] for box in boxes if not any(box.startswith(known) for known in BOXES)] == []
    assert [known for known in BOXES if known not in checklist] == []
