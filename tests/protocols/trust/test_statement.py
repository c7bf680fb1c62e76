"""Every rule that one entity statement is held to, each refused under its own name."""

from datetime import timedelta
from typing import Any

import pytest

from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json
from protocols.jose.jws import sign_compact
from protocols.trust.constraints import Constraints
from protocols.trust.jwks import to_jwks
from protocols.trust.membership import MembershipEvent
from protocols.trust.refusal import StatementRefused
from protocols.trust.statement import parse_statement, sign_configuration
from tests.support.federation import (
    ANCHOR,
    ANCHOR_KEY,
    DAY,
    MEMBER,
    MEMBER_DID,
    MEMBER_KEY,
    NOW,
    OTHER,
    STRANGER_KEY,
    configuration_claims,
    events,
    key,
    member_configuration,
    membership,
    signed,
    subordinate,
    subordinate_claims,
)

JWK = {**MEMBER_KEY.public.to_jwk(), "kid": MEMBER_KEY.kid}
MARK = sign_compact({"trust_mark_type": "https://a.example/mark"}, ANCHOR_KEY, typ="trust-mark+jwt")


def rule_of(token: str) -> str:
    with pytest.raises(StatementRefused) as refusal:
        parse_statement(token, NOW)
    assert refusal.value.detail
    return refusal.value.rule


def test_a_signed_configuration_reads_as_it_was_written() -> None:
    statement = parse_statement(member_configuration(), NOW)
    assert (statement.iss, statement.sub, statement.kid) == (MEMBER, MEMBER, MEMBER_KEY.kid)
    assert (statement.iat, statement.exp) == (NOW - DAY, NOW + 10 * DAY)
    assert statement.jwks == {MEMBER_KEY.kid: MEMBER_KEY.public}
    assert statement.metadata["ler_node"] == {"did": MEMBER_DID}
    assert statement.authority_hints == (ANCHOR,)
    assert statement.membership is None
    assert statement.is_configuration
    statement.verify_with(statement.jwks)


def test_a_signed_subordinate_statement_carries_the_membership() -> None:
    constraints = {"max_path_length": 0, "naming_constraints": {"permitted": [".example"]}}
    statement = parse_statement(subordinate(extra={"constraints": constraints}), NOW)
    assert not statement.is_configuration
    assert statement.membership == membership()
    assert statement.organization_name == "Example College"
    assert statement.constraints == Constraints(max_path_length=0, permitted=(".example",))
    assert "crit" not in statement.claims


@pytest.mark.parametrize("last", ["suspended", "removed", "closed"])
def test_a_membership_out_of_good_standing_is_critical_so_that_others_refuse_it(last: Any) -> None:
    statement = parse_statement(subordinate(membership=membership("applied", "approved", last)), NOW)
    assert statement.claims["crit"] == ["ler_membership"]


@pytest.mark.parametrize(("until", "crit"), [(NOW - 2 * DAY, None), (NOW, ["ler_membership"])])
def test_a_suspension_that_ended_by_itself_before_the_statement_is_not_critical(until: Any, crit: Any) -> None:
    suspended = MembershipEvent(event="suspended", at=NOW - 3 * DAY, until=until)
    member = membership(events=(*events("applied", "approved"), suspended))
    assert parse_statement(subordinate(membership=member, iat=NOW - DAY), NOW).claims.get("crit") == crit


def test_a_p256_key_may_sign_too() -> None:
    signer = key("p256", "P-256")
    statement = parse_statement(member_configuration(signer=signer), NOW)
    statement.verify_with({signer.kid: signer.public})


def test_only_ones_own_key_signs_a_configuration() -> None:
    with pytest.raises(ValueError, match="own keys"):
        member_configuration(jwks={STRANGER_KEY.kid: STRANGER_KEY.public})


def test_what_would_be_refused_is_not_signed() -> None:
    with pytest.raises(StatementRefused) as refusal:
        sign_configuration(
            entity_id="http://college.example",
            signer=MEMBER_KEY,
            jwks={MEMBER_KEY.kid: MEMBER_KEY.public},
            metadata={},
            iat=NOW,
            exp=NOW + DAY,
        )
    assert refusal.value.rule == "entity_id"


