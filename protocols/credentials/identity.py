"""Whom a badge is about, where it names no DID: identifiers, in clear or as salted hashes.

Spec: https://www.imsglobal.org/spec/ob/v3p0#identityobject
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from protocols.credentials.shape import as_object, as_text, many
from protocols.jose.encoding import JsonObject

_ALGORITHMS = ("sha256", "md5")
"""Of hashes that are read; the second is in badges of earlier days, and is written by nobody here."""


def identity_object(identity: str, *, kind: str, salt: str) -> JsonObject:
    """An IdentityObject that tells `identity` only to whoever knows it already.

    Args:
        kind: an identityType of the specification, as emailAddress.
        salt: random, and of this badge alone.
    """
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${_hash('sha256', identity, salt)}",
        "identityType": kind,
        "salt": salt,
    }


def names(subject: Mapping[str, Any], identity: str) -> bool:
    """Whether one of the subject's identifiers is `identity`; hashes are of the text as it is, case included."""
    identifiers = (as_object(item) or {} for item in many(subject.get("identifier")))
    return any(_is(identifier, identity) for identifier in identifiers)


def _is(identifier: Mapping[str, Any], identity: str) -> bool:
    stated, salt = as_text(identifier.get("identityHash")), as_text(identifier.get("salt")) or ""
    if stated is None:
        return False
    if identifier.get("hashed") is not True:
        return hmac.compare_digest(stated.encode(), identity.encode())
    algorithm, dollar, digest = stated.partition("$")
    if not dollar or algorithm not in _ALGORITHMS:
        return False
    return hmac.compare_digest(digest.lower().encode(), _hash(algorithm, identity, salt).encode())


def _hash(algorithm: str, identity: str, salt: str) -> str:
    return hashlib.new(algorithm, (identity + salt).encode(), usedforsecurity=False).hexdigest()
