"""eddsa-jcs-2022: Ed25519 over the JSON itself in RFC 8785 form. For the documents that nodes make for each other.

Spec: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

from protocols.credentials.proofs.jcs import jcs_suite

SUITE = jcs_suite("eddsa-jcs-2022", curves=("Ed25519",))
