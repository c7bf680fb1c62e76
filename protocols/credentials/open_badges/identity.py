"""Who a badge is about where no DID says it: an identity in the clear, or its salted hash.

Spec: https://www.imsglobal.org/spec/ob/v3p0/#identityobject, #identityhash
"""

import hashlib
from dataclasses import dataclass

_SHA256 = "sha256$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identity that somebody is known to have: `type` of the specification's list, for instance emailAddress."""

    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityObject:
    """One identity of the subject as its issuer wrote it; `identity_hash` is the clear value where not `hashed`."""

    hashed: bool
    identity_hash: str
    identity_type: str
    type: str = "IdentityObject"
    salt: str | None = None


def identity_hash(value: str, salt: str | None = None) -> str:
    """`sha256$` and the hash of `value` followed by `salt`, in lower-case hexadecimal."""
    return _SHA256 + hashlib.sha256((value + (salt or "")).encode("utf-8", "surrogatepass")).hexdigest()


def hashed_identity(identity: Identity, salt: str) -> IdentityObject:
    """The identity to put into a badge without saying it; `salt` is drawn anew for each badge."""
    return IdentityObject(
        hashed=True, identity_hash=identity_hash(identity.value, salt), identity_type=identity.type, salt=salt
    )


def is_identity_of(found: IdentityObject, identity: Identity) -> bool | None:
    """Whether `found` names `identity`: compared as it is, code point by code point, within one type.

    None: it cannot tell, because it is of another type or hashed with something else than SHA-256. MD5, which the
    specification also knows, is not relied upon: two people can be made to share a hash.
    """
    if found.identity_type != identity.type:
        return None
    if not found.hashed:
        return found.identity_hash == identity.value
    if not found.identity_hash.lower().startswith(_SHA256):
        return None
    return found.identity_hash.lower() == identity_hash(identity.value, found.salt)
