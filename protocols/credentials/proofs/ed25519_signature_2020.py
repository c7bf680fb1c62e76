"""Ed25519Signature2020: the older form of eddsa-rdfc-2022, which today's learners' wallets sign presentations with.

It is a proof type of its own, so a document needs the context that defines it.

Spec: https://www.w3.org/TR/vc-di-eddsa/#ed25519signature2020-0
"""

from protocols.credentials.proofs.rdfc import rdfc_suite

SUITE = rdfc_suite("Ed25519Signature2020", proof_type="Ed25519Signature2020", cryptosuite=None, curves=("Ed25519",))
