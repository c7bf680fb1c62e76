"""Content encryption: the symmetric half of a JWE.

Specs: RFC 7518 section 5 (A256CBC-HS512, A256GCM), draft-amringer-jose-chacha-02 (XC20P).
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass

from Cryptodome.Cipher import ChaCha20_Poly1305
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.padding import PKCS7

from protocols.didcomm.refusal import refused

_Encrypt = Callable[[bytes, bytes, bytes, bytes], tuple[bytes, bytes]]
_Decrypt = Callable[[bytes, bytes, bytes, bytes, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentEncryption:
    """One `enc` algorithm.

    `encrypt(key, iv, plaintext, aad)` gives ciphertext and tag; `decrypt(key, iv, ciphertext, tag, aad)` gives the
    plaintext or raises EnvelopeError. Callers hand over a key and an iv of the right length.
    """

    key_bytes: int
    iv_bytes: int
    tag_bytes: int
    encrypt: _Encrypt
    decrypt: _Decrypt


def _cbc_tag(key: bytes, iv: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    length = (8 * len(aad)).to_bytes(8, "big")
    return hmac.digest(key[:32], aad + iv + ciphertext + length, hashlib.sha512)[:32]


def _cbc_encrypt(key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    return ciphertext, _cbc_tag(key, iv, ciphertext, aad)


def _cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes:
    # The tag is checked before anything is decrypted: padding is never an oracle.
    if not hmac.compare_digest(tag, _cbc_tag(key, iv, ciphertext, aad)):
        raise refused()
    try:
        decryptor = Cipher(algorithms.AES(key[32:]), modes.CBC(iv)).decryptor()
        unpadder = PKCS7(128).unpadder()
        return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise refused() from error


def _gcm_encrypt(key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    sealed = AESGCM(key).encrypt(iv, plaintext, aad)
    return sealed[:-16], sealed[-16:]


def _gcm_decrypt(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(iv, ciphertext + tag, aad)
    except InvalidTag as error:
        raise refused() from error


def _xc20p_encrypt(key: bytes, iv: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    cipher = ChaCha20_Poly1305.new(key=key, nonce=iv)
    cipher.update(aad)
    return cipher.encrypt_and_digest(plaintext)


def _xc20p_decrypt(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, aad: bytes) -> bytes:
    cipher = ChaCha20_Poly1305.new(key=key, nonce=iv)
    cipher.update(aad)
    try:
        return cipher.decrypt_and_verify(ciphertext, tag)
    except ValueError as error:
        raise refused() from error


CONTENT_ENCRYPTIONS = {
    "A256CBC-HS512": ContentEncryption(
        key_bytes=64, iv_bytes=16, tag_bytes=32, encrypt=_cbc_encrypt, decrypt=_cbc_decrypt
    ),
    "A256GCM": ContentEncryption(key_bytes=32, iv_bytes=12, tag_bytes=16, encrypt=_gcm_encrypt, decrypt=_gcm_decrypt),
    "XC20P": ContentEncryption(key_bytes=32, iv_bytes=24, tag_bytes=16, encrypt=_xc20p_encrypt, decrypt=_xc20p_decrypt),
}
"""Those of DIDComm v2.1, by their JOSE name."""
