"""did:key: a DID that is one public key.

Spec: https://w3c-ccg.github.io/did-key-spec/
"""

from protocols.dids.did import check_did
from protocols.dids.document import RELATIONSHIPS, DidDocument
from protocols.dids.multiformats import decode_multikey, encode_multikey
from protocols.dids.parse import parse_document
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey

_PREFIX = "did:key:"
_P = 2**255 - 19
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
_SIGNING = tuple(name for name in RELATIONSHIPS if name != "keyAgreement")


def did_key(public: PublicKey) -> str:
    """The did:key of a public key."""
    return _PREFIX + encode_multikey(public)


def resolve_key(did: str) -> DidDocument:
    """The document of a did:key.

    An Ed25519 key signs, and the X25519 key derived from it agrees; an X25519 key only agrees; a NIST curve does
    both; secp256k1 only signs.

    Raises:
        DidError: not a did:key, or a key type that is not known here.
    """
    if not check_did(did).startswith(_PREFIX):
        raise DidError("not a did:key", found=did[:64], expected="did:key:z…")
    text = did.removeprefix(_PREFIX)
    public = decode_multikey(text)
    if encode_multikey(public) != text:
        raise DidError("not the did:key of its key", expected="base58btc of the compressed key")
    agreeing = text if public.crv != "Ed25519" else encode_multikey(_x25519_of(public))
    signs, agrees = public.crv != "X25519", public.crv != "secp256k1"
    methods = [text, *([agreeing] if agrees and agreeing != text else [])]
    value: JsonObject = {
        "@context": _CONTEXT,
        "id": did,
        "verificationMethod": [
            {"id": f"{did}#{key}", "type": "Multikey", "controller": did, "publicKeyMultibase": key} for key in methods
        ],
        **({name: [f"{did}#{text}"] for name in _SIGNING} if signs else {}),
        **({"keyAgreement": [f"{did}#{agreeing}"]} if agrees else {}),
    }
    return parse_document(value, did)


def _x25519_of(public: PublicKey) -> PublicKey:
    """The Montgomery form of an Ed25519 key: u = (1 + y) / (1 - y) (RFC 7748 section 4.1)."""
    y = int.from_bytes(public.raw, "little") & (2**255 - 1)
    if y in (0, 1, _P - 1) or y >= _P:
        raise DidError("not a usable Ed25519 key", expected="a point of large order")
    u = (1 + y) * pow(1 - y, -1, _P) % _P
    return PublicKey.from_raw("X25519", u.to_bytes(32, "little"))
