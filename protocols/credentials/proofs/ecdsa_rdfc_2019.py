"""ecdsa-rdfc-2019: P-256 with SHA-256, or P-384 with SHA-384, over the statements of a document.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-rdfc-2019
"""

from protocols.credentials.proofs.rdfc import rdfc_suite

SUITE = rdfc_suite(
    "ecdsa-rdfc-2019", proof_type="DataIntegrityProof", cryptosuite="ecdsa-rdfc-2019", curves=("P-256", "P-384")
)
