"""What goes into an envelope comes out of it, with what the envelope proves and nothing more."""

import dataclasses
import json
from datetime import timedelta

import pytest

from protocols.didcomm import jws
from protocols.didcomm.envelope import (
    NeedsDocument,
    Peek,
    Unpacked,
    pack_anoncrypt,
    pack_authcrypt,
    pack_plain,
    pack_signed,
    peek,
    unpack,
)
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.dids.peer import create_peer2, create_peer4, resolve_peer2, resolve_peer4
from protocols.errors import EnvelopeError, Expired, IllegalMove, MalformedMessage
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.jose.keys import PrivateKey
from tests.support.parties import AGREEING, NOW, SIGNING, documents, entropy_of, lunch, party, peer4_input

ALICE, BOB, CAROL = party("alice"), party("bob"), party("carol")
entropy = entropy_of("envelope")


def opened(data: bytes, *, by=BOB, known=(ALICE,), now=NOW) -> Unpacked:
    return unpack(data, secrets=by.secrets, documents=documents(*known), now=now)


@pytest.mark.parametrize("crv", AGREEING)
def test_authcrypt_proves_its_sender_on_every_curve(crv):
    message = lunch(ALICE, BOB)

    data = pack_authcrypt(message, sender=ALICE.agreement(crv), recipients=BOB.recipients(crv), entropy=entropy)

    assert opened(data) == Unpacked(
        message=message,
        sender=ALICE.did,
        sender_kid=f"{ALICE.did}#agree-{crv}-1",
        signer=None,
        recipient_kid=f"{BOB.did}#agree-{crv}-1",
        layers=("authcrypt",),
        prior=None,
        addressed=True,
    )


@pytest.mark.parametrize("crv", AGREEING)
@pytest.mark.parametrize("enc", ["A256CBC-HS512", "A256GCM", "XC20P"])
def test_anoncrypt_proves_nothing_whatever_the_message_says(crv, enc):
    message = lunch(ALICE, BOB)

    data = pack_anoncrypt(message, recipients=BOB.recipients(crv), entropy=entropy, enc=enc)

    assert opened(data, known=()) == Unpacked(
        message=message,
        sender=None,
        sender_kid=None,
        signer=None,
        recipient_kid=f"{BOB.did}#agree-{crv}-1",
        layers=("anoncrypt",),
        prior=None,
        addressed=True,
    )


@pytest.mark.parametrize("crv", SIGNING)
def test_a_signed_message_proves_its_signer(crv):
    message = lunch(ALICE, BOB)

    result = opened(pack_signed(message, ALICE.signer(crv)))

    assert (result.message, result.sender, result.signer) == (message, ALICE.did, f"{ALICE.did}#sign-{crv}")
    assert (result.layers, result.recipient_kid) == (("signed",), None)


def test_es256k_signatures_have_the_low_s_that_other_libraries_insist_on():
    half = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
    packed = [json.loads(pack_signed(lunch(ALICE, BOB), ALICE.signer("secp256k1"))) for _ in range(20)]

    signatures = [b64url_decode(each["signatures"][0]["signature"]) for each in packed]

    assert all(int.from_bytes(signature[32:], "big") <= half for signature in signatures)


def test_a_flattened_jws_is_read_like_a_general_one():
    general = json.loads(pack_signed(lunch(ALICE, BOB), ALICE.signer()))
    flattened = {"payload": general["payload"], **general["signatures"][0]}

    assert opened(json.dumps(flattened).encode()) == opened(json.dumps(general).encode())


def test_the_key_id_may_stand_in_the_protected_header_too():
    message, signer = lunch(ALICE, BOB), ALICE.signer()
    general = json.loads(pack_signed(message, signer))
    protected = b64url_encode(json.dumps({"typ": "JWM", "kid": signer.kid, "alg": "EdDSA"}).encode())
    signature = b64url_encode(signer.sign(f"{protected}.{general['payload']}".encode()))
    data = {"payload": general["payload"], "protected": protected, "signature": signature}

    assert opened(json.dumps(data).encode()).signer == signer.kid


@pytest.mark.parametrize(
    "layers",
    [
        ("authcrypt", "signed"),
        ("anoncrypt", "signed"),
        ("anoncrypt", "authcrypt"),
        ("anoncrypt", "authcrypt", "signed"),
    ],
)
def test_permitted_nestings_open(layers):
    result = opened(nested(layers))

    assert (result.layers, result.sender) == (layers, ALICE.did)
    assert result.signer == (ALICE.signer().kid if "signed" in layers else None)
    assert result.sender_kid == (ALICE.agreement().kid if "authcrypt" in layers else None)


@pytest.mark.parametrize(
    "layers",
    [
        ("signed", "signed"),
        ("signed", "authcrypt"),
        ("signed", "anoncrypt"),
        ("authcrypt", "anoncrypt"),
        ("authcrypt", "authcrypt"),
        ("anoncrypt", "anoncrypt"),
        ("anoncrypt", "authcrypt", "signed", "signed"),
        ("anoncrypt", "anoncrypt", "authcrypt", "signed"),
    ],
)
def test_other_nestings_are_refused(layers):
    with pytest.raises(MalformedMessage, match="nested"):
        opened(nested(layers))


