"""Signatures by a key's curve; Ed25519 against RFC 8032 and against the other library that has it."""

from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocols.jose.keys import PrivateKey, PublicKey

SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
"""RFC 8032 section 7.1, test 2: the one byte 0x72."""
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = b"\1" + bytes(31)
SMALL = {
    "the neutral point": IDENTITY,
    "a point of order 2": b"\xec" + b"\xff" * 30 + b"\x7f",
    "a point of order 4": bytes(32),
    "a point of order 8": bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
}


def test_an_ed25519_key_signs_as_in_the_rfc():
    key = PrivateKey.from_secret("Ed25519", SECRET)
    assert (key.public.raw, key.sign(b"\x72")) == (PUBLIC, SIGNATURE)
    assert key.public.verify(b"\x72", SIGNATURE)


def test_ed25519_signatures_fit_in_the_other_library_both_ways():
    theirs, ours = Ed25519PrivateKey.from_private_bytes(SECRET), PrivateKey.from_secret("Ed25519", SECRET)
    for length in (0, 1, 64, 5000):
        data = bytes(range(256)) * 20
        theirs.public_key().verify(ours.sign(data[:length]), data[:length])
        assert ours.public.verify(data[:length], theirs.sign(data[:length]))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:63],
        SIGNATURE + b"\0",
        b"\0" + SIGNATURE,
        SIGNATURE[:32] + (int.from_bytes(SIGNATURE[32:], "little") + ORDER).to_bytes(32, "little"),
        SIGNATURE[:32] + bytes(32),
        bytes(32) + SIGNATURE[32:],
    ],
    ids=["nothing", "a byte less", "a byte more", "a byte before", "s over the order", "no s", "no r"],
)
def test_no_other_bytes_are_an_ed25519_signature(signature: bytes):
    assert not PublicKey.from_raw("Ed25519", PUBLIC).verify(b"\x72", signature)


def test_bytes_cannot_move_between_a_signature_and_what_is_signed():
    assert not PublicKey.from_raw("Ed25519", PUBLIC).verify(b"", SIGNATURE + b"\x72")
    assert not PublicKey.from_raw("Ed25519", PUBLIC).verify(SIGNATURE[-1:] + b"\x72", SIGNATURE[:-1])


@pytest.mark.parametrize("point", SMALL.values(), ids=SMALL)
def test_a_key_of_small_order_signs_nothing(point: bytes):
    """With the neutral point as key this signature would fit whatever data; with the others, some of it."""
    key = PublicKey.from_raw("Ed25519", point)
    forged = IDENTITY + bytes(32)
    assert not [text for text in range(64) if key.verify(b"%d" % text, forged)]


def test_the_forgery_that_a_key_of_small_order_allows_is_a_real_one():
    assert _openssl_takes(IDENTITY, IDENTITY + bytes(32), b"anything")


def _openssl_takes(key: Any, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True
