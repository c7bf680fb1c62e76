"""A DID document from its JSON: `parse_document`.

The JSON may come from a stranger's web server. Whatever is not understood is left out; whatever is understood and
wrong makes the document invalid.

Spec: https://www.w3.org/TR/cid-1.0/#controlled-identifier-documents, https://www.w3.org/TR/did-1.0/#core-properties
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from protocols.dids.did import absolute, did_of
from protocols.dids.document import RELATIONSHIPS, DidDocument, VerificationMethod
from protocols.dids.multiformats import UnknownKeyType, base58_decode, decode_multikey
from protocols.dids.services import parse_services
from protocols.dids.shapes import as_list, as_object
from protocols.errors import DidError, MalformedMessage, UnsupportedMessage
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PublicKey

MAX_METHODS = 64

_ANY = frozenset({"Ed25519", "X25519", "P-256", "P-384", "P-521", "secp256k1"})
_CURVES_OF_TYPE: dict[str, frozenset[str]] = {
    "Multikey": _ANY,
    "JsonWebKey": _ANY,
    "JsonWebKey2020": _ANY,
    "Ed25519VerificationKey2018": frozenset({"Ed25519"}),
    "Ed25519VerificationKey2020": frozenset({"Ed25519"}),
    "X25519KeyAgreementKey2019": frozenset({"X25519"}),
    "X25519KeyAgreementKey2020": frozenset({"X25519"}),
    "EcdsaSecp256k1VerificationKey2019": frozenset({"secp256k1"}),
    "EcdsaSecp256r1VerificationKey2019": frozenset({"P-256"}),
}


def parse_document(value: JsonObject, did: str) -> DidDocument:
    """The document in `value`, which must be that of `did`: ids absolute, keys decoded, embedded methods listed.

    Methods of key types that are not known here, and methods of other DIDs, are left out.

    Raises:
        DidError: another `id`; a member of the wrong form; a malformed key; two keys under one id; more than 64
            methods or 32 services.
    """
    if value.get("id") != did:
        raise DidError("the document of another DID", found=str(value.get("id"))[:120], expected=did[:120])
    methods: dict[str, VerificationMethod] = {}
    for item in _items(value, "verificationMethod") + _items(value, "publicKey"):
        fields = as_object(item)
        if fields is None:
            raise DidError("a verification method that is not an object", expected="a JSON object")
        _add(methods, fields, did)
    relationships = {name: tuple(_references(value, name, methods, did)) for name in RELATIONSHIPS}
    return DidDocument(
        id=did,
        also_known_as=tuple(item for item in _items(value, "alsoKnownAs") if isinstance(item, str)),
        methods=methods,
        relationships=relationships,
        services=parse_services(_items(value, "service"), did),
        raw=value,
    )


def _items(value: JsonObject, name: str) -> list[Any]:
    items: Any = value.get(name, [])
    found = [items] if isinstance(items, str) else as_list(items)
    if found is None:
        raise DidError(f"{name} is not a list", expected="a list")
    if len(found) > MAX_METHODS:
        raise DidError(f"too many entries in {name}", found=str(len(found)), expected=f"at most {MAX_METHODS}")
    return found


def _references(value: JsonObject, name: str, methods: dict[str, VerificationMethod], did: str) -> Iterator[str]:
    """The ids of a relationship, in order and once each; methods embedded in it are added to `methods`."""
    seen: set[str] = set()
    for item in _items(value, name):
        fields = as_object(item)
        if fields is not None:
            kid = _add(methods, fields, did)
        elif isinstance(item, str):
            kid = absolute(did, item)
        else:
            raise DidError(f"an entry of {name} that is no method", expected="a DID URL or a verification method")
        if kid in methods and kid not in seen:
            seen.add(kid)
            yield kid


def _add(methods: dict[str, VerificationMethod], item: JsonObject, did: str) -> str | None:
    """Adds the method `item` where its key is of a known type; returns its absolute id, None for one left out."""
    method = _method(item, did)
    if method is None:
        return None
    known = methods.setdefault(method.id, method)
    if known != method:
        raise DidError("two keys under one id", found=method.id[-64:], expected="unique ids")
    if len(methods) > MAX_METHODS:
        raise DidError("too many verification methods", expected=f"at most {MAX_METHODS}")
    return method.id


def _method(item: JsonObject, did: str) -> VerificationMethod | None:
    kid, type_, controller = item.get("id"), item.get("type"), item.get("controller", did)
    if not isinstance(kid, str) or not isinstance(type_, str) or not isinstance(controller, str):
        raise DidError("a verification method without id, type or controller", expected="three strings")
    if type_ not in _CURVES_OF_TYPE or did_of(absolute(did, kid)) != did:
        return None
    try:
        key = _key(item, _CURVES_OF_TYPE[type_])
    except (UnknownKeyType, UnsupportedMessage):
        return None
    except MalformedMessage as error:
        raise DidError("a malformed public key", found=error.detail, expected=error.expected) from error
    return VerificationMethod(
        id=absolute(did, kid),
        controller=absolute(did, controller),
        type=type_,
        key=key,
        expires=_time(item.get("expires"), "expires"),
        revoked=_time(item.get("revoked"), "revoked"),
    )


def _key(item: JsonObject, curves: frozenset[str]) -> PublicKey:
    match item:
        case {"publicKeyMultibase": str() as text}:
            key = decode_multikey(text)
        case {"publicKeyJwk": jwk} if (fields := as_object(jwk)) is not None:
            key = PublicKey.from_jwk(fields)
        case {"publicKeyBase58": str() as text} if len(curves) == 1:
            key = PublicKey.from_raw(next(iter(curves)), base58_decode(text))
        case _:
            raise DidError(
                "a verification method without a key",
                expected="publicKeyMultibase, publicKeyJwk or, in the 2018 and 2019 types, publicKeyBase58",
            )
    if key.crv not in curves:
        raise DidError("a key that is not of its method's type", found=key.crv, expected=", ".join(sorted(curves)))
    return key


def _time(value: Any, name: str) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise DidError(f"{name} is not a time", expected="an XML Schema dateTimeStamp") from error
    if time.tzinfo is None:
        raise DidError(f"{name} has no time zone", found=str(value)[:40], expected="an XML Schema dateTimeStamp")
    return time
