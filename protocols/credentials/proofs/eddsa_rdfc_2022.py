"""eddsa-rdfc-2022: Ed25519 over the statements of a document. The default for badges.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-rdfc-2022
"""

from protocols.credentials.proofs.rdfc import rdfc_suite

SUITE = rdfc_suite(
    "eddsa-rdfc-2022", proof_type="DataIntegrityProof", cryptosuite="eddsa-rdfc-2022", curves=("Ed25519",)
)
