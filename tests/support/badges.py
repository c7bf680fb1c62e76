"""An institution, a stranger, a learner, and a signed badge to tamper with."""

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import Contexts
from protocols.credentials.open_badges import achievement_credential
from protocols.credentials.proofs import add_proof
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.jose.keys import PrivateKey

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SIGNED = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
COLLEGE = "did:web:college.example"
STRANGER = "did:web:stranger.example"
LEARNER = "did:web:learner.example"

EXAMPLES = Reading(
    contexts=Contexts(
        (
            (
                "https://www.w3.org/ns/credentials/examples/v2",
                b'{"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}',
            ),
        )
    )
)
"""The W3C's vectors use its examples context, which defines every term and is therefore not among the pinned ones."""


def key_of(did: str, name: str = "key-1", crv: str = "Ed25519") -> PrivateKey:
    """A key that is the same in every run."""
    seed = f"{did}#{name}".encode().ljust(32, b".")[-32:]
    return PrivateKey.from_secret(crv, seed, f"{did}#{name}")


def document_of(did: str, *relationships: str, key: PrivateKey | None = None, **method: Any) -> DidDocument:
    """A DID document with one key, in both signing relationships unless others are named."""
    key = key or key_of(did)
    entry = replace(VerificationMethod(id=key.kid, controller=did, type="Multikey", key=key.public), **method)
    names = relationships or ("assertionMethod", "authentication")
    return DidDocument(id=did, methods={key.kid: entry}, relationships=dict.fromkeys(names, (key.kid,)))


DOCUMENTS = {did: document_of(did) for did in (COLLEGE, STRANGER, LEARNER)}

ACHIEVEMENT = {
    "id": "https://college.example/achievements/forecast",
    "type": ["Achievement"],
    "achievementType": "Competency",
    "name": "Cash-flow forecasting",
    "description": "Builds a cash-flow forecast for a small business.",
    "criteria": {"narrative": "Built three forecasts that were reviewed by a practitioner."},
    "creditsAvailable": 3.0,
    "alignment": [
        {
            "type": ["Alignment"],
            "targetUrl": "http://data.europa.eu/esco/skill/00064735-8fad-454b-90c7-ed858cc993f2",
            "targetName": "forecast account metrics",
            "targetFramework": "ESCO",
            "targetType": "ext:ESCOSkill",
            "targetCode": "S2.7.1",
        }
    ],
}


def badge(**changes: Any) -> dict[str, Any]:
    """An unsigned badge of the college for the learner."""
    made = achievement_credential(
        id="https://college.example/credentials/1",
        issuer={"id": COLLEGE, "type": ["Profile"], "name": "Test College"},
        subject_did=LEARNER,
        achievement=copy.deepcopy(ACHIEVEMENT),
        valid_from=SIGNED,
        valid_until=datetime(2036, 6, 1, tzinfo=UTC),
    )
    return {**made, **changes}


def signed(
    document: dict[str, Any], by: str = COLLEGE, suite: str = "eddsa-rdfc-2022", **options: Any
) -> dict[str, Any]:
    """`document` with a proof by `by`'s key."""
    arguments = {"purpose": "assertionMethod", "created": SIGNED, "signer": key_of(by), **options}
    return add_proof(document, suite=suite, **arguments)
