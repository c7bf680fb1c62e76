"""Data Integrity proofs: one file a suite, found by a scan; what they share is in `create` and `check`.

Spec: https://www.w3.org/TR/vc-data-integrity/
"""

from protocols.credentials.proofs.check import check_proofs
from protocols.credentials.proofs.create import add_proof, proofs_of
from protocols.credentials.proofs.result import ProofResult

__all__ = ["ProofResult", "add_proof", "check_proofs", "proofs_of"]
