"""Trust chains: the good one, each broken rule by name, and the attacks that the rules are there for."""

from typing import Any

import pytest

from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey
from protocols.trust.chain import MAX_CHAIN_LENGTH, validate_chain
from protocols.trust.entity import did_of
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import member_metadata, sign_configuration, sign_subordinate
from tests.support.federation import (
    ANCHOR,
    ANCHOR_KEY,
    ANCHORS,
    DAY,
    MEMBER,
    MEMBER_DID,
    MEMBER_KEY,
    NOW,
    OTHER,
    STRANGER_KEY,
    anchor_configuration,
    chain,
    key,
    member_configuration,
    membership,
    signed,
    subordinate,
    subordinate_claims,
)


def rule_of(statements: list[str], **changes: Any) -> str:
    with pytest.raises(StatementRefused) as refusal:
        validate_chain(statements, **{"anchors": ANCHORS, "now": NOW, **changes})
    return refusal.value.rule


def longer(*names: str, **changes: Any) -> list[str]:
    """A chain from the member over the named intermediates to the anchor."""
    above = [f"https://{name}.example" for name in names]
    tokens = [member_configuration(authority_hints=above[:1])]
    path = [MEMBER, *above, ANCHOR]
    keys = [MEMBER_KEY, *(key(name) for name in names), ANCHOR_KEY]
    for position in range(len(path) - 1):
        tokens.append(
            sign_subordinate(
                issuer=path[position + 1],
                subject=path[position],
                signer=keys[position + 1],
                jwks={keys[position].kid: keys[position].public},
                metadata=member_metadata("Example College", MEMBER_DID) if position == 0 else {},
                membership=membership() if position == 0 else None,
                iat=NOW - DAY,
                exp=NOW + DAY,
                extra=changes if position == len(path) - 2 else None,
            )
        )
    return [*tokens, anchor_configuration()]


def test_a_direct_members_chain_holds() -> None:
    result = validate_chain(chain(), anchors=ANCHORS, now=NOW)
    assert (result.subject, result.anchor) == (MEMBER, ANCHOR)
    assert result.exp == NOW + 2 * DAY, "the earliest of the three"
    assert result.metadata == {
        "federation_entity": {"organization_name": "Example College"},
        "ler_node": {"did": MEMBER_DID},
    }
    assert result.about_subject is not None
    assert result.about_subject.membership == membership()


def test_the_anchors_own_chain_is_its_configuration() -> None:
    result = validate_chain([anchor_configuration()], anchors=ANCHORS, now=NOW)
    assert (result.subject, result.anchor, result.about_subject) == (ANCHOR, ANCHOR, None)


def test_a_chain_over_intermediates_holds() -> None:
    result = validate_chain(longer("state", "region"), anchors=ANCHORS, now=NOW)
    assert (result.subject, len(result.statements)) == (MEMBER, 5)


def test_a_chain_too_long_is_refused() -> None:
    assert len(longer("a", "b", "c")) == MAX_CHAIN_LENGTH
    validate_chain(longer("a", "b", "c"), anchors=ANCHORS, now=NOW)
    assert rule_of(longer("a", "b", "c", "d")) == "chain_length"
    assert rule_of([]) == "chain_length"
    assert rule_of([anchor_configuration(), anchor_configuration()]) == "chain_length"


def test_a_chain_too_large_is_refused_before_it_is_read() -> None:
    assert rule_of(["a" * 100_000, "b" * 100_000, "c"]) == "chain_size"


def test_a_chain_that_goes_round_is_refused() -> None:
    assert rule_of(longer("state", "state")) == "not_a_subordinate_statement"
    assert rule_of(longer("state", "region", "state")) == "loop"


def test_a_chain_without_its_ends_is_refused() -> None:
    assert rule_of([subordinate(), anchor_configuration()]) == "not_a_configuration"
    assert rule_of([member_configuration(), subordinate()]) == "not_a_configuration"


def test_a_configuration_inside_a_chain_is_refused() -> None:
    doubled = [member_configuration(), member_configuration(), subordinate(), anchor_configuration()]
    assert rule_of(doubled) == "not_a_subordinate_statement"


def test_a_statement_about_someone_else_does_not_link() -> None:
    other = subordinate(
        subject=OTHER, membership=membership(did=did_of(OTHER)), metadata=member_metadata("Other", did_of(OTHER))
    )
    assert rule_of([member_configuration(), other, anchor_configuration()]) == "iss_sub_mismatch"


