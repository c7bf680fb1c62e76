"""did:key: a DID that is one public key.

Spec: https://w3c-ccg.github.io/did-key-spec/
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from protocols.dids.did import check_did
from protocols.dids.document import RELATIONSHIPS, DidDocument
from protocols.dids.multiformats import base58_encode, decode_multikey, encode_multikey
from protocols.dids.parse import parse_document
from protocols.errors import DidError
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey

PREFIX = "did:key:"
_P = 2**255 - 19
_DID_CONTEXT = "https://www.w3.org/ns/did/v1"
_SIGNING = tuple(name for name in RELATIONSHIPS if name != "keyAgreement")


class WrongKeyFormat(DidError):
    """A key that cannot be written in the format asked for."""


@dataclass(frozen=True, slots=True)
class KeyFormat:
    """How a document writes a key.

    Args:
        type: the `type` of the verification method.
        context: what defines it.
        material: the members that hold the key.
        curves: the JOSE curves that it can hold, None for any.
        is_experimental: whether it is only for who asks for such (did:key, enableExperimentalPublicKeyTypes).
    """

    type: str
    context: str
    material: Callable[[PublicKey], JsonObject]
    curves: frozenset[str] | None = None
    is_experimental: bool = False


def _multibase(key: PublicKey) -> JsonObject:
    return {"publicKeyMultibase": encode_multikey(key)}


def _jwk(key: PublicKey) -> JsonObject:
    return {"publicKeyJwk": key.to_jwk()}


def _base58(key: PublicKey) -> JsonObject:
    return {"publicKeyBase58": base58_encode(key.raw)}


_SUITES = "https://w3id.org/security/suites"
_ED25519, _X25519 = frozenset({"Ed25519"}), frozenset({"X25519"})
MULTIKEY = KeyFormat("Multikey", "https://w3id.org/security/multikey/v1", _multibase)
_JWK = KeyFormat("JsonWebKey", "https://w3id.org/security/jwk/v1", _jwk)
_JWK_2020 = KeyFormat("JsonWebKey2020", f"{_SUITES}/jws-2020/v1", _jwk)
_ED25519_2020 = KeyFormat("Ed25519VerificationKey2020", f"{_SUITES}/ed25519-2020/v1", _multibase, _ED25519)
_ED25519_2018 = KeyFormat("Ed25519VerificationKey2018", f"{_SUITES}/ed25519-2018/v1", _base58, _ED25519, True)
_X25519_2020 = KeyFormat("X25519KeyAgreementKey2020", f"{_SUITES}/x25519-2020/v1", _multibase, _X25519)
_X25519_2019 = KeyFormat("X25519KeyAgreementKey2019", f"{_SUITES}/x25519-2019/v1", _base58, _X25519, True)
KEY_FORMATS: Mapping[str, KeyFormat] = {
    form.type: form for form in (MULTIKEY, _JWK, _JWK_2020, _ED25519_2020, _ED25519_2018, _X25519_2020, _X25519_2019)
}
"""By what did:key calls `publicKeyFormat`."""
_AGREEING = {_ED25519_2020: _X25519_2020, _ED25519_2018: _X25519_2019}
"""What goes with a format that only writes signing keys."""


def did_key(public: PublicKey) -> str:
    """The did:key of a public key."""
    return PREFIX + encode_multikey(public)


def resolve_key(did: str) -> DidDocument:
    """The document of a did:key, its keys as Multikey; see `key_document`."""
    return parse_document(key_document(did), did)


def key_document(did: str, *, form: KeyFormat = MULTIKEY, derives_agreement: bool = True) -> JsonObject:
    """The document of a did:key.

    An Ed25519 key signs, and the X25519 key derived from it agrees; an X25519 key only agrees; a NIST curve does
    both; secp256k1 only signs.

    Args:
        derives_agreement: whether an Ed25519 key is to have an X25519 key beside it.

    Raises:
        InvalidKeyLength, InvalidKey, UnknownKeyType: what stands in it is no public key known here.
        WrongKeyFormat: a key that `form` does not write.
        DidError: not a did:key.
    """
    if not check_did(did).startswith(PREFIX):
        raise DidError("not a did:key", found=did[:64], expected="did:key:z…")
    text = did.removeprefix(PREFIX)
    public = decode_multikey(text)
    if encode_multikey(public) != text:
        raise DidError("not the did:key of its key", expected="base58btc of the compressed key")
    signs, agrees = public.crv != "X25519", public.crv != "secp256k1"
    agreeing = public
    if public.crv == "Ed25519":
        agreeing, agrees = _x25519_of(public), derives_agreement
    methods = [_method(did, public, form)] if signs else []
    if agrees and (agreeing != public or not signs):
        methods.append(_method(did, agreeing, _AGREEING.get(form, form)))
    contexts = [KEY_FORMATS[method["type"]].context for method in methods]
    return {
        "@context": list(dict.fromkeys([_DID_CONTEXT, *contexts])),
        "id": did,
        "verificationMethod": methods,
        **({name: [f"{did}#{text}"] for name in _SIGNING} if signs else {}),
        **({"keyAgreement": [f"{did}#{encode_multikey(agreeing)}"]} if agrees else {}),
    }


def _method(did: str, key: PublicKey, form: KeyFormat) -> JsonObject:
    if form.curves is not None and key.crv not in form.curves:
        raise WrongKeyFormat("a key of another curve", found=key.crv, expected=", ".join(form.curves))
    return {"id": f"{did}#{encode_multikey(key)}", "type": form.type, "controller": did, **form.material(key)}


def _x25519_of(public: PublicKey) -> PublicKey:
    """The Montgomery form of an Ed25519 key: u = (1 + y) / (1 - y) (RFC 7748 section 4.1)."""
    y = int.from_bytes(public.raw, "little") & (2**255 - 1)
    if y in (0, 1, _P - 1) or y >= _P:
        raise DidError("not a usable Ed25519 key", expected="a point of large order")
    u = (1 + y) * pow(1 - y, -1, _P) % _P
    return PublicKey.from_raw("X25519", u.to_bytes(32, "little"))
