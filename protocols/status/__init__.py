"""Status lists: what an issuer publishes about its credentials, and what a verifier may conclude without asking it.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/
"""
