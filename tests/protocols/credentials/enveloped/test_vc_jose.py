"""Credentials and presentations in tokens: what is signed here opens here, and says what it said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.credentials.enveloped import (
    Kind,
    Opened,
    as_envelope,
    contents_of,
    dids_of,
    is_enveloped,
    issuer_of,
    open_envelope,
    sign_vc_jwt,
    sign_vp_jwt,
    status_claim_of,
    unwrap,
    wrap,
)
from protocols.credentials.model import parse_credential, parse_presentation
from protocols.credentials.proofs import ProofResult
from protocols.errors import MalformedCredential, MalformedMessage, TooLarge
from tests.support.badges import COLLEGE, LEARNER, NOW, SIGNED, STRANGER, badge, document_of, key_of
from tests.support.envelopes import (
    AUDIENCE,
    EC,
    JWT_HEADER,
    NONCE,
    VC_HEADER,
    VP_HEADER,
    forge,
    jwt_vc_payload,
    opened,
    parts_of,
    presentation,
    sd_jwt,
    vc_jwt,
    vc_payload,
    vp_jwt,
    vp_payload,
    w3c_sd_jwt,
)

HOLDS = "The signature fits the document, and the key may sign this."
PRESENTED: dict[str, Any] = {"purpose": "authentication", "expected_controller": LEARNER}


def _result(suite: str, by: str, purpose: str, created: datetime | None = SIGNED) -> ProofResult:
    kid = f"{by}#key-1"
    return ProofResult(
        suite=suite, verification_method=kid, purpose=purpose, created=created, outcome="yes", reason=HOLDS
    )


def test_a_credential_opens_as_it_was() -> None:
    found = opened(wrap(vc_jwt(), Kind.VC_JWT))
    assert found == Opened(
        document=badge(), results=(_result("vc+jwt", COLLEGE, "assertionMethod"),), kind=Kind.VC_JWT, owner=COLLEGE
    )
    assert found.document is not None
    assert parse_credential(found.document).issuer == COLLEGE


def test_a_bare_token_opens_as_its_envelope_does() -> None:
    assert opened(vc_jwt()) == opened(wrap(vc_jwt(), Kind.VC_JWT))


def test_header_and_claims_are_what_the_specification_says() -> None:
    header, payload, _ = parts_of(vc_jwt(expires_at=NOW))
    assert header == {"alg": "EdDSA", "cty": "vc", "kid": f"{COLLEGE}#key-1", "typ": "vc+jwt"}
    assert payload == {**badge(), "iat": 1780304400, "exp": 1795521600}


@pytest.mark.parametrize("crv", ["P-256", "P-384"])
def test_elliptic_curves_sign_too(crv: str) -> None:
    assert opened(vc_jwt(signer=key_of(COLLEGE, crv=crv)), EC[crv]).results == (
        _result("vc+jwt", COLLEGE, "assertionMethod"),
    )


def test_both_names_of_ed25519_are_read() -> None:
    assert opened(forge(VC_HEADER, vc_payload(), alg="Ed25519")).results[0].outcome == "yes"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "application/vc+jwt"},
        {"typ": "VC+JWT"},
        {"cty": None},
        {"cty": "application/vc"},
        {"x5t": "a", "new": 1},
    ],
    ids=str,
)
def test_spellings_and_members_that_mean_nothing_else_are_read(header: dict[str, Any]) -> None:
    assert opened(forge(VC_HEADER, vc_payload(), **header)).results[0].outcome == "yes"


def test_typ_may_be_missing_where_the_envelope_says_what_it_is() -> None:
    token = forge(VC_HEADER, vc_payload(), typ=None)
    assert opened(wrap(token, Kind.VC_JWT)).results == (_result("vc+jwt", COLLEGE, "assertionMethod"),)
    assert opened(token).results[0].outcome == "no"


@pytest.mark.parametrize(
    "token",
    [vc_jwt(), sd_jwt(), w3c_sd_jwt(), forge(JWT_HEADER, jwt_vc_payload())],
    ids=["vc+jwt", "dc+sd-jwt", "vc+sd-jwt", "VC 1.1"],
)
def test_a_text_among_credentials_is_the_envelope_it_should_have_come_in(token: str) -> None:
    assert opened(as_envelope(token)) == opened(token)
    assert opened(as_envelope(token)).document == contents_of(token)


@pytest.mark.parametrize("text", ["", "text", "a.b.c", "~", "data:,"])
def test_a_text_that_is_no_token_is_an_envelope_that_does_not_open(text: str) -> None:
    found = opened(as_envelope(text))
    assert (found.document, found.results[0].outcome, contents_of(text)) == (None, "no", None)


def test_claims_that_agree_with_the_document_are_no_part_of_it() -> None:
    claims = {"iss": COLLEGE, "sub": LEARNER, "jti": badge()["id"], "nbf": int(SIGNED.timestamp()), "aud": "x"}
    found = opened(forge(VC_HEADER, vc_payload(**claims), iss=COLLEGE))
    assert (found.document, found.results[0].outcome) == (badge(), "yes")


def test_an_issuer_object_is_its_id() -> None:
    assert isinstance(badge()["issuer"], dict)
    assert issuer_of(vc_jwt()) == COLLEGE


def test_a_presentation_answers_who_asked() -> None:
    found = opened(wrap(vp_jwt(), Kind.VP_JWT), challenge=NONCE, domain=AUDIENCE, **PRESENTED)
    assert found == Opened(
        document=presentation(),
        results=(_result("vp+jwt", LEARNER, "authentication", NOW),),
        kind=Kind.VP_JWT,
        owner=LEARNER,
    )
    assert found.document is not None
    [inside] = parse_presentation(found.document).credentials
    assert is_enveloped(inside)
    assert opened(inside).document == badge()


def test_several_domains_are_a_set() -> None:
    token = forge(VP_HEADER, vp_payload(aud=["a", "b"]), key_of(LEARNER))
    assert opened(token, domain=["b", "a"], challenge=NONCE, **PRESENTED).results[0].outcome == "yes"


def test_a_presentation_without_holder_is_its_keys() -> None:
    token = forge(VP_HEADER, vp_payload(holder=None), key_of(LEARNER))
    assert (issuer_of(token), opened(token, **PRESENTED).results[0].outcome) == (LEARNER, "yes")


def test_a_key_that_is_newer_than_the_document_at_hand_could_not_be_told() -> None:
    token = forge(VC_HEADER, vc_payload(iat=int(NOW.timestamp())), kid=f"{COLLEGE}#key-2")
    [result] = opened(token, seen_at={COLLEGE: NOW - timedelta(hours=1)}).results
    assert result.outcome == "could_not_tell"


def test_what_could_not_be_verified_can_still_be_read() -> None:
    found = opened(vc_jwt(), {})
    assert (found.document, found.kind, found.results[0].outcome) == (badge(), Kind.VC_JWT, "could_not_tell")


def test_a_rotated_key_still_holds_for_what_it_signed_before() -> None:
    documents = {COLLEGE: document_of(COLLEGE, expires=SIGNED + timedelta(days=1))}
    assert opened(vc_jwt(), documents).results[0].outcome == "yes"


@pytest.mark.parametrize("value", ["", "a.b.c", {}, {"type": "EnvelopedVerifiableCredential"}, {"id": ["data:,"]}])
def test_who_signed_nothing_is_nobody(value: Any) -> None:
    assert (issuer_of(value), dids_of(value)) == (None, ())


def test_a_credential_of_another_is_not_signed() -> None:
    with pytest.raises(MalformedCredential, match="another issuer than its signer"):
        sign_vc_jwt(badge(), key_of(STRANGER), signed_at=SIGNED)
    with pytest.raises(MalformedCredential, match="another issuer than its signer"):
        sign_vp_jwt(presentation(), key_of(STRANGER), signed_at=SIGNED)


@pytest.mark.parametrize("name", ["iss", "exp", "cnf", "nonce"])
def test_a_document_with_a_claim_of_the_token_is_not_signed(name: str) -> None:
    with pytest.raises(MalformedCredential, match="a claim of the token in the document"):
        sign_vc_jwt(badge(**{name: "x"}), key_of(COLLEGE), signed_at=SIGNED)


def test_what_would_not_be_opened_is_not_signed() -> None:
    with pytest.raises(MalformedCredential, match="has a proof already"):
        sign_vc_jwt(badge(proof={}), key_of(COLLEGE), signed_at=SIGNED)
    with pytest.raises(TooLarge):
        sign_vc_jwt(badge(name="x" * 270_000), key_of(COLLEGE), signed_at=SIGNED)
    with pytest.raises(MalformedMessage, match="another curve"):
        sign_vc_jwt(badge(), key_of(COLLEGE, crv="P-521"), signed_at=SIGNED)
    with pytest.raises(ValueError, match="no envelope"):
        wrap("a.b.c", Kind.JWT_VC)


def test_the_largest_presentation_fits_an_envelope() -> None:
    whole = presentation(badge(name="x" * 250_000), badge(name="x" * 35_000))
    token = sign_vp_jwt(whole, key_of(LEARNER), signed_at=NOW)
    assert opened(wrap(token, Kind.VP_JWT), **PRESENTED).document == whole


def test_a_credential_of_data_model_1_1_is_put_together_from_its_claims() -> None:
    found = opened(forge(JWT_HEADER, jwt_vc_payload(exp=1900000000)))
    assert found.document == {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential"],
        "issuer": COLLEGE,
        "issuanceDate": "2026-06-01T09:00:00Z",
        "expirationDate": "2030-03-17T17:46:40Z",
        "credentialSubject": {"id": LEARNER, "degree": "Bachelor"},
    }
    assert (found.kind, found.results) == (Kind.JWT_VC, (_result("jwt_vc", COLLEGE, "assertionMethod"),))
    assert parse_credential(found.document).subject_ids == (LEARNER,)


@pytest.mark.parametrize("header", [{"typ": None}, {"kid": None}, {"kid": "#key-1"}], ids=str)
def test_data_model_1_1_may_leave_typ_and_the_only_key_unsaid(header: dict[str, Any]) -> None:
    assert opened(forge(JWT_HEADER, jwt_vc_payload(), **header)).results[0].outcome == "yes"


def test_an_issuer_object_of_data_model_1_1_gets_its_id() -> None:
    credential = {**jwt_vc_payload()["vc"], "issuer": {"name": "College"}, "issuanceDate": "2026-06-01T09:00:00.25Z"}
    document = opened(forge(JWT_HEADER, jwt_vc_payload(vc=credential))).document
    assert document is not None
    assert document["issuer"] == {"id": COLLEGE, "name": "College"}
    assert document["issuanceDate"] == "2026-06-01T09:00:00.25Z"


def test_credentials_in_a_presentation_of_data_model_1_1_open_one_by_one() -> None:
    base = {"@context": ["https://www.w3.org/2018/credentials/v1"], "type": ["VerifiablePresentation"]}
    inner = forge(JWT_HEADER, jwt_vc_payload())
    payload = {"iss": LEARNER, "nonce": NONCE, "aud": AUDIENCE, "vp": {**base, "verifiableCredential": [inner]}}
    token = forge(JWT_HEADER, payload, key_of(LEARNER), kid=f"{LEARNER}#key-1")
    found = opened(token, challenge=NONCE, domain=AUDIENCE, **PRESENTED)
    assert (found.kind, found.results[0].outcome) == (Kind.JWT_VP, "yes")
    assert found.document is not None
    [inside] = parse_presentation(found.document).credentials
    assert opened(inside) == opened(inner)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(JSON, st.sampled_from(["Ed25519", "P-256", "P-384"]), st.integers(0, 4_000_000_000))
def test_whatever_a_credential_says_comes_out_as_it_went_in(claim: Any, crv: str, at: int) -> None:
    document, signer = badge(claim=claim), key_of(COLLEGE, crv=crv)
    signed_at = datetime.fromtimestamp(at, UTC)
    token = sign_vc_jwt(document, signer, signed_at=signed_at)
    documents = {COLLEGE: document_of(COLLEGE, key=signer)}
    found = open_envelope(wrap(token, Kind.VC_JWT), documents, purpose="assertionMethod", now=signed_at)
    assert (found.document, found.results[0].outcome) == (document, "yes")
    assert unwrap(wrap(token, Kind.VC_JWT)).token == token


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_token_with_any_character_changed_is_never_believed(data: st.DataObject) -> None:
    token = vc_jwt()
    index = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("AZaz09-_.=~ \n\0é"))
    changed = token[:index] + character + token[index + 1 :]
    outcomes = {result.outcome for result in opened(changed).results}
    assert "yes" not in outcomes or changed == token


@settings(max_examples=150, deadline=None)
@given(JSON | st.dictionaries(st.sampled_from(["id", "type", "@context"]), JSON))
def test_no_value_at_all_makes_it_raise(value: Any) -> None:
    for shown in (value, str(value)):
        if isinstance(shown, str | dict):
            assert opened(shown).results[0].outcome != "yes"
            assert issuer_of(shown) is None


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["typ", "alg", "kid", "cty", "iss"]), JSON, max_size=3),
    st.dictionaries(
        st.sampled_from(
            ["iss", "iat", "exp", "vc", "vp", "type", "@context", "issuer", "vct", "_sd", "_sd_alg", "cnf"]
        ),
        JSON,
        max_size=6,
    ),
    st.booleans(),
)
def test_no_signed_payload_makes_it_raise(header: dict[str, Any], payload: dict[str, Any], tilde: bool) -> None:
    token = forge({**VC_HEADER, **header}, payload) + ("~" if tilde else "")
    assert opened(token).results
    assert isinstance(dids_of(token), tuple)


REFERENCE = {"status_list": {"idx": 7, "uri": "https://college.example/status/1"}}


def test_a_status_claim_of_a_token_is_no_property_of_the_credential_in_it() -> None:
    token = forge(VC_HEADER, vc_payload(status=REFERENCE))
    found = opened(wrap(token, Kind.VC_JWT))
    assert (found.status, found.results[0].outcome) == (REFERENCE, "yes")
    assert "status" not in (found.document or {})
    assert status_claim_of(wrap(token, Kind.VC_JWT)) == REFERENCE

    older = opened(forge(JWT_HEADER, jwt_vc_payload(status=REFERENCE)))
    assert (older.status, "status" in (older.document or {})) == (REFERENCE, False)


def test_a_status_that_is_no_reference_is_left_where_it_stands() -> None:
    found = opened(wrap(forge(VC_HEADER, vc_payload(status="active")), Kind.VC_JWT))
    assert (found.status, (found.document or {}).get("status")) == (None, "active")
    assert opened(forge(JWT_HEADER, jwt_vc_payload(status="active"))).status == "active", "nothing else can be meant"
    assert status_claim_of("no token") is None
