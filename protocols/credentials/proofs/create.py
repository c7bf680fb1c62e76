"""Adding a proof to a document.

Spec: https://www.w3.org/TR/vc-data-integrity/#add-proof and #add-proof-set-chain
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from protocols.credentials.canonical import USUAL, Reading
from protocols.credentials.proofs.suite import suite_named
from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time
from protocols.errors import MalformedCredential, UnsupportedMessage
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Entropy, Signer


def add_proof(
    document: JsonObject,
    *,
    suite: str,
    signer: Signer,
    purpose: str,
    created: datetime,
    challenge: str | None = None,
    domain: str | Sequence[str] | None = None,
    expires: datetime | None = None,
    proof_id: str | None = None,
    previous_proof: str | None = None,
    mandatory_pointers: Sequence[str] | None = None,
    entropy: Entropy | None = None,
    reading: Reading = USUAL,
) -> JsonObject:
    """`document` with a further proof; those it has are kept, and become a set with this one.

    Args:
        suite: a name in `suite.suites()`.
        signer: its kid is the verificationMethod, a DID URL.
        purpose: the verification relationship: assertionMethod for credentials, authentication for presentations.
        previous_proof: the id of a proof already there, which this one then signs along with the document.
        mandatory_pointers: what every proof derived from this one has to show; for selective suites alone.
        entropy: which such suites need.

    Raises:
        UnsupportedMessage: an unknown suite, a key of a curve it does not use, or pointers for one that shows all.
        MalformedCredential: the document cannot be signed as it stands, or has no such previous proof.
    """
    chosen = suite_named(suite)
    if signer.public.crv not in chosen.curves:
        raise UnsupportedMessage(
            "a key of another curve", found=signer.public.crv, expected=f"{', '.join(chosen.curves)} for {suite}"
        )
    options: JsonObject = {
        "id": proof_id,
        "type": chosen.proof_type,
        "cryptosuite": chosen.cryptosuite,
        "created": format_time(created),
        "expires": None if expires is None else format_time(expires),
        "verificationMethod": signer.kid,
        "proofPurpose": purpose,
        "challenge": challenge,
        "domain": list(domain) if domain is not None and not isinstance(domain, str) else domain,
        "previousProof": previous_proof,
    }
    options = {name: value for name, value in options.items() if value is not None}
    existing = proofs_of(document)
    part = secured_part(document, options, existing)
    if chosen.selective is not None and entropy is not None:
        proof = chosen.selective.sign_base(part, options, signer, reading, mandatory_pointers or (), entropy)
    elif chosen.sign is not None and mandatory_pointers is None:
        proof = chosen.sign(part, options, signer, reading)
    else:
        raise UnsupportedMessage("pointers for a suite that shows all", found=suite, expected="a selective suite")
    return {**document, "proof": [*existing, proof] if existing else proof}


def proofs_of(document: JsonObject) -> list[Any]:
    """The `proof` of a document as a list, unchecked; empty where there is none."""
    return many(document.get("proof"))


def secured_part(document: JsonObject, proof: JsonObject, others: Sequence[Any]) -> JsonObject:
    """What `proof` signs: the document without proofs but with those that `proof` names as previous.

    Raises:
        MalformedCredential: a previous proof that is not there.
    """
    part = {name: value for name, value in document.items() if name != "proof"}
    if "previousProof" not in proof:
        return part
    ids = many(proof["previousProof"])
    previous = [other for other in map(as_object, others) if other and as_text(other.get("id")) in ids]
    if not ids or {other["id"] for other in previous} != set(map(str, ids)):
        raise MalformedCredential("the proof builds on a previous proof that is not there")
    return {**part, "proof": previous}
