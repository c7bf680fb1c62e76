"""A DID document as this program uses it: keys by relationship, services by type.

Spec: https://www.w3.org/TR/cid-1.0/ and https://www.w3.org/TR/did-1.0/#core-properties
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from protocols.jose.keys import PublicKey

RELATIONSHIPS = ("authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMethod:
    """One public key of a document.

    `id` is an absolute DID URL. `expires` and `revoked` are from the document (Controlled Identifiers 1.0 section
    2.2): a rotated key stays listed with `expires`, so that what it signed before still verifies.
    """

    id: str
    controller: str
    type: str
    key: PublicKey
    expires: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where DIDComm messages go: a URL or another DID (a mediator), and the keys to wrap for on the way."""

    uri: str
    accept: tuple[str, ...] = ()
    routing_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service entry; `endpoints` is filled for type DIDCommMessaging, in the order of preference given."""

    id: str
    type: str
    endpoints: tuple[Endpoint, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class DidDocument:
    """A resolved document. Methods whose key type is unknown are left out, never guessed."""

    id: str
    also_known_as: tuple[str, ...] = ()
    methods: Mapping[str, VerificationMethod]
    relationships: Mapping[str, tuple[str, ...]]
    services: tuple[Service, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def method(self, kid: str, relationship: str | None = None) -> VerificationMethod | None:
        """The key `kid` (absolute DID URL) when it stands in this document, for `relationship` where one is given.

        A did:peer:2 key is found by its older name too; relationships list each key once, under the current name.
        """
        method = self.methods.get(kid)
        if method is None or relationship is None or method.id in self.relationships.get(relationship, ()):
            return method
        return None

    def keys_for(self, relationship: str, crv: str | None = None) -> tuple[VerificationMethod, ...]:
        """The keys of a relationship in document order, of one curve where `crv` is given."""
        found = (self.methods[kid] for kid in self.relationships.get(relationship, ()) if kid in self.methods)
        return tuple(method for method in found if crv is None or method.key.crv == crv)

    def recipients(self, crv: str, now: datetime) -> tuple[VerificationMethod, ...]:
        """The keyAgreement keys to encrypt for at `now`: of one curve, none that has expired or was revoked.

        A key with an end still opens what is under way; nobody encrypts for it where there is one without.
        """
        ends = [(method, method.revoked or method.expires) for method in self.keys_for("keyAgreement", crv)]
        lasting = tuple(method for method, end in ends if end is None)
        return lasting or tuple(method for method, end in ends if end is not None and now < end)

    @property
    def didcomm_endpoint(self) -> Endpoint | None:
        """The first endpoint of the first DIDCommMessaging service that accepts didcomm/v2 (or does not say)."""
        for service in self.services:
            if service.type == "DIDCommMessaging":
                for endpoint in service.endpoints:
                    if not endpoint.accept or "didcomm/v2" in endpoint.accept:
                        return endpoint
        return None
