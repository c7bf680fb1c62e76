"""Two or three DIDs with a key of every kind, for tests of envelopes: all made up, always the same."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.jose.keys import Entropy, PrivateKey

SIGNING = ("Ed25519", "P-256", "secp256k1")
AGREEING = ("X25519", "P-256", "P-384", "P-521")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Party:
    """A DID, its document, and the private half of it."""

    did: str
    raw: dict[str, Any]
    document: DidDocument
    keys: dict[str, PrivateKey]

    def signer(self, crv: str = "Ed25519") -> PrivateKey:
        return self.keys[f"{self.did}#sign-{crv}"]

    def agreement(self, crv: str = "X25519") -> PrivateKey:
        return self.keys[f"{self.did}#agree-{crv}-1"]

    def recipients(self, crv: str = "X25519") -> tuple[VerificationMethod, ...]:
        return self.document.keys_for("keyAgreement", crv)

    @property
    def secrets(self) -> dict[str, PrivateKey]:
        return {kid: key for kid, key in self.keys.items() if "#agree-" in kid}


def entropy_of(seed: str) -> Entropy:
    """Bytes that look random and are the same in every run."""
    return random.Random(seed).randbytes


@cache
def party(name: str) -> Party:
    """The party `did:example:<name>`: three signing keys, two agreement keys of each curve."""
    did, entropy = f"did:example:{name}", entropy_of(name)
    kids = {f"{did}#sign-{crv}": crv for crv in SIGNING}
    kids |= {f"{did}#agree-{crv}-{number}": crv for crv in AGREEING for number in (1, 2)}
    keys = {kid: PrivateKey.generate(crv, entropy, kid) for kid, crv in kids.items()}
    raw = {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "verificationMethod": [
            {"id": kid, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": key.public.to_jwk()}
            for kid, key in keys.items()
        ],
        "authentication": [kid for kid in keys if "#sign-" in kid],
        "assertionMethod": [],
        "keyAgreement": [kid for kid in keys if "#agree-" in kid],
        "service": [],
    }
    return Party(did=did, raw=raw, document=parse_document(raw, did), keys=keys)


def documents(*parties: Party) -> dict[str, DidDocument]:
    return {each.did: each.document for each in parties}


def lunch(sender: Party | None, *to: Party, **headers: Any) -> Message:
    """A message of no importance."""
    known: dict[str, Any] = {
        "id": "m-1",
        "type": "https://didcomm.org/lets_do_lunch/1.0/proposal",
        "sender": sender.did if sender else None,
        "to": tuple(each.did for each in to),
        "body": {"where": "Zoë’s"},
        "created_time": NOW,
    }
    return Message(**{**known, **headers})


def peer4_input(
    signing: PrivateKey, agreeing: PrivateKey, uri: str = "https://relay.example/didcomm"
) -> dict[str, Any]:
    """An input document for a did:peer:4 with keys `#sign` and `#agree`."""
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "verificationMethod": [
            {"id": "#sign", "type": "Multikey", "publicKeyMultibase": encode_multikey(signing.public)},
            {"id": "#agree", "type": "Multikey", "publicKeyMultibase": encode_multikey(agreeing.public)},
        ],
        "authentication": ["#sign"],
        "keyAgreement": ["#agree"],
        "service": [{"id": "#didcomm", "type": "DIDCommMessaging", "serviceEndpoint": {"uri": uri}}],
    }