def test_keys_of_other_algorithms_are_left_out_and_the_rest_used() -> None:
    keys = [
        {"kty": "RSA", "kid": "rsa", "n": "AQAB", "e": "AQAB"},
        {**key("other").public.to_jwk(), "kid": "enc", "use": "enc"},
        JWK,
    ]
    statement = parse_statement(signed(configuration_claims(jwks={"keys": keys})), NOW)
    assert statement.jwks == {MEMBER_KEY.kid: MEMBER_KEY.public}


def test_trust_marks_and_their_issuers_have_a_place_in_a_configuration() -> None:
    claims = configuration_claims(
        trust_marks=[{"trust_mark_type": "https://a.example/mark", "trust_mark": MARK}],
        trust_mark_issuers={"https://a.example/mark": [], "https://b.example/mark": [OTHER]},
        trust_mark_owners={"https://a.example/mark": {"sub": OTHER, "jwks": {"keys": [JWK]}}},
        trust_anchor_hints=[ANCHOR],
    )
    assert parse_statement(signed(claims), NOW).claims == claims


CONFIGURATION_RULES: list[tuple[str, JsonObject]] = [
    ("claim_missing", {"iss": None}),
    ("claim_missing", {"sub": None}),
    ("claim_missing", {"iat": None}),
    ("claim_missing", {"exp": None}),
    ("claim_missing", {"jwks": None}),
    ("entity_id", {"iss": "http://college.example"}),
    ("entity_id", {"sub": "https://college.example/"}),
    ("entity_id", {"iss": 5}),
    ("iat_invalid", {"iat": "1"}),
    ("iat_invalid", {"iat": True}),
    ("iat_invalid", {"iat": -1}),
    ("exp_invalid", {"exp": 2**52}),
    ("exp_invalid", {"exp": [1]}),
    ("exp_invalid", {"iat": int(NOW.timestamp()) + 30, "exp": int(NOW.timestamp()) + 20}),
    ("issued_in_the_future", {"iat": int(NOW.timestamp()) + 61}),
    ("expired", {"exp": int(NOW.timestamp())}),
    ("claim_misplaced", {"constraints": {}}),
    ("claim_misplaced", {"metadata_policy": {}}),
    ("claim_misplaced", {"metadata_policy_crit": ["regexp"]}),
    ("claim_misplaced", {"source_endpoint": "https://a.example/fetch"}),
    ("claim_misplaced", {"ler_membership": membership().to_json()}),
    ("claim_misplaced", {"trust_anchor": ANCHOR}),
    ("crit", {"crit": ["jti"], "jti": "1"}),
    ("crit", {"crit": ["iss"]}),
    ("crit", {"crit": ["metadata_policy"]}),
    ("crit", {"crit": []}),
    ("crit", {"crit": "jti"}),
    ("crit", {"crit": [1]}),
    ("crit", {"crit": ["ler_membership"]}),
    ("metadata", {"metadata": []}),
    ("metadata", {"metadata": {"ler_node": "x"}}),
    ("metadata", {"metadata": {"ler_node": [None]}}),
    ("metadata_null", {"metadata": {"federation_entity": {"contacts": {}}, "ler_node": {"did": None}}}),
    ("authority_hints", {"authority_hints": []}),
    ("authority_hints", {"authority_hints": ANCHOR}),
    ("authority_hints", {"authority_hints": [ANCHOR] * 17}),
    ("authority_hints", {"authority_hints": [3]}),
    ("entity_id", {"authority_hints": ["http://network.example"]}),
    ("trust_anchor_hints", {"trust_anchor_hints": []}),
    ("trust_marks", {"trust_marks": {}}),
    ("trust_marks", {"trust_marks": ["x"]}),
    ("trust_marks", {"trust_marks": [{"trust_mark_type": "https://b.example/mark", "trust_mark": MARK}]}),
    ("trust_marks", {"trust_marks": [{"trust_mark_type": "https://a.example/mark", "trust_mark": "a.b"}]}),
    ("trust_marks", {"trust_marks": [{"trust_mark_type": "https://a.example/mark"}]}),
    ("trust_mark_issuers", {"trust_mark_issuers": []}),
    ("trust_mark_issuers", {"trust_mark_issuers": {"https://a.example/mark": "https://a.example"}}),
    ("trust_mark_owners", {"trust_mark_owners": {"https://a.example/mark": "https://a.example"}}),
    ("jwks", {"trust_mark_owners": {"https://a.example/mark": {"sub": OTHER}}}),
    ("jwks", {"jwks": {}}),
    ("jwks", {"jwks": {"keys": []}}),
    ("jwks", {"jwks": {"keys": {}}}),
    ("jwks", {"jwks": [JWK]}),
    ("jwks", {"jwks": {"keys": ["x"]}}),
    ("jwks", {"jwks": {"keys": [{**JWK, "d": "AA"}]}}),
    ("jwks", {"jwks": {"keys": [{"kty": "oct", "k": "AA", "kid": "1"}]}}),
    ("jwks", {"jwks": {"keys": [{**JWK, "x": "AA"}]}}),
    ("jwks", {"jwks": {"keys": [{**JWK, "x": 1}]}}),
    ("jwks", {"jwks": {"keys": [{"kty": "RSA", "kid": "rsa"}]}}),
    ("jwks", {"jwks": {"keys": [{**JWK, "kid": str(number)} for number in range(21)]}}),
    ("kid_missing", {"jwks": {"keys": [MEMBER_KEY.public.to_jwk()]}}),
    ("kid_missing", {"jwks": {"keys": [{**JWK, "kid": ""}]}}),
    ("kid_not_unique", {"jwks": {"keys": [JWK, JWK]}}),
    ("kid_not_unique", {"jwks": {"keys": [{"kty": "RSA", "kid": JWK["kid"]}, JWK]}}),
]
SUBORDINATE_RULES: list[tuple[str, JsonObject]] = [
    ("claim_misplaced", {"authority_hints": [ANCHOR]}),
    ("claim_misplaced", {"trust_anchor_hints": [ANCHOR]}),
    ("claim_misplaced", {"trust_marks": []}),
    ("claim_misplaced", {"trust_mark_issuers": {}}),
    ("claim_misplaced", {"trust_mark_owners": {}}),
    ("claim_misplaced", {"trust_anchor": ANCHOR}),
    ("constraints", {"constraints": []}),
    ("constraints", {"constraints": {"max_path_length": -1}}),
    ("constraints", {"constraints": {"max_path_length": True}}),
    ("constraints", {"constraints": {"max_path_length": "1"}}),
    ("constraints", {"constraints": {"naming_constraints": []}}),
    ("constraints", {"constraints": {"naming_constraints": {"permitted": "x"}}}),
    ("constraints", {"constraints": {"allowed_entity_types": [1]}}),
    ("metadata_policy", {"metadata_policy": []}),
    ("metadata_policy", {"metadata_policy": {"ler_node": []}}),
    ("metadata_policy", {"metadata_policy": {"ler_node": {"did": "x"}}}),
    ("metadata_policy_crit", {"metadata_policy_crit": []}),
    ("metadata_policy_crit", {"metadata_policy_crit": ["regexp"]}),
    ("metadata_policy_crit", {"metadata_policy_crit": ["value"]}),
    ("source_endpoint", {"source_endpoint": "http://a.example"}),
    ("source_endpoint", {"source_endpoint": 1}),
    ("membership", {"ler_membership": []}),
    ("membership", {"ler_membership": {**membership().to_json(), "events": []}}),
    ("membership", {"ler_membership": {**membership().to_json(), "relay": "yes"}}),
    ("did", {"ler_membership": {**membership().to_json(), "did": "did:key:z6Mk"}}),
    ("did_mismatch", {"ler_membership": membership(did="did:web:other.example").to_json()}),
]


