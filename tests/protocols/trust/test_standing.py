"""Standing as of a day, in each role."""

from datetime import timedelta
from typing import Any

import pytest

from protocols.trust.membership import EventName, MembershipEvent
from protocols.trust.standing import standing
from tests.support.federation import DAY, NOW, events, membership

START = NOW - 100 * DAY
APPROVED = START + 10 * DAY
CHANGED = START + 20 * DAY
BACK = START + 30 * DAY


def asked(*names: EventName, **changes: Any) -> tuple[str, str]:
    member = changes.pop("member", membership(*names) if names else membership())
    decision = standing(member, **{"role": "issuer", "at": NOW, "now": NOW, **changes})
    assert decision.reason.endswith(".")
    return decision.outcome, decision.cause


def test_a_member_in_good_standing_is_a_yes_with_its_date() -> None:
    decision = standing(membership(), role="issuer", at=NOW, now=NOW, credential_type="OpenBadgeCredential")
    assert (decision.outcome, decision.cause, decision.since) == ("yes", "member_in_good_standing", APPROVED)
    assert decision.reason == "A member in good standing since 2026-08-26, registered as issuer."


def test_nobody_and_not_yet_synced_are_different_answers() -> None:
    assert asked(member=None) == ("no", "not_a_member")
    assert asked(member=None, is_synced=False) == ("could_not_tell", "not_yet_synced")


@pytest.mark.parametrize(
    ("names", "at", "answer"),
    [
        (("applied", "approved"), START - DAY, ("no", "not_a_member_then")),
        (("applied", "approved"), START, ("no", "not_approved_then")),
        (("applied", "approved"), APPROVED - timedelta(seconds=1), ("no", "not_approved_then")),
        (("applied", "approved"), APPROVED, ("yes", "member_in_good_standing")),
        (("applied",), NOW, ("no", "not_approved_then")),
        (("applied", "approved", "suspended"), CHANGED, ("no", "suspended_then")),
        (("applied", "approved", "suspended", "reinstated"), CHANGED + DAY, ("no", "suspended_then")),
        (("applied", "approved", "suspended", "reinstated"), BACK, ("yes", "member_in_good_standing")),
        (("applied", "approved", "left"), NOW, ("no", "left_then")),
        (("applied", "approved", "removed"), NOW, ("no", "removed_then")),
        (("applied", "approved", "closed"), NOW, ("no", "closed_then")),
        (("applied", "approved", "merged"), NOW, ("no", "merged_then")),
    ],
)
def test_the_answer_is_the_state_of_the_day(names: tuple[EventName, ...], at: Any, answer: tuple[str, str]) -> None:
    assert asked(*names, at=at) == answer


@pytest.mark.parametrize("event", ["suspended", "left", "removed", "closed", "merged"])
def test_a_signers_own_date_before_it_lost_its_standing_is_not_enough(event: EventName) -> None:
    assert asked("applied", "approved", event, at=CHANGED - DAY) == ("could_not_tell", "signing_date_unattested")
    unattested = ("could_not_tell", "signing_date_unattested")
    seen = {CHANGED - timedelta(seconds=1): ("yes", "member_in_good_standing"), CHANGED: unattested, BACK: unattested}
    assert {at: asked("applied", "approved", event, at=CHANGED - DAY, attested_at=at) for at in seen} == seen


def test_a_key_that_went_out_of_use_needs_a_date_that_others_saw_before() -> None:
    unattested, member = ("could_not_tell", "signing_date_unattested"), ("yes", "member_in_good_standing")
    signed = {"at": NOW - 30 * DAY, "key_until": NOW - 10 * DAY}
    assert asked(**signed) == unattested
    assert asked(**signed, attested_at=NOW - 10 * DAY) == unattested
    assert asked(**signed, attested_at=NOW - 11 * DAY) == member
    assert asked(at=NOW - 30 * DAY, key_until=NOW + DAY) == member
    assert asked(at=NOW - 30 * DAY, key_until=NOW - 10 * DAY, role="verifier") == member


def test_an_event_that_is_dated_ahead_changes_nothing_yet() -> None:
    leaving = MembershipEvent(event="left", at=NOW + DAY)
    member = membership(events=(*events("applied", "approved"), leaving))
    assert asked(member=member, at=CHANGED) == ("yes", "member_in_good_standing")


def test_a_date_that_has_not_come_is_not_answered() -> None:
    assert asked(at=NOW + DAY) == ("could_not_tell", "date_in_the_future")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"role": "issuer", "credential_type": "ClrCredential"}, ("no", "not_registered_for_type")),
        ({"role": "issuer", "member": membership(issuer=None)}, ("no", "not_registered_as_issuer")),
        ({"role": "verifier"}, ("yes", "member_in_good_standing")),
        ({"role": "verifier", "member": membership(verifier=None)}, ("no", "not_registered_as_verifier")),
        ({"role": "verifier", "claim": "OpenBadgeCredential#/name"}, ("yes", "member_in_good_standing")),
        ({"role": "verifier", "claim": "ClrCredential"}, ("no", "not_registered_for_claim")),
        (
            {"role": None, "member": membership(issuer=None, verifier=None, relay=False)},
            ("yes", "member_in_good_standing"),
        ),
        ({"role": "relay"}, ("yes", "member_in_good_standing")),
        ({"role": "relay", "member": membership(relay=False)}, ("no", "not_registered_as_relay")),
    ],
)
def test_a_member_has_only_the_roles_it_is_registered_for(changes: Any, answer: tuple[str, str]) -> None:
    assert asked(**changes) == answer


def test_a_stale_membership_can_still_prove_a_no_of_the_past_but_no_yes() -> None:
    stale = NOW - DAY
    suspended = ("applied", "approved", "suspended")
    assert asked(at=CHANGED, statement_fresh_until=stale) == ("could_not_tell", "membership_stale")
    assert asked(*suspended, at=CHANGED, statement_fresh_until=stale) == ("no", "suspended_then")
    assert asked(*suspended, at=NOW, statement_fresh_until=stale) == ("could_not_tell", "membership_stale")
    assert asked(at=NOW, statement_fresh_until=NOW) == ("could_not_tell", "membership_stale")
    assert asked(at=NOW, statement_fresh_until=NOW + DAY) == ("yes", "member_in_good_standing")


def test_a_no_says_when_it_began_and_why() -> None:
    suspended = MembershipEvent(event="suspended", at=CHANGED, reason="audit overdue")
    member = membership(events=(*events("applied", "approved"), suspended))
    decision = standing(member, role="relay", at=NOW, now=NOW)
    assert decision.since == CHANGED
    assert decision.reason == "On 2026-11-24 it was suspended (suspended on 2026-09-05: audit overdue)."
