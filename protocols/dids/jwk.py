"""did:jwk: a DID that is one public key, as a JWK.

Spec: https://github.com/quartzjer/did-jwk/blob/main/spec.md
"""

from protocols.dids.did import check_did
from protocols.dids.document import RELATIONSHIPS, DidDocument
from protocols.dids.parse import parse_document
from protocols.errors import DidError, MalformedMessage
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, canonical_json, parse_object
from protocols.jose.keys import PublicKey

_PREFIX = "did:jwk:"
_MAX_JWK_BYTES = 2048
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]


def did_jwk(public: PublicKey) -> str:
    """The did:jwk of a public key."""
    return _PREFIX + b64url_encode(canonical_json(public.to_jwk()))


def resolve_jwk(did: str) -> DidDocument:
    """The document of a did:jwk: one method `#0`, in each relationship that its curve and its `use` allow.

    Raises:
        DidError: not a did:jwk, or not a public key of a type known here.
    """
    if not check_did(did).startswith(_PREFIX):
        raise DidError("not a did:jwk", found=did[:64], expected="did:jwk:…")
    try:
        jwk = parse_object(b64url_decode(did.removeprefix(_PREFIX)), max_bytes=_MAX_JWK_BYTES)
        crv = PublicKey.from_jwk(jwk).crv
    except MalformedMessage as error:
        raise DidError("a did:jwk without a public key", found=error.detail, expected=error.expected) from error
    kid, use = f"{did}#0", jwk.get("use")
    signs, agrees = crv != "X25519" and use != "enc", crv not in ("Ed25519", "secp256k1") and use != "sig"
    allowed = {name: agrees if name == "keyAgreement" else signs for name in RELATIONSHIPS}
    value: JsonObject = {
        "@context": _CONTEXT,
        "id": did,
        "verificationMethod": [{"id": kid, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": jwk}],
        **{name: [kid] for name in RELATIONSHIPS if allowed[name]},
    }
    return parse_document(value, did)
