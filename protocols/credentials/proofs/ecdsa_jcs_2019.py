"""ecdsa-jcs-2019: P-256 with SHA-256, or P-384 with SHA-384, over the JSON itself in RFC 8785 form.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019
"""

from protocols.credentials.proofs.jcs import jcs_suite

SUITE = jcs_suite("ecdsa-jcs-2019", curves=("P-256", "P-384"))
