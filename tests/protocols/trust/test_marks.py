"""Trust marks and delegations: what is signed, and every rule that makes one worthless, under its own name."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json
from protocols.jose.jws import parse_compact, sign_compact
from protocols.trust.jwks import to_jwks
from protocols.trust.mark_scope import MarkScope
from protocols.trust.mark_validation import MarkOwner, MarkRules, validate_mark
from protocols.trust.marks import DELEGATION_TYP, MARK_TYP, parse_delegation, parse_mark, sign_delegation, sign_mark
from protocols.trust.refusal import StatementRefused
from tests.protocols.trust.test_fuzzed_statements import JSON
from tests.support.federation import DAY, MEMBER, NOW, OTHER, STRANGER_KEY, key

TYPE = "https://accreditor.example/marks/accredited"
ISSUER = "https://accreditor.example"
OWNER = "https://owner.example"
ISSUER_KEY, OWNER_KEY = key("accreditor"), key("owner")
KEYS = {ISSUER_KEY.kid: ISSUER_KEY.public}
SCOPE = MarkScope(credential_types=("OpenBadgeCredential",), accredited_from=NOW - 30 * DAY)
LISTED = MarkRules(issuers={TYPE: (ISSUER,)})
OWNED = MarkRules(
    issuers={TYPE: (ISSUER,)}, owners={TYPE: MarkOwner(entity_id=OWNER, jwks={OWNER_KEY.kid: OWNER_KEY.public})}
)


def mark(**changes: Any) -> str:
    given: dict[str, Any] = {
        "trust_mark_type": TYPE,
        "issuer": ISSUER,
        "subject": MEMBER,
        "signer": ISSUER_KEY,
        "iat": NOW - DAY,
        "exp": NOW + 30 * DAY,
    }
    return sign_mark(**{**given, **changes})


def delegation(**changes: Any) -> str:
    given: dict[str, Any] = {
        "trust_mark_type": TYPE,
        "owner": OWNER,
        "issuer": ISSUER,
        "signer": OWNER_KEY,
        "iat": NOW - 2 * DAY,
        "exp": NOW + 300 * DAY,
    }
    return sign_delegation(**{**given, **changes})


def claims(**changes: Any) -> JsonObject:
    """Those of a good mark, changed; None takes one out."""
    return {name: value for name, value in {**parse_compact(mark()).claims, **changes}.items() if value is not None}


def rule_of(token: str, rules: MarkRules = LISTED, **changes: Any) -> str:
    given: dict[str, Any] = {"holder": MEMBER, "issuer_keys": KEYS, "rules": rules, "now": NOW}
    with pytest.raises(StatementRefused) as refusal:
        validate_mark(parse_mark(token), **{**given, **changes})
    assert refusal.value.detail
    return refusal.value.rule


def test_a_mark_reads_as_it_was_signed_and_holds() -> None:
    token = mark(
        id="0197", scope=SCOPE, ref="https://accreditor.example/about", logo_uri="https://accreditor.example/a.svg"
    )
    read = parse_mark(token)
    assert (read.trust_mark_type, read.iss, read.sub, read.kid) == (TYPE, ISSUER, MEMBER, ISSUER_KEY.kid)
    assert (read.iat, read.exp, read.id) == (NOW - DAY, NOW + 30 * DAY, "0197")
    assert (read.ref, read.logo_uri) == ("https://accreditor.example/about", "https://accreditor.example/a.svg")
    assert (read.scope, read.delegation) == (SCOPE, None)
    assert parse_compact(token).header["typ"] == "trust-mark+jwt"
    validate_mark(read, holder=MEMBER, issuer_keys=KEYS, rules=LISTED, now=NOW)


def test_a_mark_without_expiry_holds_and_anybody_may_issue_where_nobody_is_listed() -> None:
    read = parse_mark(mark(exp=None))
    assert read.exp is None
    validate_mark(read, holder=MEMBER, issuer_keys=KEYS, rules=MarkRules(issuers={TYPE: ()}), now=NOW + 9000 * DAY)


def test_a_delegated_mark_holds_by_the_owners_keys() -> None:
    read = parse_mark(mark(delegation=delegation(ref="https://owner.example/terms")))
    assert read.delegation is not None
    assert (read.delegation.iss, read.delegation.sub, read.delegation.ref) == (
        OWNER,
        ISSUER,
        "https://owner.example/terms",
    )
    assert parse_compact(read.delegation.token).header["typ"] == "trust-mark-delegation+jwt"
    validate_mark(read, holder=MEMBER, issuer_keys=KEYS, rules=OWNED, now=NOW)


def test_an_owner_that_issues_itself_delegates_to_itself() -> None:
    own = mark(issuer=OWNER, signer=OWNER_KEY, delegation=delegation(issuer=OWNER))
    rules = MarkRules(issuers={TYPE: (OWNER,)}, owners=OWNED.owners)
    keys = {OWNER_KEY.kid: OWNER_KEY.public}
    validate_mark(parse_mark(own), holder=MEMBER, issuer_keys=keys, rules=rules, now=NOW)
    undelegated = mark(issuer=OWNER, signer=OWNER_KEY)
    assert rule_of(undelegated, rules, issuer_keys=keys) == "delegation_missing"


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"issuer_keys": None}, "mark_issuer_untrusted"),
        ({"rules": MarkRules()}, "mark_type_unknown"),
        ({"rules": MarkRules(issuers={TYPE: (OTHER,)})}, "mark_issuer_not_listed"),
        ({"holder": OTHER}, "mark_holder"),
        ({"now": NOW - 3 * DAY}, "issued_in_the_future"),
        ({"now": NOW + 30 * DAY}, "expired"),
        ({"issuer_keys": {STRANGER_KEY.kid: STRANGER_KEY.public}}, "kid_unknown"),
        ({"issuer_keys": {ISSUER_KEY.kid: STRANGER_KEY.public}}, "signature"),
        ({"rules": OWNED}, "delegation_missing"),
    ],
)
def test_a_good_mark_is_refused_where_a_rule_of_the_network_is_broken(changed: Any, rule: str) -> None:
    assert rule_of(mark(), **changed) == rule


@pytest.mark.parametrize(
    ("token", "rules", "rule"),
    [
        (delegation(), LISTED, "delegation_unowned"),
        (delegation(owner=OTHER), OWNED, "delegation_owner"),
        (delegation(issuer=OTHER), OWNED, "delegation_subject"),
        (delegation(trust_mark_type=f"{TYPE}/other"), OWNED, "delegation_type"),
        (delegation(iat=NOW + DAY), OWNED, "delegation_future"),
        (delegation(exp=NOW), OWNED, "delegation_expired"),
        (delegation(signer=STRANGER_KEY), OWNED, "delegation_kid_unknown"),
        (delegation(signer=STRANGER_KEY.named(OWNER_KEY.kid)), OWNED, "delegation_signature"),
    ],
)
def test_a_delegation_that_does_not_hold_makes_the_mark_worthless(token: str, rules: MarkRules, rule: str) -> None:
    assert rule_of(mark(delegation=token), rules) == rule


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"iss": None}, "claim_missing"),
        ({"sub": None}, "claim_missing"),
        ({"iat": None}, "claim_missing"),
        ({"trust_mark_type": None}, "claim_missing"),
        ({"iss": "http://accreditor.example"}, "entity_id"),
        ({"sub": 5}, "entity_id"),
        ({"trust_mark_type": "accredited"}, "trust_mark_type"),
        ({"trust_mark_type": f"https://a.example/{'a' * 512}"}, "trust_mark_type"),
        ({"iat": "now"}, "iat_invalid"),
        ({"exp": True}, "exp_invalid"),
        ({"exp": 1}, "exp_invalid"),
        ({"jti": "a b"}, "jti"),
        ({"ref": "javascript:alert(1)"}, "ref"),
        ({"logo_uri": "http://a.example/x.png"}, "logo_uri"),
        ({"delegation": {}}, "delegation"),
        ({"delegation": "a.b.c"}, "delegation_not_a_jws"),
        ({"delegation": mark()}, "delegation_typ"),
        ({"delegation": "a" * 5000}, "delegation_too_large"),
        ({"ler_scope": 5}, "ler_scope"),
    ],
)
def test_a_mark_of_another_form_is_refused_under_the_name_of_what_is_wrong(changes: Any, rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        parse_mark(sign_compact(claims(**changes), ISSUER_KEY, typ=MARK_TYP))
    assert refusal.value.rule == rule


@pytest.mark.parametrize(
    ("token", "rule"),
    [
        ("", "not_a_jws"),
        ("a.b", "not_a_jws"),
        ("a" * 20_000, "too_large"),
        (sign_compact(claims(), ISSUER_KEY, typ=None), "typ"),
        (sign_compact(claims(), ISSUER_KEY, typ="JWT"), "typ"),
        (sign_compact(claims(), ISSUER_KEY, typ=DELEGATION_TYP), "typ"),
        (sign_compact(claims(), ISSUER_KEY.named(""), typ=MARK_TYP), "kid_missing"),
    ],
)
def test_a_token_that_is_no_mark_is_refused(token: str, rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        parse_mark(token)
    assert refusal.value.rule == rule


def test_alg_none_is_refused_before_anything_is_verified() -> None:
    header = b64url_encode(canonical_json({"alg": "none", "kid": ISSUER_KEY.kid, "typ": MARK_TYP}))
    with pytest.raises(StatementRefused) as refusal:
        parse_mark(f"{header}.{b64url_encode(canonical_json(claims()))}.")
    assert refusal.value.rule == "alg"


def test_a_scope_that_was_widened_after_signing_does_not_hold() -> None:
    header, _, signature = mark(scope=SCOPE).split(".")
    wider = {**claims(), **MarkScope(credential_types=("OpenBadgeCredential", "ClrCredential")).to_claims()}
    assert rule_of(f"{header}.{b64url_encode(canonical_json(wider))}.{signature}") == "signature"


def test_the_rules_of_an_anchor_are_read_from_its_claims() -> None:
    owner = {"sub": OWNER, "jwks": to_jwks({OWNER_KEY.kid: OWNER_KEY.public})}
    read = MarkRules.parse({"trust_mark_issuers": {TYPE: [ISSUER]}, "trust_mark_owners": {TYPE: owner}})
    assert read == OWNED
    assert OWNED.owners[TYPE].to_json() == owner
    assert MarkRules.parse({}) == MarkRules()


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"trust_mark_issuers": []}, "trust_mark_issuers"),
        ({"trust_mark_issuers": {TYPE: ISSUER}}, "trust_mark_issuers"),
        ({"trust_mark_issuers": {TYPE: ["nobody"]}}, "entity_id"),
        ({"trust_mark_issuers": {"x": []}}, "trust_mark_type"),
        ({"trust_mark_issuers": {f"https://a.example/{number}": [] for number in range(65)}}, "trust_mark_issuers"),
        ({"trust_mark_owners": {TYPE: ISSUER}}, "trust_mark_owners"),
        ({"trust_mark_owners": {TYPE: {"sub": OWNER}}}, "jwks"),
    ],
)
def test_rules_of_another_form_are_refused(given: JsonObject, rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        MarkRules.parse(given)
    assert refusal.value.rule == rule


CLAIMS = ("iss", "sub", "iat", "exp", "trust_mark_type", "jti", "ref", "logo_uri", "delegation", "ler_scope")


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from((*CLAIMS, "ler_status", "accredited_from", "accredited_until")), value=JSON)
def test_a_mark_with_any_claim_of_any_shape_is_read_or_refused(name: str, value: object) -> None:
    for typ, read in ((MARK_TYP, parse_mark), (DELEGATION_TYP, parse_delegation)):
        with suppress(StatementRefused):
            read(sign_compact({**claims(), name: value}, ISSUER_KEY, typ=typ))
    with suppress(StatementRefused):
        MarkRules.parse({"trust_mark_issuers": value, "trust_mark_owners": {TYPE: value}})


@settings(max_examples=150, deadline=None)
@given(header=JSON, payload=JSON, signature=st.binary(max_size=70), text=st.text(max_size=60))
def test_whatever_comes_as_a_mark_is_refused_and_nothing_else_is_raised(
    header: object, payload: object, signature: bytes, text: str
) -> None:
    parts = (canonical_json(header), canonical_json(payload), signature)
    for token in (".".join(b64url_encode(part) for part in parts), text):
        for read in (parse_mark, parse_delegation):
            with pytest.raises(ProtocolError):
                read(token)


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 5000), character=st.characters(), later=st.integers(-50, 50))
def test_a_mark_with_one_character_changed_never_holds(at: int, character: str, later: int) -> None:
    good = mark(delegation=delegation(), scope=SCOPE)
    at %= len(good)
    changed = good[:at] + character + good[at + 1 :]
    if changed == good:
        return
    with pytest.raises(StatementRefused):
        validate_mark(
            parse_mark(changed), holder=MEMBER, issuer_keys=KEYS, rules=OWNED, now=NOW + timedelta(days=later)
        )