def test_iss_and_sub_swapped_do_not_link() -> None:
    swapped = signed(subordinate_claims(iss=MEMBER, sub=ANCHOR, ler_membership=None), signer=ANCHOR_KEY)
    assert rule_of([member_configuration(), swapped, anchor_configuration()]) == "iss_sub_mismatch"


def test_a_member_that_does_not_name_its_superior_is_refused() -> None:
    unnamed = [member_configuration(authority_hints=[OTHER]), subordinate(), anchor_configuration()]
    assert rule_of(unnamed) == "authority_hints_mismatch"
    assert rule_of([member_configuration(authority_hints=[]), *chain()[1:]]) == "authority_hints_mismatch"


def test_a_subordinate_statement_by_another_key_is_refused() -> None:
    assert rule_of([chain()[0], subordinate(signer=STRANGER_KEY), chain()[2]]) == "kid_unknown"
    forger = key("stranger", kid=ANCHOR_KEY.kid)
    assert rule_of([chain()[0], subordinate(signer=forger), chain()[2]]) == "signature"


def test_a_member_configuration_by_a_key_that_the_anchor_does_not_vouch_for_is_refused() -> None:
    assert rule_of([member_configuration(signer=STRANGER_KEY), *chain()[1:]]) == "kid_unknown"
    both = {MEMBER_KEY.kid: MEMBER_KEY.public, STRANGER_KEY.kid: STRANGER_KEY.public}
    added = member_configuration(signer=STRANGER_KEY, jwks=both)
    assert rule_of([added, *chain()[1:]]) == "kid_unknown"


def test_a_member_configuration_that_its_own_keys_did_not_sign_is_refused() -> None:
    """The anchor still vouches for the key that was taken out of the configuration."""
    retired = key("retired")
    vouched = subordinate(jwks={MEMBER_KEY.kid: MEMBER_KEY.public, retired.kid: retired.public})
    token = signed(subordinate_claims(iss=MEMBER, ler_membership=None, authority_hints=[ANCHOR]), signer=retired)
    assert rule_of([token, vouched, anchor_configuration()]) == "kid_unknown"


def test_anchor_keys_that_came_with_the_chain_are_not_believed() -> None:
    """The whole chain is consistent, signed by a stranger who calls itself the anchor."""
    fake = [
        member_configuration(),
        subordinate(signer=STRANGER_KEY),
        anchor_configuration(signer=STRANGER_KEY),
    ]
    assert rule_of(fake) == "anchor_key"
    assert rule_of(fake, anchors={ANCHOR: {STRANGER_KEY.kid: ANCHOR_KEY.public}}) == "anchor_key"
    assert rule_of(fake, anchors={OTHER: ANCHORS[ANCHOR]}) == "unknown_anchor"
    assert rule_of(fake, anchors={}) == "unknown_anchor"


def test_an_anchor_may_bring_in_a_new_key_under_its_known_one() -> None:
    following = key("anchor 2027")
    both = {ANCHOR_KEY.kid: ANCHOR_KEY.public, following.kid: following.public}
    statements = [member_configuration(), subordinate(signer=following), anchor_configuration(jwks=both)]
    assert validate_chain(statements, anchors=ANCHORS, now=NOW).subject == MEMBER


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_expired_statement_expires_the_chain(position: int) -> None:
    makers = (member_configuration, subordinate, anchor_configuration)
    statements = chain()
    statements[position] = makers[position](iat=NOW - 3 * DAY, exp=NOW - DAY)
    assert rule_of(statements) == "expired"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_statement_of_the_future_is_refused(position: int) -> None:
    makers = (member_configuration, subordinate, anchor_configuration)
    statements = chain()
    statements[position] = makers[position](iat=NOW + DAY, exp=NOW + 2 * DAY)
    assert rule_of(statements) == "issued_in_the_future"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_changed_character_of_a_signature_is_refused(position: int) -> None:
    statements = chain()
    head, _, signature = statements[position].rpartition(".")
    statements[position] = f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    assert rule_of(statements) in {"signature", "anchor_key"}


def test_a_did_other_than_the_one_admitted_is_refused() -> None:
    claimed = member_configuration(metadata={"ler_node": {"did": did_of(OTHER)}})
    assert rule_of([claimed, *chain()[1:]]) == "did_mismatch"
    assert rule_of([member_configuration(metadata={}), *chain()[1:]]) == "did_mismatch"
    stated = subordinate(metadata=member_metadata("Example College", did_of(OTHER)))
    assert rule_of([chain()[0], stated, chain()[2]]) == "did_mismatch"


