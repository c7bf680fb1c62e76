"""Packing and opening an authcrypt message of 1 kB: X25519, ECDH-1PU, A256CBC-HS512."""

import hashlib
import hmac
import os
from contextlib import ExitStack
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.padding import PKCS7

from benchmarks.measure import Benchmark, Measured, NotMeasured, race, rate
from benchmarks.peers import DIDCOMM_PACKAGE, didcomm_command, running
from protocols.didcomm.envelope import pack_authcrypt, pack_plain, unpack
from protocols.didcomm.message import Message
from tests.support.parties import NOW, Party, documents, lunch, party

PLAINTEXT_BYTES = 1_000
NOTE = (
    "pack and unpack of a 1 kB authcrypt message, documents at hand; floor: the primitives alone (key made, "
    "4 X25519, 2 KDF, AES-KW both ways, AES-CBC and HMAC both ways), static keys prepared, no JSON"
)


def authcrypt_roundtrip() -> Measured:
    """Ours, the bare primitives, and PyPI didcomm."""
    alice, bob = party("alice"), party("bob")
    message = _message(alice, bob)
    note, peers = NOTE, {}
    with ExitStack() as stack:
        try:
            job = _job(alice, bob, message)
            peers = {DIDCOMM_PACKAGE: stack.enter_context(running(didcomm_command(), job))}
        except NotMeasured as missing:
            note = f"{note}; {DIDCOMM_PACKAGE} not measured: {missing}"
        return race(
            lambda: rate(_ours(alice, bob, message)),
            lambda: rate(_floor(pack_plain(message))),
            peers,
            unit="round trips/s",
            note=note,
        )


def _message(sender: Party, to: Party) -> Message:
    short = lunch(sender, to, body={"text": ""})
    return lunch(sender, to, body={"text": "x" * (PLAINTEXT_BYTES - len(pack_plain(short)))})


def _ours(alice: Party, bob: Party, message: Message) -> Any:
    recipients, known = bob.recipients()[:1], documents(alice, bob)
    sender, secrets = alice.agreement(), bob.secrets

    def roundtrip(_: int) -> None:
        packed = pack_authcrypt(message, sender=sender, recipients=recipients, entropy=os.urandom)
        if unpack(packed, secrets=secrets, documents=known, now=NOW).sender != alice.did:
            raise AssertionError("it opened as somebody else's")

    return roundtrip


def _floor(plaintext: bytes) -> Any:
    alice, bob = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    alice_public, bob_public = alice.public_key(), bob.public_key()
    header = b"h" * 400

    def kdf(z: bytes, tag: bytes) -> bytes:
        return hashlib.sha256(z + tag).digest()

    def seal(key: bytes, iv: bytes) -> tuple[bytes, bytes]:
        padder = PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).encryptor()
        ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
        return ciphertext, hmac.digest(key[:32], header + iv + ciphertext, hashlib.sha512)[:32]

    def unseal(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
        assert hmac.compare_digest(tag, hmac.digest(key[:32], header + iv + ciphertext, hashlib.sha512)[:32])
        decryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()

    def roundtrip(_: int) -> None:
        ephemeral = X25519PrivateKey.generate()
        epk = ephemeral.public_key()
        key, iv = os.urandom(64), os.urandom(16)
        ciphertext, tag = seal(key, iv)
        wrapped = aes_key_wrap(kdf(ephemeral.exchange(bob_public) + alice.exchange(bob_public), tag), key)
        unwrapped = aes_key_unwrap(kdf(bob.exchange(epk) + bob.exchange(alice_public), tag), wrapped)
        assert unseal(unwrapped, iv, ciphertext, tag) == plaintext

    return roundtrip


def _job(alice: Party, bob: Party, message: Message) -> dict[str, Any]:
    """The same for the peer: the same keys, the same message, one recipient key."""
    return {
        "documents": [alice.raw, bob.raw],
        "secrets": [{**key.to_jwk(), "kid": kid} for each in (alice, bob) for kid, key in each.keys.items()],
        "message": message.to_json(),
        "from": alice.agreement().kid,
        "to": bob.agreement().kid,
    }


BENCHMARKS = (Benchmark(name="didcomm.authcrypt_roundtrip_1kB", measure=authcrypt_roundtrip),)