def nested(layers: tuple[str, ...]) -> bytes:
    data = pack_plain(lunch(ALICE, BOB))
    for layer in reversed(layers):
        match layer:
            case "signed":
                data = jws.sign(data, ALICE.signer())
            case "authcrypt":
                data = pack_authcrypt(data, sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)
            case _:
                data = pack_anoncrypt(data, recipients=BOB.recipients(), entropy=entropy)
    return data


def test_peek_tells_the_kind_and_the_keys_without_opening():
    auth = pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)
    kids = tuple(method.id for method in BOB.recipients())

    assert peek(auth) == Peek(kind="authcrypt", recipient_kids=kids, skid=ALICE.agreement().kid)
    assert peek(pack_anoncrypt(auth, recipients=BOB.recipients(), entropy=entropy)) == Peek(
        kind="anoncrypt", recipient_kids=kids
    )
    assert peek(pack_signed(lunch(ALICE), ALICE.signer())) == Peek(kind="signed")
    assert peek(pack_plain(lunch(ALICE))) == Peek(kind="plain")


def test_a_missing_document_is_asked_for_by_did_and_only_once_a_key_of_ours_is_meant():
    auth = pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)
    signed = pack_signed(lunch(ALICE, BOB), ALICE.signer())

    with pytest.raises(NeedsDocument) as of_sender:
        opened(auth, known=())
    with pytest.raises(NeedsDocument) as of_signer:
        opened(signed, known=())
    with pytest.raises(EnvelopeError):
        opened(auth, by=CAROL, known=())

    assert (of_sender.value.did, of_signer.value.did) == (ALICE.did, ALICE.did)


def test_a_message_that_does_not_name_its_recipient_opens_and_says_so():
    data = pack_authcrypt(lunch(ALICE, CAROL), sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)

    assert opened(data).addressed is False


def test_an_expired_message_and_one_of_the_future_are_refused():
    late = lunch(ALICE, BOB, expires_time=NOW)
    soon = lunch(ALICE, BOB, created_time=NOW + timedelta(minutes=5))
    early = lunch(ALICE, BOB, created_time=NOW + timedelta(minutes=5, seconds=1))

    with pytest.raises(Expired):
        opened(pack_signed(late, ALICE.signer()))
    with pytest.raises(Expired):
        opened(pack_signed(early, ALICE.signer()))
    assert opened(pack_signed(soon, ALICE.signer())).message == soon


def test_a_key_past_its_expiry_or_revoked_proves_nothing():
    data = pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=BOB.recipients(), entropy=entropy)
    for name in ("expires", "revoked"):
        raw = {
            **ALICE.raw,
            "verificationMethod": [
                {**method, name: "2026-03-02T09:00:00Z"} for method in ALICE.raw["verificationMethod"]
            ],
        }
        rotated = {ALICE.did: parse_document(raw, ALICE.did)}

        with pytest.raises(EnvelopeError):
            unpack(data, secrets=BOB.secrets, documents=rotated, now=NOW)
        before = unpack(data, secrets=BOB.secrets, documents=rotated, now=NOW - timedelta(seconds=1))
        assert before.sender == ALICE.did


def test_both_forms_of_a_did_peer_4_are_one_sender_and_one_recipient():
    alice_key, bob_key = PrivateKey.generate("X25519", entropy), PrivateKey.generate("X25519", entropy)
    signer = PrivateKey.generate("Ed25519", entropy)
    alice, alice_short = create_peer4(peer4_input(signer, alice_key))
    bob, bob_short = create_peer4(peer4_input(signer, bob_key))
    to_long = resolve_peer4(bob).keys_for("keyAgreement")
    message = dataclasses.replace(lunch(None), sender=alice_short, to=(bob_short,))

    data = pack_authcrypt(message, sender=alice_key.named(f"{alice}#agree"), recipients=to_long, entropy=entropy)
    result = unpack(data, secrets={f"{bob_short}#agree": bob_key}, documents={alice: resolve_peer4(alice)}, now=NOW)

    assert (result.sender, result.recipient_kid, result.addressed) == (alice, f"{bob_short}#agree", True)


def test_a_sender_with_the_older_key_names_of_did_peer_2_is_authenticated():
    signing, agreeing = PrivateKey.generate("Ed25519", entropy), PrivateKey.generate("X25519", entropy)
    did = create_peer2([("keyAgreement", agreeing.public), ("authentication", signing.public)])
    older = f"{did}#{encode_multikey(agreeing.public)[1:]}"
    message = dataclasses.replace(lunch(None, BOB), sender=did)

    data = pack_authcrypt(message, sender=agreeing.named(older), recipients=BOB.recipients(), entropy=entropy)
    result = unpack(data, secrets=BOB.secrets, documents={did: resolve_peer2(did)}, now=NOW)

    assert (result.sender, result.sender_kid) == (did, older)


@pytest.mark.parametrize(
    "recipients",
    [
        (),
        BOB.recipients() + CAROL.recipients(),
        BOB.recipients("X25519") + BOB.recipients("P-256"),
        BOB.recipients("P-256"),
    ],
)
def test_keys_that_do_not_go_together_are_our_own_fault(recipients):
    with pytest.raises(IllegalMove):
        pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=recipients, entropy=entropy)


def test_authcrypt_has_one_content_encryption_and_anoncrypt_three():
    with pytest.raises(IllegalMove):
        pack_anoncrypt(lunch(ALICE, BOB), recipients=BOB.recipients(), entropy=entropy, enc="A128GCM")