@pytest.mark.parametrize(("rule", "changes"), CONFIGURATION_RULES)
def test_a_configuration_that_breaks_a_rule_is_refused_by_name(rule: str, changes: JsonObject) -> None:
    assert rule_of(signed(configuration_claims(**changes))) == rule


@pytest.mark.parametrize(("rule", "changes"), SUBORDINATE_RULES)
def test_a_subordinate_statement_that_breaks_a_rule_is_refused_by_name(rule: str, changes: JsonObject) -> None:
    assert rule_of(signed(subordinate_claims(**changes))) == rule


def token_with(header: JsonObject) -> str:
    claims = b64url_encode(canonical_json(configuration_claims()))
    return f"{b64url_encode(canonical_json(header))}.{claims}.{b64url_encode(bytes(64))}"


@pytest.mark.parametrize(
    ("rule", "header"),
    [
        ("typ", {"alg": "EdDSA", "kid": "1"}),
        ("typ", {"alg": "EdDSA", "kid": "1", "typ": "JWT"}),
        ("typ", {"alg": "EdDSA", "kid": "1", "typ": "application/entity-statement+jwt"}),
        ("alg", {"alg": "none", "kid": "1", "typ": "entity-statement+jwt"}),
        ("alg", {"alg": "HS256", "kid": "1", "typ": "entity-statement+jwt"}),
        ("alg", {"alg": ["EdDSA"], "kid": "1", "typ": "entity-statement+jwt"}),
        ("alg", {"kid": "1", "typ": "entity-statement+jwt"}),
        ("kid_missing", {"alg": "EdDSA", "typ": "entity-statement+jwt"}),
        ("kid_missing", {"alg": "EdDSA", "kid": "", "typ": "entity-statement+jwt"}),
        ("kid_missing", {"alg": "EdDSA", "kid": 1, "typ": "entity-statement+jwt"}),
        ("header", {"alg": "EdDSA", "kid": "1", "typ": "entity-statement+jwt", "trust_chain": []}),
        ("not_a_jws", {"alg": "EdDSA", "kid": "1", "typ": "entity-statement+jwt", "crit": ["b64"]}),
    ],
)
def test_a_header_that_breaks_a_rule_is_refused_by_name(rule: str, header: JsonObject) -> None:
    assert rule_of(token_with(header)) == rule


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "é.é.é", f"{b64url_encode(b'{}')}.{b64url_encode(b'[]')}."])
def test_what_is_not_a_jws_of_claims_is_refused(token: str) -> None:
    assert rule_of(token) == "not_a_jws"


