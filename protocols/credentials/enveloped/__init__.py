"""Credentials and presentations inside a JOSE token instead of with a proof in them.

Spec: https://www.w3.org/TR/vc-jose-cose/, https://www.w3.org/TR/vc-data-model-2.0/#enveloped-verifiable-credentials
"""

from protocols.credentials.enveloped.envelope import Opened, contents_of, is_enveloped, open_envelope, signer_of, wrap
from protocols.credentials.enveloped.vc_jose import sign_jwt

__all__ = ["Opened", "contents_of", "is_enveloped", "open_envelope", "sign_jwt", "signer_of", "wrap"]
