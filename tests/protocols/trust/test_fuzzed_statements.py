"""Whatever a stranger sends, the answer is a ProtocolError or a value: never another exception."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import ProtocolError
from protocols.jose.encoding import b64url_encode, canonical_json
from protocols.trust.chain import validate_chain
from protocols.trust.entity import check_entity_id, did_of, entity_id_of
from protocols.trust.membership import Membership
from protocols.trust.network import JoinApplication, NetworkInvite
from protocols.trust.presented_chain import standing_from_chain
from protocols.trust.refusal import StatementRefused
from protocols.trust.registration import covers
from protocols.trust.statement import parse_statement
from tests.support.federation import (
    ANCHORS,
    MEMBER_DID,
    NOW,
    chain,
    configuration_claims,
    membership,
    signed,
    subordinate_claims,
)

JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["did:web:a.example", "https://a.example", "Ed25519", "OKP", "applied"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8)
            | st.sampled_from(
                [
                    "keys",
                    "kid",
                    "kty",
                    "crv",
                    "x",
                    "events",
                    "event",
                    "at",
                    "did",
                    "max_path_length",
                    "naming_constraints",
                    "permitted",
                    "trust_mark",
                    "trust_mark_type",
                    "sub",
                    "jwks",
                    "issuer",
                    "types",
                    "verifier",
                    "claims",
                    "relay",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
CLAIMS = st.sampled_from(
    sorted(
        {
            *configuration_claims(),
            *subordinate_claims(),
            "crit",
            "constraints",
            "trust_marks",
            "metadata_policy",
            "metadata_policy_crit",
            "source_endpoint",
            "trust_mark_issuers",
            "trust_mark_owners",
            "trust_anchor_hints",
            "trust_anchor",
        }
    )
)


@settings(max_examples=150, deadline=None)
@given(name=CLAIMS, value=JSON, is_configuration=st.booleans())
def test_a_statement_with_any_claim_of_any_shape_is_read_or_refused(
    name: str, value: object, is_configuration: bool
) -> None:
    claims = {**(configuration_claims() if is_configuration else subordinate_claims()), name: value}
    with suppress(StatementRefused):
        parse_statement(signed(claims), NOW)


@settings(max_examples=100, deadline=None)
@given(header=JSON, payload=JSON, signature=st.binary(max_size=70))
def test_any_three_parts_are_refused(header: object, payload: object, signature: bytes) -> None:
    token = (
        f"{b64url_encode(canonical_json(header))}.{b64url_encode(canonical_json(payload))}.{b64url_encode(signature)}"
    )
    for read in (lambda: parse_statement(token, NOW), lambda: JoinApplication.parse(token)):
        try:
            read()
        except ProtocolError:
            continue
        raise AssertionError("nothing of this is a statement")


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (lambda: parse_statement(text, NOW), lambda: NetworkInvite.parse(text, NOW), lambda: did_of(text)):
        with suppress(ProtocolError):
            read()
    with suppress(StatementRefused):
        assert did_of(entity_id_of(text)) == text
    with suppress(StatementRefused):
        assert entity_id_of(did_of(check_entity_id(text))) == text
    covers([text], text)


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 2), at=st.integers(0, 2000), character=st.characters())
def test_a_chain_with_one_character_changed_is_refused_or_the_same(position: int, at: int, character: str) -> None:
    statements = chain()
    token = statements[position]
    at %= len(token)
    statements[position] = token[:at] + character + token[at + 1 :]
    if statements == chain():
        return
    result = standing_from_chain(statements, MEMBER_DID, ANCHORS, "verifier", NOW)
    assert result.decision.outcome == "no"
    with suppress(StatementRefused):
        validate_chain(statements, anchors=ANCHORS, now=NOW)
        raise AssertionError("a changed chain holds")


@settings(max_examples=100, deadline=None)
@given(name=st.sampled_from(["did", "events", "issuer", "verifier", "relay"]), value=JSON)
def test_a_membership_with_any_member_of_any_shape_is_read_or_refused(name: str, value: object) -> None:
    with suppress(StatementRefused):
        read = Membership.parse({**membership().to_json(), name: value})
        assert Membership.parse(read.to_json()) == read
