"""The digests by which consent names what it must not show."""

import re
from typing import Any

from protocols.errors import MalformedCredential, MalformedMessage
from protocols.jose.encoding import JsonObject, b64url_encode, digest, digest_json
from protocols.jose.keys import Entropy

SALT_BYTES = 16
_SALT = re.compile(r"[A-Za-z0-9_-]{22,86}\Z")


def new_salt(entropy: Entropy) -> str:
    """16 unpredictable bytes in base64url: what stands salted in a record cannot be found by trying names."""
    return b64url_encode(entropy(SALT_BYTES))


def salted_digest(salt: str, text: str) -> str:
    """SHA-256 over the RFC 8785 form of `[salt, text]`: no other pair of texts has the same bytes.

    Raises MalformedMessage for a salt of fewer than 16 bytes.
    """
    if not _SALT.match(salt):
        raise MalformedMessage("not a salt", expected=f"at least {SALT_BYTES} bytes in base64url")
    return digest_json([salt, text])


def credential_digest(credential: JsonObject | str) -> str:
    """A credential's own digest: over its RFC 8785 form, or over the exact characters of one in compact JOSE form."""
    if isinstance(credential, str) and not credential.isascii():
        raise MalformedCredential("not a credential in compact JOSE form", expected="ASCII characters")
    return digest(credential.encode("utf-8")) if isinstance(credential, str) else digest_json(credential)


def payload_hash(inner_jwe: Any) -> str:
    """What a use binds itself to: the digest of the inner JWE's JSON, which is all that relays see of it."""
    return digest_json(inner_jwe)
