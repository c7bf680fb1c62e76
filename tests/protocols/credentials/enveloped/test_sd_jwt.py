"""Selective disclosure: what is withheld does not show, what is shown was signed, and its holder has the key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.credentials.enveloped import Kind, Opened, dids_of, issue_sd_jwt_vc, issuer_of, present_sd_jwt, wrap
from protocols.credentials.enveloped.disclosing import conceal, select
from protocols.credentials.enveloped.sd_jwt import SdJwt, has_digests, parse_sd_jwt, restore
from protocols.credentials.proofs import ProofResult
from protocols.errors import MalformedCredential, TooLarge
from protocols.jose.encoding import b64url_decode, digest
from tests.support.badges import COLLEGE, DOCUMENTS, LEARNER, NOW, SIGNED, badge, document_of, key_of
from tests.support.envelopes import (
    AUDIENCE,
    CLAIMS,
    EC,
    NONCE,
    SD_HEADER,
    STATUS,
    VCT,
    entropy_of,
    forge,
    opened,
    parts_of,
    presented,
    sd_jwt,
    sd_payload,
    w3c_sd_jwt,
)

BOUND: dict[str, Any] = {"challenge": NONCE, "domain": AUDIENCE}
ISSUED = {"iss": COLLEGE, "iat": 1780304400, "vct": VCT, "status": STATUS}
CONFIRMATION = {"jwk": key_of(LEARNER).public.to_jwk()}
ISSUER_HOLDS = ProofResult(
    suite="dc+sd-jwt",
    verification_method=f"{COLLEGE}#key-1",
    purpose="assertionMethod",
    created=SIGNED,
    outcome="yes",
    reason="The signature fits the document, and the key may sign this.",
)
HOLDER_HOLDS = ProofResult(
    suite="kb+jwt",
    verification_method="",
    purpose="authentication",
    created=NOW,
    outcome="yes",
    reason="The holder's key signed this presentation.",
)


def test_the_holder_gets_everything() -> None:
    assert opened(wrap(sd_jwt(), Kind.DC_SD_JWT)) == Opened(
        document={**CLAIMS, **ISSUED, "cnf": CONFIRMATION},
        results=(ISSUER_HOLDS,),
        kind=Kind.DC_SD_JWT,
        confirmation=CONFIRMATION,
        status=STATUS,
        owner=COLLEGE,
        disclosed_count=7,
    )


def test_the_verifier_gets_what_was_chosen_by_whom_it_was_issued_to() -> None:
    assert opened(wrap(presented(), Kind.DC_SD_JWT), **BOUND) == Opened(
        document={"given_name": "Ada", "skills": [], **ISSUED, "cnf": CONFIRMATION},
        results=(ISSUER_HOLDS, HOLDER_HOLDS),
        kind=Kind.DC_SD_JWT,
        confirmation=CONFIRMATION,
        status=STATUS,
        owner=COLLEGE,
        disclosed_count=1,
    )


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        ([], {"skills": []}),
        ([("achievement", "name")], {"achievement": {"name": "Cash-flow forecasting", "credits": [3.0]}, "skills": []}),
        (
            [("achievement", "level")],
            {"achievement": {"name": "Cash-flow forecasting", "level": 3, "credits": [3.0]}, "skills": []},
        ),
        ([("achievement",)], {"achievement": CLAIMS["achievement"], "skills": []}),
        (
            [("skills", 1, "score"), ("given_name",)],
            {"given_name": "Ada", "skills": [{"name": "budgeting", "score": 0.5}]},
        ),
        ([("skills", None)], {"skills": CLAIMS["skills"]}),
    ],
    ids=str,
)
def test_a_path_shows_its_value_and_what_stands_around_it(paths: list[Any], shown: dict[str, Any]) -> None:
    document = opened(presented(disclose=paths), **BOUND).document
    assert document == {**shown, **ISSUED, "cnf": CONFIRMATION}


def test_nothing_that_is_withheld_stands_in_the_token() -> None:
    header, payload, _ = parts_of(parse_sd_jwt(presented(disclose=[])).token)
    assert header == {"alg": "EdDSA", "kid": f"{COLLEGE}#key-1", "typ": "dc+sd-jwt"}
    assert payload.keys() == {"_sd", "_sd_alg", "skills", *ISSUED, "cnf"}
    assert payload["_sd"] == sorted(payload["_sd"])


def test_key_binding_does_not_tell_the_holders_did() -> None:
    binding = parse_sd_jwt(presented()).key_binding
    assert binding is not None
    header, payload, _ = parts_of(binding)
    assert (header, payload.keys()) == ({"alg": "EdDSA", "typ": "kb+jwt"}, {"aud", "iat", "nonce", "sd_hash"})


def test_decoys_look_like_digests_and_are_nothing() -> None:
    lengths: set[int] = set()
    for name in "abcdefgh":
        token = sd_jwt(decoys=3, entropy=entropy_of(name))
        _, payload, _ = parts_of(parse_sd_jwt(token).token)
        assert len(payload["_sd"]) == 2 + 3
        lengths.add(len(payload["skills"]))
        assert opened(token).document == {**CLAIMS, **ISSUED, "cnf": CONFIRMATION}
    assert lengths > {3, 4}
    assert lengths <= {3, 4, 5, 6}


@pytest.mark.parametrize("crv", ["P-256", "P-384"])
def test_issuer_and_holder_may_have_keys_of_elliptic_curves(crv: str) -> None:
    holder = key_of(LEARNER, crv=crv)
    token = presented(sd_jwt(signer=key_of(COLLEGE, crv=crv), holder=holder.public), signer=holder)
    assert [result.outcome for result in opened(token, EC[crv], **BOUND).results] == ["yes", "yes"]


def test_a_holder_named_by_kid_proves_a_key_of_its_did_document() -> None:
    token = presented(sd_jwt(holder=f"{LEARNER}#key-1"))
    assert (issuer_of(token), dids_of(token)) == (COLLEGE, (COLLEGE, LEARNER))
    assert opened(token, **BOUND).results == (ISSUER_HOLDS, HOLDER_HOLDS)


def test_key_binding_that_nobody_asked_for_is_checked_all_the_same() -> None:
    assert opened(presented()).results == (ISSUER_HOLDS, HOLDER_HOLDS)
    assert opened(presented(), now=NOW + timedelta(days=3)).results[1].outcome == "no"


def test_a_credential_bound_to_nobody_is_shown_without_key_binding() -> None:
    token = present_sd_jwt(sd_jwt(holder=None), disclose=[("given_name",)])
    assert (opened(token).results, opened(token).confirmation) == ((ISSUER_HOLDS,), None)


@pytest.mark.parametrize(
    "header", [{"typ": "vc+sd-jwt"}, {"kid": None}, {"kid": "#key-1"}, {"typ": "application/dc+sd-jwt"}]
)
def test_older_and_shorter_headers_are_read(header: dict[str, Any]) -> None:
    found = opened(forge(SD_HEADER, sd_payload(), **header) + "~")
    assert (found.kind, found.results[0].outcome) == (Kind.DC_SD_JWT, "yes")


def test_an_issuer_may_be_named_by_its_key_alone() -> None:
    token = forge(SD_HEADER, sd_payload(iss=None)) + "~"
    assert (issuer_of(token), opened(token).results[0].outcome) == (COLLEGE, "yes")


def test_a_w3c_credential_is_shown_in_part() -> None:
    expected = badge()
    whole = opened(wrap(w3c_sd_jwt(), Kind.VC_SD_JWT))
    assert (whole.document, whole.kind, whole.results[0].outcome) == (expected, Kind.VC_SD_JWT, "yes")
    del expected["credentialSubject"]["achievement"]["description"]
    token = w3c_sd_jwt(holder=key_of(LEARNER).public)
    part = opened(presented(token, disclose=[]), **BOUND)
    assert (part.document, part.confirmation) == (expected, CONFIRMATION)
    assert [result.outcome for result in part.results] == ["yes", "yes"]


@pytest.mark.parametrize("name", ["issuer", "@context", "validUntil"])
def test_what_a_verifier_must_see_cannot_be_made_disclosable(name: str) -> None:
    with pytest.raises(MalformedCredential, match="must not be withheld"):
        w3c_sd_jwt(disclosable=[(name,)])


@pytest.mark.parametrize("name", ["iss", "exp", "cnf", "vct", "status"])
def test_claims_that_the_issuer_sets_are_not_taken_from_others(name: str) -> None:
    with pytest.raises(MalformedCredential, match="sets by itself"):
        issue_sd_jwt_vc(
            {name: 1},
            vct=VCT,
            signer=key_of(COLLEGE),
            holder=None,
            disclosable=[],
            issued_at=SIGNED,
            entropy=entropy_of("x"),
        )


@pytest.mark.parametrize(
    "path", [(), ("missing",), ("skills", 3), ("skills", "name"), ("given_name", None), ("a",) * 40]
)
def test_a_path_to_nothing_is_refused(path: Any) -> None:
    with pytest.raises(MalformedCredential, match="claim path"):
        sd_jwt(disclosable=[path])
    with pytest.raises(MalformedCredential, match="claim path"):
        presented(disclose=[path])


@pytest.mark.parametrize("claims", [{"_sd": []}, {"a": {"...": "x"}}, {"_sd_alg": "sha-256"}, {"a": [{"_sd": []}]}])
def test_claims_with_reserved_names_are_not_issued(claims: dict[str, Any]) -> None:
    with pytest.raises(MalformedCredential, match="reserved name"):
        conceal(claims, [], entropy=entropy_of("x"))


def test_more_disclosures_than_are_read_are_not_issued() -> None:
    with pytest.raises(TooLarge):
        conceal({"list": list(range(600))}, [("list", None)], entropy=entropy_of("x"))


def test_key_binding_needs_something_to_bind() -> None:
    with pytest.raises(ValueError, match="needs audience"):
        present_sd_jwt(sd_jwt(), disclose=[], signer=key_of(LEARNER))


def test_a_rotated_issuer_key_holds_for_what_it_signed_before() -> None:
    rotated = SIGNED + timedelta(days=1)
    documents, holds = {COLLEGE: document_of(COLLEGE, expires=rotated)}, replace(ISSUER_HOLDS, key_until=rotated)
    assert opened(sd_jwt(), documents).results == (holds,)
    hidden = sd_jwt(disclosable=[("given_name",)])
    assert opened(hidden, {**DOCUMENTS, **documents}).results == (holds,)


def test_what_a_log_commits_to_is_the_issuers_token_whatever_is_disclosed() -> None:
    token = sd_jwt(disclosable=[("given_name",)])
    signing_input, _, signature = token.partition("~")[0].rpartition(".")
    committed = digest(signing_input.encode() + b64url_decode(signature))
    without = token.partition("~")[0] + "~"
    assert [opened(each).results[0].digest for each in (token, without)] == [committed, committed]
    seen = opened(token, attested={committed: NOW}).results[0]
    assert seen.attested_at == NOW


LEAF = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
NAMES = st.text(min_size=1, max_size=5).filter(lambda name: name not in ("_sd", "...", "_sd_alg"))
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        LEAF,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=10,
    ),
    min_size=1,
    max_size=4,
)


def places_of(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in `value` but its root."""
    if isinstance(value, dict):
        steps = [((*at, name), item) for name, item in value.items()]
    elif isinstance(value, list):
        steps = [((*at, index), item) for index, item in enumerate(value)]
    else:
        steps = []
    return [place for place, item in steps for place in (place, *places_of(item, place))]