@pytest.mark.parametrize(
    ("operators", "rule"),
    [
        ({"one_of": [did_of(OTHER)]}, "metadata"),
        ({"value": did_of(OTHER)}, "did_mismatch"),
        ({"value": None}, "did_mismatch"),
        ({"one_of": [], "value": "x"}, "metadata_policy"),
        ({"one_of": "x"}, "metadata_policy"),
        ({"essential": 1}, "metadata_policy"),
    ],
)
def test_metadata_that_a_superiors_policy_does_not_allow_breaks_the_chain(operators: JsonObject, rule: str) -> None:
    policy = {"ler_node": {"did": operators}}
    statements = [chain()[0], subordinate(extra={"metadata_policy": policy}), chain()[2]]
    assert rule_of(statements) == rule


def test_policies_of_all_superiors_are_merged_from_the_anchor_downwards() -> None:
    state, region = key("state"), key("region")
    own = {"ler_node": {"did": MEMBER_DID}, "federation_entity": {"contacts": ["desk@college.example"]}}

    def stated(issuer: str, signer: PrivateKey, subject: str, below: PrivateKey, contacts: JsonObject) -> str:
        return subordinate(
            issuer=issuer,
            signer=signer,
            subject=subject,
            jwks={below.kid: below.public},
            metadata={},
            membership=None,
            extra={"metadata_policy": {"federation_entity": {"contacts": contacts}}},
        )

    def resolved(by_region: JsonObject) -> list[str]:
        statements = [
            member_configuration(metadata=own, authority_hints=["https://region.example"]),
            stated("https://region.example", region, MEMBER, MEMBER_KEY, by_region),
            stated("https://state.example", state, "https://region.example", region, {"add": ["help@state.example"]}),
            stated(ANCHOR, ANCHOR_KEY, "https://state.example", state, {"superset_of": ["help@state.example"]}),
            anchor_configuration(),
        ]
        chain = validate_chain(statements, anchors=ANCHORS, now=NOW)
        return chain.metadata["federation_entity"]["contacts"]

    everybody = ["desk@college.example", "help@state.example", "desk@region.example"]
    assert sorted(resolved({"add": ["desk@region.example"]})) == sorted(everybody)
    with pytest.raises(StatementRefused) as refusal:
        resolved({"subset_of": ["desk@college.example"]})
    assert refusal.value.rule == "metadata_policy"


@pytest.mark.parametrize(
    ("constraints", "rule"),
    [
        ({"max_path_length": 2}, None),
        ({"max_path_length": 1}, "max_path_length"),
        ({"max_path_length": 0}, "max_path_length"),
        ({"naming_constraints": {"permitted": [".example"]}}, None),
        ({"naming_constraints": {"permitted": ["college.example"]}}, "naming_constraints"),
        ({"naming_constraints": {"permitted": []}}, "naming_constraints"),
        ({"naming_constraints": {"permitted": [".example"], "excluded": ["college.example"]}}, "naming_constraints"),
        ({"naming_constraints": {"excluded": [".college.example"]}}, None),
        ({"naming_constraints": {"excluded": ["region.example"]}}, "naming_constraints"),
    ],
)
def test_the_constraints_of_every_superior_bind_all_under_it(constraints: JsonObject, rule: str | None) -> None:
    statements = longer("state", "region", constraints=constraints)
    if rule is None:
        assert validate_chain(statements, anchors=ANCHORS, now=NOW).subject == MEMBER
    else:
        assert rule_of(statements) == rule


def test_metadata_of_types_that_a_superior_does_not_allow_is_dropped() -> None:
    limited = subordinate(extra={"constraints": {"allowed_entity_types": []}})
    result = validate_chain([chain()[0], limited, chain()[2]], anchors=ANCHORS, now=NOW)
    assert result.metadata == {"federation_entity": {"organization_name": "Example College"}}


def test_a_superiors_metadata_is_only_for_types_that_the_subject_has() -> None:
    bare = member_configuration(metadata={"ler_node": {"did": MEMBER_DID, "role": "x"}})
    result = validate_chain([bare, *chain()[1:]], anchors=ANCHORS, now=NOW)
    assert result.metadata == {"ler_node": {"did": MEMBER_DID, "role": "x"}}


def test_an_entity_without_membership_claim_still_has_a_chain() -> None:
    plain = sign_configuration(
        entity_id=MEMBER,
        signer=MEMBER_KEY,
        jwks={MEMBER_KEY.kid: MEMBER_KEY.public},
        metadata={},
        iat=NOW - DAY,
        exp=NOW + DAY,
        authority_hints=[ANCHOR],
    )
    result = validate_chain([plain, subordinate(membership=None), chain()[2]], anchors=ANCHORS, now=NOW)
    assert result.about_subject is not None
    assert result.about_subject.membership is None
