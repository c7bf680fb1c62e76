"""Envelopes of an attacker, by the numbers of the threat list (J1 to J6, J8): each must fail, and all alike."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from protocols.didcomm import jwe, jws
from protocols.didcomm.content import CONTENT_ENCRYPTIONS
from protocols.didcomm.envelope import pack_anoncrypt, pack_authcrypt, pack_plain, pack_signed, unpack
from protocols.didcomm.key_agreement import derive_key, unwrap_key, wrap_key
from protocols.errors import EnvelopeError, IllegalMove, MalformedMessage, ProtocolError, TooLarge
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.jose.keys import PrivateKey
from tests.support.parties import NOW, documents, entropy_of, lunch, party

ALICE, BOB, MALLORY = party("alice"), party("bob"), party("mallory")
ALICE_AGREES, ALICE_SIGNS = ALICE.agreement(), ALICE.signer()
entropy = entropy_of("refusals")
Json = dict[str, Any]


def seal(
    *,
    header: Json | None = None,
    without: tuple[str, ...] = (),
    sender: PrivateKey | None = ALICE_AGREES,
    skid: str = f"{ALICE.did}#agree-X25519-1",
    apu: str | None = None,
    kids: tuple[str, ...] = (f"{BOB.did}#agree-X25519-1",),
    apv: bytes | None = None,
    enc: str = "A256CBC-HS512",
    tag_in_kdf: bool = True,
    payload: bytes | None = None,
) -> Json:
    """An envelope written by hand, so that each single rule can be broken while everything else holds."""
    content, ephemeral = CONTENT_ENCRYPTIONS[enc], PrivateKey.generate("X25519", entropy)
    alg = "ECDH-ES+A256KW" if sender is None else "ECDH-1PU+A256KW"
    apu_bytes = b"" if sender is None else (apu if apu is not None else skid).encode()
    apv_bytes = hashlib.sha256(".".join(sorted(kids)).encode()).digest() if apv is None else apv
    protected = {
        "typ": "application/didcomm-encrypted+json",
        "alg": alg,
        "enc": enc,
        "epk": ephemeral.public.to_jwk(),
        "apv": b64url_encode(apv_bytes),
        **({} if sender is None else {"skid": skid, "apu": b64url_encode(apu_bytes)}),
        **(header or {}),
    }
    encoded = b64url_encode(json.dumps({k: v for k, v in protected.items() if k not in without}).encode())
    key, iv = entropy(content.key_bytes), entropy(content.iv_bytes)
    ciphertext, tag = content.encrypt(key, iv, payload or pack_plain(lunch(ALICE, BOB)), encoded.encode())
    recipients = []
    for kid in kids:
        public = BOB.keys[kid].public if kid in BOB.keys else BOB.agreement().public
        z = ephemeral.exchange(public) + (b"" if sender is None else sender.exchange(public))
        bound = tag if sender is not None and tag_in_kdf else None
        wrapping = derive_key(z, alg=alg, apu=apu_bytes, apv=apv_bytes, tag=bound)
        recipients.append({"header": {"kid": kid}, "encrypted_key": b64url_encode(wrap_key(wrapping, key))})
    names = {"iv": iv, "ciphertext": ciphertext, "tag": tag}
    return {"protected": encoded, "recipients": recipients, **{k: b64url_encode(v) for k, v in names.items()}}


def opens(value: Json | bytes):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return unpack(data, secrets=BOB.secrets, documents=documents(ALICE, MALLORY), now=NOW)


def test_the_envelope_written_by_hand_opens_while_no_rule_is_broken():
    assert opens(seal()).sender == ALICE.did
    assert opens(seal(sender=None)).sender is None


EPK_ORDER_8 = "4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA"
CASES: dict[str, Callable[[], Json]] = {
    "J1 alg none": lambda: seal(header={"alg": "none"}),
    "J1 alg dir": lambda: seal(header={"alg": "dir"}),
    "J1 direct agreement": lambda: seal(header={"alg": "ECDH-ES"}),
    "J1 other key wrapping": lambda: seal(header={"alg": "ECDH-1PU+A128KW"}),
    "J1 PBES2 with a huge p2c": lambda: seal(header={"alg": "PBES2-HS512+A256KW", "p2c": 2**31, "p2s": "AA"}),
    "J1 p2c beside a good alg": lambda: seal(header={"p2c": 2**31}),
    "J1 zip": lambda: seal(header={"zip": "DEF"}),
    "J1 crit": lambda: seal(header={"crit": ["exp"], "exp": 1}),
    "J1 b64": lambda: seal(header={"b64": False}),
    "J1 an embedded key": lambda: seal(header={"jwk": MALLORY.agreement().public.to_jwk()}),
    "J1 alg is no string": lambda: seal(header={"alg": ["ECDH-1PU+A256KW"]}),
    "J2 all-zero epk": lambda: seal(header={"epk": {"kty": "OKP", "crv": "X25519", "x": b64url_encode(bytes(32))}}),
    "J2 epk of order 8": lambda: seal(header={"epk": {"kty": "OKP", "crv": "X25519", "x": EPK_ORDER_8}}),
    "J2 epk of order 1": lambda: seal(
        header={"epk": {"kty": "OKP", "crv": "X25519", "x": b64url_encode(b"\x01" + bytes(31))}}
    ),
    "J2 epk of another curve": lambda: seal(header={"epk": BOB.agreement("P-256").public.to_jwk()}),
    "J2 epk that signs": lambda: seal(header={"epk": ALICE.signer("Ed25519").public.to_jwk()}),
    "J2 epk with its private half": lambda: seal(header={"epk": BOB.agreement().to_jwk()}),
    "J2 epk off its curve": lambda: seal(
        header={"epk": {**BOB.agreement("P-256").public.to_jwk(), "y": BOB.agreement("P-256").public.to_jwk()["x"]}}
    ),
    "J3 another's key under the victim's key id": lambda: seal(sender=MALLORY.agreement()),
    "J3 the attacker's key id and the victim's from": lambda: seal(
        sender=MALLORY.agreement(), skid=MALLORY.agreement().kid
    ),
    "J3 a signing key as skid": lambda: seal(skid=f"{ALICE.did}#sign-P-256"),
    "J3 a key that is not in the document": lambda: seal(skid=f"{ALICE.did}#agree-X25519-9"),
    "J3 skid without a key": lambda: seal(skid=ALICE.did),
    "J3 apu is not skid": lambda: seal(apu=MALLORY.agreement().kid),
    "J3 apv is not the recipients": lambda: seal(apv=hashlib.sha256(b"others").digest()),
    "J3 the tag is not in the KDF": lambda: seal(tag_in_kdf=False),
    "J3 1PU with GCM": lambda: seal(enc="A256GCM"),
    "J3 1PU with XC20P": lambda: seal(enc="XC20P"),
    "J3 skid in an anonymous envelope": lambda: seal(sender=None, header={"skid": ALICE.agreement().kid}),
    "J3 no from": lambda: seal(payload=pack_plain(lunch(None, BOB))),
    "J3 a signature of another than the sender": lambda: seal(payload=pack_signed(lunch(ALICE, BOB), MALLORY.signer())),
    "E12 signed for nobody": lambda: seal(payload=pack_signed(lunch(ALICE), ALICE.signer())),
    "J6 a flipped tag": lambda: flip(seal(), "tag"),
    "J6 a flipped ciphertext": lambda: flip(seal(), "ciphertext"),
    "J6 a flipped iv": lambda: flip(seal(), "iv"),
    "J6 a short tag": lambda: {**seal(), "tag": b64url_encode(bytes(16))},
    "J6 a short iv": lambda: {**seal(), "iv": b64url_encode(bytes(12))},
    "J6 a content key of another length": lambda: with_key(seal(), bytes(48)),
    "J6 a content key wrapped for another": lambda: with_key(seal(), bytes(72)),
    "J6 for somebody else": lambda: seal(kids=("did:example:somebody#else",)),
}


def flip(value: Json, name: str) -> Json:
    data = bytearray(b64url_decode(value[name]))
    data[0] ^= 1
    return {**value, name: b64url_encode(bytes(data))}


def with_key(value: Json, key: bytes) -> Json:
    return {**value, "recipients": [{**value["recipients"][0], "encrypted_key": b64url_encode(key)}]}


@pytest.mark.parametrize("name", CASES)
def test_an_attack_on_an_encrypted_message_fails_like_every_other(name):
    with pytest.raises(ProtocolError) as caught:
        opens(CASES[name]())

    refusal = caught.value
    assert (type(refusal), refusal.detail, refusal.found, refusal.expected) == (
        EnvelopeError,
        "the envelope does not open",
        None,
        None,
    )


@pytest.mark.parametrize("name", ["epk", "apv", "apu", "alg", "enc"])
def test_each_common_header_must_stand_in_the_protected_one(name):
    value = seal(without=(name,))
    value["recipients"][0]["header"][name] = json.loads(b64url_decode(seal()["protected"]))[name]

    with pytest.raises(ProtocolError):
        opens(value)
    with pytest.raises(ProtocolError):
        opens(seal(without=(name,)))


@pytest.mark.parametrize("extra", ["aad", "unprotected", "header", "encrypted_key"])
def test_no_header_hides_outside_the_protected_one(extra):
    with pytest.raises(MalformedMessage):
        opens({**seal(), extra: {"skid": MALLORY.agreement().kid} if extra == "unprotected" else "AA"})


def test_skid_is_read_out_of_apu_where_it_is_absent():
    assert opens(seal(without=("skid",))).sender_kid == ALICE.agreement().kid


def test_more_than_sixteen_recipients_are_refused_before_any_work():
    kids = tuple(f"{BOB.did}#agree-{number}" for number in range(17))

    with pytest.raises(TooLarge):
        opens({**seal(), "recipients": [{"header": {"kid": kid}, "encrypted_key": "AA"} for kid in kids]})


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521"])
def test_an_ephemeral_key_without_its_leading_zeros_is_read_all_the_same(crv):
    ephemeral = next(
        key for key in iter(lambda: PrivateKey.generate(crv, entropy), None) if raw(key.public.to_jwk()["x"])[0] == 0
    )
    full = ephemeral.public.to_jwk()
    short = {**full, "x": b64url_encode(raw(full["x"]).lstrip(b"\0"))}

    with_full, with_short = (jwe.parse_jwe(seal(sender=None, header={"epk": epk})) for epk in (full, short))

    assert short["x"] != full["x"]
    assert with_full.epk == with_short.epk == ephemeral.public


def raw(text: str) -> bytes:
    return b64url_decode(text)


def test_an_envelope_over_a_mebibyte_is_refused_unread():
    with pytest.raises(TooLarge):
        opens(b'{"ciphertext":"' + b"A" * 1024 * 1024 + b'"}')


def test_an_envelope_with_a_name_twice_is_refused():
    with pytest.raises(MalformedMessage):
        opens(json.dumps(seal())[:-1].encode() + b',"tag":"AA"}')


def test_a_recipient_that_stands_twice_is_refused():
    value = seal()

    with pytest.raises(MalformedMessage):
        opens({**value, "recipients": value["recipients"] * 2})


def signed(*, header: Json | None = None, by: PrivateKey = ALICE_SIGNS, kid: str | None = None) -> Json:
    """A signed message written by hand."""
    protected = {"typ": "application/didcomm-signed+json", "alg": by.public.alg, **(header or {})}
    encoded, payload = b64url_encode(json.dumps(protected).encode()), b64url_encode(pack_plain(lunch(ALICE, BOB)))
    signature = b64url_encode(by.sign(f"{encoded}.{payload}".encode()))
    entry = {"protected": encoded, "signature": signature, "header": {"kid": kid or by.kid}}
    return {"payload": payload, "signatures": [entry]}


def unsigned(alg: str) -> Json:
    value = signed(header={"alg": alg})
    return {**value, "signatures": [{**value["signatures"][0], "signature": b64url_encode(bytes(64))}]}


SIGNED_CASES: dict[str, Callable[[], Json]] = {
    "J1 alg none": lambda: unsigned("none"),
    "J1 alg HS256": lambda: unsigned("HS256"),
    "J1 alg RS256": lambda: unsigned("RS256"),
    "J1 an alg that the key does not have": lambda: signed(header={"alg": "ES256"}),
    "J1 crit": lambda: signed(header={"crit": ["b64"], "b64": True}),
    "J1 b64": lambda: signed(header={"b64": False}),
    "J1 an embedded key": lambda: signed(header={"jwk": ALICE.signer().public.to_jwk()}),
    "S1 another's signature under the victim's key id": lambda: signed(by=MALLORY.signer(), kid=ALICE.signer().kid),
    "S1 the signature of one who is not the sender": lambda: signed(by=MALLORY.signer()),
    "S1 a key for agreement": lambda: signed(kid=f"{ALICE.did}#agree-P-256-1"),
    "S1 a signature that does not hold": lambda: unsigned("EdDSA"),
    "S1 one good signature and one of another DID": lambda: {
        **signed(),
        "signatures": [*signed()["signatures"], *signed(by=MALLORY.signer())["signatures"]],
    },
}


@pytest.mark.parametrize("name", SIGNED_CASES)
def test_an_attack_on_a_signed_message_fails_like_every_other(name):
    assert opens(signed()).sender == ALICE.did

    with pytest.raises(EnvelopeError, match=r"^the envelope does not open$"):
        opens(SIGNED_CASES[name]())


@pytest.mark.parametrize("place", ["payload", "protected", "signature"])
def test_a_part_of_a_signed_message_that_is_not_ascii_is_malformed(place):
    value = signed()
    altered = {"payload": "\x80"} if place == "payload" else {"signatures": [{**value["signatures"][0], place: "\x80"}]}
    with pytest.raises(MalformedMessage):
        opens({**value, **altered})


def test_a_recipient_cannot_pass_a_message_on_in_the_senders_name():
    """ECDH-1PU without the tag in the KDF lets Bob, who knows the content key, write to Carol as Alice."""
    value = seal(kids=(f"{BOB.did}#agree-X25519-1", f"{BOB.did}#agree-X25519-2"))
    parsed = jwe.parse_jwe(value)
    kid, epk = parsed.kids[0], parsed.epk
    z = BOB.keys[kid].exchange(epk) + BOB.keys[kid].exchange(ALICE.agreement().public)
    wrapping = derive_key(z, alg=parsed.alg, apu=parsed.apu, apv=parsed.apv, tag=parsed.tag)
    key = unwrap_key(wrapping, parsed.recipients[0][1], 64)
    forged, tag = CONTENT_ENCRYPTIONS[parsed.enc].encrypt(key, parsed.iv, b'{"forged":1}', parsed.protected.encode())

    with pytest.raises(EnvelopeError):
        opens({**value, "ciphertext": b64url_encode(forged), "tag": b64url_encode(tag)})


def test_a_key_that_cannot_sign_didcomm_messages_is_our_own_fault():
    with pytest.raises(IllegalMove):
        jws.sign(b"{}", PrivateKey.generate("P-384", entropy, "did:example:a#k"))


def test_the_packers_and_the_hand_written_envelope_agree():
    auth = pack_authcrypt(lunch(ALICE, BOB), sender=ALICE.agreement(), recipients=BOB.recipients()[:1], entropy=entropy)
    anon = pack_anoncrypt(lunch(ALICE, BOB), recipients=BOB.recipients()[:1], entropy=entropy)

    def header(value: Json) -> set[str]:
        return set(json.loads(b64url_decode(value["protected"])))

    assert header(json.loads(auth)) == header(seal())
    assert header(json.loads(anon)) == header(seal(sender=None))