@settings(max_examples=150, deadline=None)
@given(st.data(), TREES, st.integers(0, 2), st.sampled_from(["sha-256", "sha-384", "sha-512"]))
def test_whatever_is_concealed_comes_back_whole(data: Any, claims: dict[str, Any], decoys: int, algorithm: str) -> None:
    paths = data.draw(st.lists(st.sampled_from(places_of(claims)), unique=True, max_size=8))
    payload, disclosures = conceal(claims, paths, entropy=entropy_of("tree"), decoys=decoys, algorithm=algorithm)
    assert (len(disclosures), has_digests(payload)) == (len(paths), bool(paths))
    restored = restore(payload, data.draw(st.permutations(disclosures)))
    assert restored.claims == claims
    assert sorted(restored.places.values(), key=str) == sorted(paths, key=str)


@settings(max_examples=150, deadline=None)
@given(st.data(), TREES)
def test_no_more_is_shown_than_was_asked_for(data: Any, claims: dict[str, Any]) -> None:
    places = places_of(claims)
    payload, disclosures = conceal(claims, places, entropy=entropy_of("tree"))
    wanted = data.draw(st.sampled_from(places))
    chosen = select(SdJwt(token="t", disclosures=disclosures), payload, [wanted])
    around = {wanted[:length] for length in range(1, len(wanted) + 1)}
    within = {place for place in places if place[: len(wanted)] == wanted}
    all_of_it = restore(payload, disclosures)
    shown = {all_of_it.places[disclosure.digest("sha-256")] for disclosure in chosen.disclosures}
    assert shown == around | within


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_any_subset_of_disclosures_is_claims_or_a_refusal(data: Any) -> None:
    token, *shown, _ = sd_jwt().split("~")
    kept = data.draw(st.lists(st.sampled_from(shown), unique=True))
    found = opened("~".join([token, *kept, ""]))
    nested = [disclosure for disclosure in parse_sd_jwt(sd_jwt()).disclosures if has_digests(disclosure.value)]
    needs_parent = {"level", None}
    if found.results[0].outcome == "yes":
        assert found.document is not None
        assert found.document.keys() <= {*CLAIMS, *ISSUED, "cnf"}
    else:
        assert found.results[0].reason.endswith("a disclosure that no digest asks for.")
        assert nested
        assert nested[0].text not in kept
        assert needs_parent & {disclosure.name for disclosure in parse_sd_jwt("~".join([token, *kept, ""])).disclosures}


def test_the_order_of_disclosures_means_nothing() -> None:
    token, *shown, _ = sd_jwt().split("~")
    for order in (shown[::-1], shown[3:] + shown[:3]):
        assert opened("~".join([token, *order, ""])) == opened(sd_jwt())
