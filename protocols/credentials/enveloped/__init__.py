"""Credentials and presentations secured by JOSE: the proof is around the document instead of in it.

`opening` is the door for whoever checks; `vc_jose` and `sd_jwt_vc` are for whoever signs and holds.
"""

from protocols.credentials.enveloped.envelope import is_enveloped, unwrap, wrap
from protocols.credentials.enveloped.kinds import Kind, Opened
from protocols.credentials.enveloped.opening import open_envelope
from protocols.credentials.enveloped.reading import (
    as_envelope,
    contents_of,
    dids_of,
    has_key_binding,
    is_sd_jwt,
    issuer_of,
    status_claim_of,
)
from protocols.credentials.enveloped.sd_jwt_vc import issue_sd_jwt_vc, present_sd_jwt, sign_vc_sd_jwt
from protocols.credentials.enveloped.sd_jwt_vc_claims import SdJwtVc
from protocols.credentials.enveloped.vc_jose import sign_vc_jwt, sign_vp_jwt

__all__ = [
    "Kind",
    "Opened",
    "SdJwtVc",
    "as_envelope",
    "contents_of",
    "dids_of",
    "has_key_binding",
    "is_enveloped",
    "is_sd_jwt",
    "issue_sd_jwt_vc",
    "issuer_of",
    "open_envelope",
    "present_sd_jwt",
    "sign_vc_jwt",
    "sign_vc_sd_jwt",
    "sign_vp_jwt",
    "status_claim_of",
    "unwrap",
    "wrap",
]
