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


class Purpose(StrEnum):
    """What a key is for: a relationship of the DID document, or federation. One key has one purpose."""

    AUTHENTICATION = "authentication"
    ASSERTION = "assertionMethod"
    AGREEMENT = "keyAgreement"
    FEDERATION = "federation"
    """Not in the DID document: named by thumbprint in entity statements, and used for nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """One key of ours, its public part. `retired_at` is when another took its place; None for the one in use."""

    kid: str
    purpose: Purpose
    public: PublicKey
    created_at: datetime
    retired_at: datetime | None = None


def build_did_document(did: str, base_url: str, keys: Sequence[OwnKey]) -> JsonObject:
    """The document as served.

    A retired signing key stays as a method, in its relationship, with `expires`: what it signed before still
    verifies. A retired agreement key is left out, so that nobody encrypts for it; it is kept for opening what is
    under way.

    Args:
        base_url: the https URL that stands for this organisation; also its federation entity id.
        keys: in any order; federation keys are passed over.
    """
    listed = [key for key in keys if _is_listed(key)]
    listed.sort(key=lambda key: (list(Purpose).index(key.purpose), key.retired_at is not None, key.kid))
    document: JsonObject = {"@context": list(CONTEXT), "id": did, "alsoKnownAs": [base_url]}
    document["verificationMethod"] = [_method(did, key) for key in listed]
    for purpose in (Purpose.AUTHENTICATION, Purpose.ASSERTION, Purpose.AGREEMENT):
        document[purpose.value] = [key.kid for key in listed if key.purpose is purpose]
    document["service"] = [
        {
            "id": f"{did}#didcomm",
            "type": "DIDCommMessaging",
            "serviceEndpoint": {"uri": f"{base_url}/didcomm", "accept": ["didcomm/v2"], "routingKeys": []},
        }
    ]
    return document


def _is_listed(key: OwnKey) -> bool:
    return key.purpose is not Purpose.FEDERATION and (key.retired_at is None or key.purpose is not Purpose.AGREEMENT)


def _method(did: str, key: OwnKey) -> JsonObject:
    method: JsonObject = {
        "id": key.kid,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": encode_multikey(key.public),
    }
    if key.retired_at is not None:
        # To the full second after, so that what was signed within that second is not past it.
        expires = (key.retired_at + timedelta(seconds=1)).replace(microsecond=0)
        method["expires"] = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    return method
