"""Tokens as they should be, the parts to make others from, and a way to open them."""

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from protocols.credentials.enveloped import (
    Kind,
    Opened,
    issue_sd_jwt_vc,
    open_envelope,
    present_sd_jwt,
    sign_vc_jwt,
    sign_vc_sd_jwt,
    sign_vp_jwt,
    wrap,
)
from protocols.credentials.presentation import presentation_of
from protocols.dids.document import DidDocument
from protocols.jose.encoding import b64url_decode, b64url_encode
from protocols.jose.keys import PrivateKey
from tests.support.badges import COLLEGE, DOCUMENTS, LEARNER, NOW, SIGNED, badge, document_of, key_of

SALT = b64url_encode(bytes(range(16)))
NONCE, AUDIENCE = "n-0S6_WzA2Mj", "https://employer.example"
VCT = "https://college.example/types/forecaster"
STATUS = {"status_list": {"idx": 5, "uri": "https://college.example/tokens/1"}}
EC = {
    crv: {**DOCUMENTS, COLLEGE: document_of(COLLEGE, key=key_of(COLLEGE, crv=crv))}
    for crv in ("P-256", "P-384", "P-521")
}
"""The same documents, the college with a key of another curve."""
VC_HEADER = {"alg": "EdDSA", "typ": "vc+jwt", "cty": "vc", "kid": f"{COLLEGE}#key-1"}
VP_HEADER = {"alg": "EdDSA", "typ": "vp+jwt", "cty": "vp", "kid": f"{LEARNER}#key-1"}
SD_HEADER = {"alg": "EdDSA", "typ": "dc+sd-jwt", "kid": f"{COLLEGE}#key-1"}
JWT_HEADER = {"alg": "EdDSA", "typ": "JWT", "kid": f"{COLLEGE}#key-1"}
CLAIMS: dict[str, Any] = {
    "given_name": "Ada",
    "achievement": {"name": "Cash-flow forecasting", "level": 3, "credits": [3.0, "ECTS"]},
    "skills": ["forecasting", {"name": "budgeting", "score": 0.5}, None],
}
PATHS = [("given_name",), ("achievement",), ("achievement", "level"), ("achievement", "credits", 1), ("skills", None)]


def entropy_of(name: str) -> Any:
    """An entropy function that gives the same bytes in every run."""
    count = iter(range(1_000_000))
    return lambda size: hashlib.shake_256(f"{name} {next(count)}".encode()).digest(size)


def forge(
    header: Mapping[str, Any] | str, payload: Mapping[str, Any] | str, key: PrivateKey | None = None, **changes: Any
) -> str:
    """A token with exactly this header and payload, JSON text or objects, signed whatever they say; None removes."""
    merged = header if isinstance(header, str) else json.dumps(_changed(header, changes))
    body = payload if isinstance(payload, str) else json.dumps(payload)
    signing_input = f"{b64url_encode(merged.encode())}.{b64url_encode(body.encode())}"
    signature = (key or key_of(COLLEGE)).sign(signing_input.encode())
    return f"{signing_input}.{b64url_encode(signature)}"


def resigned(token: str, signature: bytes) -> str:
    """`token` with another signature."""
    return f"{token.rpartition('.')[0]}.{b64url_encode(signature)}"


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, payload, signature."""
    header, payload, signature = token.split(".")
    return json.loads(b64url_decode(header)), json.loads(b64url_decode(payload)), b64url_decode(signature)


def vc_jwt(**options: Any) -> str:
    """The badge as vc+jwt by the college."""
    return sign_vc_jwt(badge(), options.pop("signer", key_of(COLLEGE)), signed_at=SIGNED, **options)


def vc_payload(**changes: Any) -> dict[str, Any]:
    """What is in it; None removes."""
    return _changed({**badge(), "iat": int(SIGNED.timestamp())}, changes)


def presentation(*credentials: dict[str, Any]) -> dict[str, Any]:
    """The learner's, of the badge as vc+jwt unless others are given."""
    chosen = list(credentials) or [wrap(vc_jwt(), Kind.VC_JWT)]
    return presentation_of(chosen, id="urn:uuid:6ad5c4c1-5c1f-4b6c-8f0e-0f8f5d3e2a11", holder=LEARNER)


def vp_jwt(**options: Any) -> str:
    """It as vp+jwt, for this verifier."""
    asked = {"challenge": NONCE, "domain": AUDIENCE, **options}
    return sign_vp_jwt(presentation(), key_of(LEARNER), signed_at=NOW, **asked)


def vp_payload(**changes: Any) -> dict[str, Any]:
    claims = {"iat": int(NOW.timestamp()), "nonce": NONCE, "aud": AUDIENCE}
    return _changed({**presentation(), **claims}, changes)


def sd_jwt(**options: Any) -> str:
    """An SD-JWT VC of the college with all disclosures, bound to the learner's key."""
    arguments: dict[str, Any] = {
        "vct": VCT,
        "signer": key_of(COLLEGE),
        "holder": key_of(LEARNER).public,
        "disclosable": PATHS,
        "issued_at": SIGNED,
        "entropy": entropy_of("sd-jwt"),
        "status": STATUS,
        **options,
    }
    return issue_sd_jwt_vc(copy.deepcopy(CLAIMS), **arguments)


def sd_payload(**changes: Any) -> dict[str, Any]:
    """A payload of one with nothing to disclose."""
    claims = {"iss": COLLEGE, "iat": int(SIGNED.timestamp()), "vct": VCT, "given_name": "Ada"}
    return _changed({**claims, "cnf": {"jwk": key_of(LEARNER).public.to_jwk()}}, changes)


def w3c_sd_jwt(**options: Any) -> str:
    """The badge as vc+sd-jwt; its description can be withheld."""
    arguments: dict[str, Any] = {
        "signer": key_of(COLLEGE),
        "disclosable": [("credentialSubject", "achievement", "description")],
        "signed_at": SIGNED,
        "entropy": entropy_of("w3c"),
        **options,
    }
    return sign_vc_sd_jwt(badge(), **arguments)


def presented(text: str | None = None, **options: Any) -> str:
    """What the learner shows of `text`: the given name, bound to this verifier."""
    arguments: dict[str, Any] = {
        "disclose": [("given_name",)],
        "signer": key_of(LEARNER),
        "audience": AUDIENCE,
        "nonce": NONCE,
        "signed_at": NOW,
        **options,
    }
    return present_sd_jwt(text or sd_jwt(), **arguments)


def disclosure(*parts: Any) -> str:
    """A disclosure of whatever parts."""
    return b64url_encode(json.dumps(parts).encode())


def digest_of(disclosure: str) -> str:
    return b64url_encode(hashlib.sha256(disclosure.encode()).digest())


def jwt_vc_payload(**changes: Any) -> dict[str, Any]:
    """The payload of a VC 1.1 JWT."""
    credential = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential"],
        "credentialSubject": {"degree": "Bachelor"},
    }
    claims = {"iss": COLLEGE, "sub": LEARNER, "jti": "urn:uuid:1", "nbf": int(SIGNED.timestamp()), "vc": credential}
    return _changed(claims, changes)


def opened(value: dict[str, Any] | str, documents: Mapping[str, DidDocument] | None = None, **options: Any) -> Opened:
    """`value` as a credential of the college, unless said otherwise."""
    arguments: dict[str, Any] = {"purpose": "assertionMethod", "now": NOW, "expected_controller": COLLEGE, **options}
    return open_envelope(value, DOCUMENTS if documents is None else documents, **arguments)


def _changed(value: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**value, **changes}
    return {name: item for name, item in merged.items() if item is not None}
