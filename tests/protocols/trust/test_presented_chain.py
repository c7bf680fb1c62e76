"""What a wallet without network learns from the chain that an asker brings along."""

import pytest

from protocols.trust.entity import did_of
from protocols.trust.presented_chain import PresentedStanding, standing_from_chain, trust_chain_of
from protocols.trust.refusal import StatementRefused
from protocols.trust.standing import TrustDecision
from tests.support.federation import (
    ANCHOR,
    ANCHORS,
    DAY,
    MEMBER,
    MEMBER_DID,
    NOW,
    OTHER,
    STRANGER_KEY,
    anchor_configuration,
    chain,
    member_configuration,
    membership,
    subordinate,
)


def test_a_registered_verifier_is_shown_under_the_name_that_the_anchor_approved() -> None:
    assert standing_from_chain(chain(), MEMBER_DID, ANCHORS, "verifier", NOW) == PresentedStanding(
        decision=TrustDecision(
            outcome="yes",
            reason="A member in good standing since 2026-08-26, registered as verifier.",
            cause="member_in_good_standing",
            since=NOW - 90 * DAY,
        ),
        name="Example College",
        entity_id=MEMBER,
        anchor=ANCHOR,
        membership=membership(),
    )


def cause(statements: list[str], did: str = MEMBER_DID) -> tuple[str, str, str | None]:
    result = standing_from_chain(statements, did, ANCHORS, "verifier", NOW)
    return result.decision.outcome, result.decision.cause, result.name


def test_a_suspended_asker_is_named_and_refused() -> None:
    suspended = subordinate(membership=membership("applied", "approved", "suspended"))
    assert cause([chain()[0], suspended, chain()[2]]) == ("no", "suspended_then", "Example College")


def test_a_member_that_is_no_verifier_is_refused() -> None:
    assert cause([chain()[0], subordinate(membership=membership(verifier=None)), chain()[2]]) == (
        "no",
        "not_registered_as_verifier",
        "Example College",
    )


def test_somebody_elses_chain_proves_nothing() -> None:
    assert cause(chain(), did_of(OTHER)) == ("no", "chain_of_another", None)


def test_an_asker_without_chain_or_membership_is_no_member() -> None:
    assert cause([]) == ("no", "no_chain", None)
    assert cause([anchor_configuration()]) == ("no", "not_a_member", None)
    assert cause([chain()[0], subordinate(membership=None), chain()[2]]) == ("no", "not_a_member", None)


def test_a_chain_out_of_date_is_could_not_tell() -> None:
    old = subordinate(iat=NOW - 2 * DAY, exp=NOW - DAY)
    assert cause([chain()[0], old, chain()[2]]) == ("could_not_tell", "chain_expired", None)


def test_a_forged_chain_is_not_made_better_by_an_old_date() -> None:
    """An expiry that anyone can write must not turn a no into a could not tell."""
    forged = subordinate(iat=NOW - 2 * DAY, exp=NOW - DAY, signer=STRANGER_KEY)
    assert cause([chain()[0], forged, chain()[2]]) == ("no", "chain_expired", None)


def test_a_forged_chain_is_a_no_with_its_rule() -> None:
    forged = [member_configuration(), subordinate(signer=STRANGER_KEY), anchor_configuration(signer=STRANGER_KEY)]
    assert cause(forged) == ("no", "chain_anchor_key", None)
    assert cause(["x"]) == ("no", "chain_not_a_jws", None)


def test_a_header_carries_the_chain_as_an_array_of_tokens() -> None:
    assert trust_chain_of({"alg": "EdDSA"}) == ()
    assert trust_chain_of({"trust_chain": ["a", "b", "c"]}) == ("a", "b", "c")


@pytest.mark.parametrize("value", ["a", [], [1], [""], ["a"] * 7, None, {}])
def test_any_other_trust_chain_header_is_refused(value: object) -> None:
    with pytest.raises(StatementRefused) as refusal:
        trust_chain_of({"trust_chain": value})
    assert refusal.value.rule == "trust_chain"
