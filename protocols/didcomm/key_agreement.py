"""Key agreement with key wrapping: how each recipient of a JWE gets at the content key.

Specs: RFC 7518 section 4.6 (ECDH-ES), draft-madden-jose-ecdh-1pu-04 (ECDH-1PU), RFC 3394 (AES key wrap).
"""

import hashlib

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from protocols.didcomm.refusal import refused

ECDH_ES = "ECDH-ES+A256KW"
ECDH_1PU = "ECDH-1PU+A256KW"
KEY_BITS = 256


def derive_key(
    z: bytes, *, alg: str, apu: bytes, apv: bytes, tag: bytes | None = None, key_bits: int = KEY_BITS
) -> bytes:
    """The key-wrapping key: Concat KDF (NIST SP 800-56A section 5.8.1) with SHA-256, one round.

    Args:
        z: the shared secret; for ECDH-1PU that with the ephemeral key, then that with the sender's.
        tag: for ECDH-1PU the authentication tag of the content, which binds the wrapped key to the ciphertext: without
            it one recipient could send the others another message in the sender's name (draft section 2.3).
        key_bits: at most 256.
    """
    info = _counted(alg.encode("ascii")) + _counted(apu) + _counted(apv) + key_bits.to_bytes(4, "big")
    if tag is not None:
        info += _counted(tag)
    return hashlib.sha256((1).to_bytes(4, "big") + z + info).digest()[: key_bits // 8]


def wrap_key(key: bytes, content_key: bytes) -> bytes:
    """`content_key` under `key`: 8 bytes longer than it was."""
    return aes_key_wrap(key, content_key)


def unwrap_key(key: bytes, wrapped: bytes, content_key_bytes: int) -> bytes:
    """The content key; raises EnvelopeError when it was not wrapped under `key` or is of another length."""
    if len(wrapped) != content_key_bytes + 8:
        raise refused()
    try:
        return aes_key_unwrap(key, wrapped)
    except InvalidUnwrap as error:
        raise refused() from error


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
