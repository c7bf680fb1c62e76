"""Data Integrity proofs: one file a suite, found by a scan; what they share is in `create` and `check`.

Spec: https://www.w3.org/TR/vc-data-integrity/
"""

from protocols.credentials.proofs.check import MAX_PROOFS, check_proofs, signed_digest
from protocols.credentials.proofs.create import add_proof, proofs_of
from protocols.credentials.proofs.derive import derive_proof
from protocols.credentials.proofs.result import ProofResult

__all__ = ["MAX_PROOFS", "ProofResult", "add_proof", "check_proofs", "derive_proof", "proofs_of", "signed_digest"]