def test_a_statement_over_the_limit_is_refused_before_it_is_read() -> None:
    assert rule_of("a" * (64 * 1024 + 1)) == "too_large"


def test_a_clock_a_minute_ahead_of_ours_is_borne_with() -> None:
    ahead = configuration_claims(iat=int((NOW + timedelta(seconds=60)).timestamp()))
    assert parse_statement(signed(ahead), NOW).iat == NOW + timedelta(seconds=60)


def test_a_signature_is_that_of_the_key_its_kid_names() -> None:
    statement = parse_statement(member_configuration(), NOW)
    with pytest.raises(StatementRefused) as unknown:
        statement.verify_with({STRANGER_KEY.kid: STRANGER_KEY.public})
    with pytest.raises(StatementRefused) as forged:
        statement.verify_with({MEMBER_KEY.kid: STRANGER_KEY.public})
    assert (unknown.value.rule, forged.value.rule) == ("kid_unknown", "signature")


def test_the_algorithm_is_the_keys_and_not_the_tokens() -> None:
    p256 = key("p256", "P-256", kid=MEMBER_KEY.kid)
    claims = configuration_claims(jwks=to_jwks({MEMBER_KEY.kid: MEMBER_KEY.public}))
    statement = parse_statement(signed(claims, signer=p256), NOW)
    with pytest.raises(StatementRefused) as refusal:
        statement.verify_with(statement.jwks)
    assert refusal.value.rule == "signature"
