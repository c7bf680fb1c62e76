"""Invitations into a network, and applications to it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from protocols.jose.encoding import b64url_decode, b64url_encode, canonical_json, digest, parse_object
from protocols.jose.jws import parse_compact, sign_compact
from protocols.trust.did_request import check_request
from protocols.trust.network import APPLICATION_TYP, JoinApplication, NetworkInvite, RolesWanted
from protocols.trust.refusal import StatementRefused
from protocols.trust.registration import IssuerRegistration, VerifierRegistration
from tests.support.federation import (
    ANCHOR,
    ANCHORS,
    DAY,
    MEMBER,
    MEMBER_DID,
    MEMBER_KEY,
    NOW,
    OTHER,
    did_document,
    key,
)

INVITE = NetworkInvite(
    anchor=ANCHOR, jwks=ANCHORS[ANCHOR], token="s3cret-token", name="Example Network", expires=NOW + DAY
)
DID_KEY = key("did", kid=f"{MEMBER_DID}#key-1")
DOCUMENT = did_document(MEMBER_DID, DID_KEY)
ROLES = RolesWanted(
    issuer=IssuerRegistration(types=("OpenBadgeCredential",)),
    verifier=VerifierRegistration(purposes=("hiring",), claims=("OpenBadgeCredential",), max_retention_days=30),
    relay=True,
)
APPLICATION = JoinApplication(
    anchor=ANCHOR,
    entity_id=MEMBER,
    did=MEMBER_DID,
    jwks={MEMBER_KEY.kid: MEMBER_KEY.public},
    roles=ROLES,
    invite_token_hash=INVITE.token_hash,
    name="Example College",
    iat=NOW,
)


def test_an_invitation_reads_back_from_its_word_and_its_link() -> None:
    assert NetworkInvite.parse(INVITE.to_compact(), NOW) == INVITE
    assert NetworkInvite.parse(f" {INVITE.to_link()}\n", NOW) == INVITE
    assert INVITE.to_link().startswith("https://network.example/federation/join#")


def test_an_invitations_secret_is_not_in_its_repr_nor_in_an_application() -> None:
    assert "s3cret" not in repr(INVITE)
    assert INVITE.token_hash == digest(b"s3cret-token")
    assert b"s3cret" not in parse_compact(APPLICATION.sign(DID_KEY)).payload


def invite_with(**changes: Any) -> str:
    value = {**parse_object(b64url_decode(INVITE.to_compact())), **changes}
    return b64url_encode(canonical_json(value))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("invite", ""),
        ("invite", "not base64url!"),
        ("invite", b64url_encode(b"[]")),
        ("too_large", b64url_encode(b" " * 20_000)),
        ("entity_id", invite_with(anchor="http://network.example")),
        ("invite_link_mismatch", f"https://evil.example/federation/join#{INVITE.to_compact()}"),
        ("invite_expired", invite_with(expires=int(NOW.timestamp()))),
        ("invite_expires_invalid", invite_with(expires="soon")),
        ("jwks", invite_with(jwks={"keys": []})),
        ("invite", invite_with(token="")),
        ("invite", invite_with(name=7)),
        ("invite", invite_with(name="x" * 201)),
    ],
)
def test_an_invitation_that_cannot_be_used_is_refused_by_name(rule: str, text: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        NetworkInvite.parse(text, NOW)
    assert refusal.value.rule == rule


def test_an_application_signed_by_the_dids_own_key_holds() -> None:
    application = JoinApplication.parse(APPLICATION.sign(DID_KEY))
    assert replace(application, kid="", token="") == APPLICATION
    check_request(application, DOCUMENT, anchor=ANCHOR, now=NOW + DAY)


def test_an_application_may_want_no_role_at_all() -> None:
    bare = replace(APPLICATION, roles=RolesWanted())
    assert JoinApplication.parse(bare.sign(DID_KEY)).roles == RolesWanted()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("entity_id", {"iss": None}),
        ("entity_id", {"aud": "network"}),
        ("did", {"did": None}),
        ("did_mismatch", {"did": "did:web:other.example"}),
        ("jwks", {"jwks": None}),
        ("roles", {"roles": None}),
        ("roles", {"roles": {"relay": 1}}),
        ("registration", {"roles": {"issuer": {"types": []}}}),
        ("application", {"invite_token_hash": None}),
        ("application", {"name": "  "}),
        ("iat_invalid", {"iat": "now"}),
    ],
)
def test_an_application_of_the_wrong_form_is_refused_by_name(rule: str, changes: dict[str, Any]) -> None:
    claims = {**parse_compact(APPLICATION.sign(DID_KEY)).claims, **changes}
    with pytest.raises(StatementRefused) as refusal:
        JoinApplication.parse(sign_compact(claims, DID_KEY, typ=APPLICATION_TYP))
    assert refusal.value.rule == rule


@pytest.mark.parametrize("token", ["", "a.b.c", sign_compact({}, DID_KEY, typ="JWT")])
def test_what_is_not_an_application_is_refused(token: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        JoinApplication.parse(token)
    assert refusal.value.rule == "not_a_jws"


def refused(rule: str, signer: Any = DID_KEY, document: Any = DOCUMENT, **changes: Any) -> None:
    application = JoinApplication.parse(APPLICATION.sign(signer))
    with pytest.raises(StatementRefused) as refusal:
        check_request(application, document, **{"anchor": ANCHOR, "now": NOW, **changes})
    assert refusal.value.rule == rule


def test_an_application_is_for_one_network_and_for_a_day() -> None:
    refused("aud", anchor=OTHER)
    refused("request_stale", now=NOW + DAY + timedelta(seconds=1))
    refused("issued_in_the_future", now=NOW - timedelta(seconds=61))


def test_an_application_that_the_did_did_not_sign_is_refused() -> None:
    refused("kid_unknown", signer=MEMBER_KEY)
    refused("signature", signer=key("stranger", kid=DID_KEY.kid))
    refused("did_mismatch", document=did_document("did:web:other.example", DID_KEY))
    refused("kid_unknown", document=replace(DOCUMENT, relationships={"keyAgreement": (DID_KEY.kid,)}))


@pytest.mark.parametrize("changes", [{"expires": NOW}, {"revoked": NOW - DAY}])
def test_a_key_that_the_did_has_retired_signs_no_application(changes: dict[str, Any]) -> None:
    retired = replace(DOCUMENT.methods[DID_KEY.kid], **changes)
    refused("kid_unknown", document=replace(DOCUMENT, methods={DID_KEY.kid: retired}))
