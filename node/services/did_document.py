"""The DID document of an organisation, built from its keys. Nothing else on this node writes one.

Spec: https://www.w3.org/TR/cid-1.0/ and https://identity.foundation/didcomm-messaging/spec/v2.1/#service-endpoint
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey

CONTEXT = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
SETTLES_AFTER = timedelta(minutes=10)
"""How long a new key is published before it is used: wallets and nodes keep a document for minutes."""
UNDER_WAY_FOR = timedelta(days=8)
"""How long an agreement key stays published after the last message under it: mail waits a week for its phone."""


class Purpose(StrEnum):
    """What a key is for: a relationship of the DID document, or federation. One key has one purpose."""

    AUTHENTICATION = "authentication"
    ASSERTION = "assertionMethod"
    """Ed25519: what this node signs with when nobody asks for another curve."""
    ASSERTION_P256 = "assertionMethod-P-256"
    ASSERTION_P384 = "assertionMethod-P-384"
    AGREEMENT = "keyAgreement"
    FEDERATION = "federation"
    """Not in the DID document: named by thumbprint in entity statements, and used for nothing else."""

    @property
    def relationship(self) -> str:
        """The verification relationship in the DID document that its keys stand in."""
        return self.value.partition("-")[0]


RELATIONSHIPS = tuple(dict.fromkeys(purpose.relationship for purpose in Purpose if purpose is not Purpose.FEDERATION))
"""Those of the DID document, in its order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """One key of ours, its public part.

    `retired_at` is when a newer one was made; None for the newest. `revoked_at` is when it was reported leaked.
    """

    kid: str
    purpose: Purpose
    public: PublicKey
    created_at: datetime
    retired_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def used_until(self) -> datetime | None:
        """Until when we sign, or send, under a key of the DID document; None for the newest."""
        return self.revoked_at if self.revoked_at or self.retired_at is None else self.retired_at + SETTLES_AFTER


def key_in_use(keys: Sequence[OwnKey], purpose: Purpose, now: datetime) -> OwnKey | None:
    """The key of the DID document that we sign, or send, under at `now`: the oldest that still may.

    Args:
        keys: oldest first.
    """
    possible = (key for key in keys if key.purpose is purpose)
    return next((key for key in possible if key.used_until is None or now < key.used_until), None)


def build_did_document(did: str, base_url: str, keys: Sequence[OwnKey], now: datetime) -> JsonObject:
    """The document as served.

    A new key is listed first, and used `SETTLES_AFTER` later, when nobody has a document without it any more; then
    the old one expires. A signing key stays as a method, in its relationship, with `expires`: what it signed before
    still verifies; one that leaked has `revoked` too: what it signed before is only its signer's word. An agreement
    key expires when no message under it can wait anywhere any more, since whoever opens one looks its sender's key
    up here; then it goes, and one that leaked goes at once.

    Args:
        base_url: the https URL that stands for this organisation; also its federation entity id.
        keys: in any order; federation keys are passed over.
    """
    listed = [key for key in keys if _is_listed(key, now)]
    listed.sort(key=lambda key: (list(Purpose).index(key.purpose), key.retired_at is not None, key.kid))
    document: JsonObject = {"@context": list(CONTEXT), "id": did, "alsoKnownAs": [base_url]}
    document["verificationMethod"] = [_method(did, key) for key in listed]
    for name in RELATIONSHIPS:
        document[name] = [key.kid for key in listed if key.purpose.relationship == name]
    document["service"] = [
        {
            "id": f"{did}#didcomm",
            "type": "DIDCommMessaging",
            "serviceEndpoint": {"uri": f"{base_url}/didcomm", "accept": ["didcomm/v2"], "routingKeys": []},
        }
    ]
    return document


def _is_listed(key: OwnKey, now: datetime) -> bool:
    match key.purpose:
        case Purpose.FEDERATION:
            return False
        case Purpose.AGREEMENT:
            ended = _expiry(key)
            return ended is None or (key.revoked_at is None and now < ended)
        case _:
            return True


def _method(did: str, key: OwnKey) -> JsonObject:
    method: JsonObject = {
        "id": key.kid,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": encode_multikey(key.public),
    }
    if (expiry := _expiry(key)) is not None:
        method["expires"] = _second_after(expiry)
    if key.revoked_at is not None:
        method["revoked"] = _second_after(key.revoked_at)
    return method


def _expiry(key: OwnKey) -> datetime | None:
    until = key.used_until
    return until if until is None or key.purpose is not Purpose.AGREEMENT else until + UNDER_WAY_FOR


def _second_after(at: datetime) -> str:
    """To the full second after, so that what was signed within that second is not past it."""
    return (at + timedelta(seconds=1)).replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")
