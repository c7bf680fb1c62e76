"""XAES-256-GCM: AES-256-GCM with a 24-byte nonce, so that one key can seal without counting.

With AES-GCM's own 12-byte random nonces one key is good for some 2^32 messages; a busy node seals that many outbox
rows within its master key's life. Here each message gets a key derived from half of its nonce; the cipher is
AES-256-GCM throughout.

Spec: https://c2sp.org/XAES-256-GCM
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 32
NONCE_BYTES = 24
TAG_BYTES = 16


class NotOpened(Exception):
    """Another key, another context, or altered: which one is not known."""


def seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Ciphertext and tag. `key` 32 bytes, `nonce` 24 bytes, never twice for one key."""
    return AESGCM(_derive(key, nonce)).encrypt(nonce[12:], plaintext, aad)


def open(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """The plaintext; raises NotOpened."""
    try:
        return AESGCM(_derive(key, nonce)).decrypt(nonce[12:], ciphertext, aad)
    except InvalidTag as error:
        raise NotOpened from error


def _derive(key: bytes, nonce: bytes) -> bytes:
    """NIST SP 800-108r1 KDF in counter mode over CMAC, with the first half of the nonce as context."""
    return b"".join(_cmac(key, bytes((0, counter)) + b"X\0" + nonce[:12]) for counter in (1, 2))


def _cmac(key: bytes, block: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(block)
    return mac.finalize()
