"""did:peer, numalgo 2 and 4: DIDs that carry their own document.

A numalgo 4 DID has two forms. The long form carries the document; the short form is the hash of it, and means
something only to those who have seen the long one.

Spec: https://identity.foundation/peer-did-method-spec/
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from protocols.dids.did import check_did
from protocols.dids.document import RELATIONSHIPS, DidDocument
from protocols.dids.multiformats import (
    JSON_CODE,
    add_code,
    encode_multikey,
    multibase_decode,
    multibase_encode,
    sha256_multihash,
    split_code,
)
from protocols.dids.parse import parse_document
from protocols.dids.shapes import as_list, as_object
from protocols.errors import DidError, MalformedMessage
from protocols.jose.encoding import JsonObject, b64url_decode, b64url_encode, parse_json, parse_object
from protocols.jose.keys import PublicKey

MAX_DOCUMENT_BYTES = 6144
_PEER2 = "did:peer:2"
_PEER4 = "did:peer:4"
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
_PURPOSES = {
    "A": "assertionMethod",
    "E": "keyAgreement",
    "V": "authentication",
    "I": "capabilityInvocation",
    "D": "capabilityDelegation",
}
_LONG_NAMES = {"t": "type", "s": "serviceEndpoint", "r": "routingKeys", "a": "accept"}
_SHORT_NAMES = {long: short for short, long in _LONG_NAMES.items()}
_LONG_TYPES = {"dm": "DIDCommMessaging"}
_SHORT_TYPES = {"DIDCommMessaging": "dm"}
_MAX_ELEMENTS = 32


def create_peer2(keys: Sequence[tuple[str, PublicKey]], services: Sequence[JsonObject] = ()) -> str:
    """A did:peer:2 of `keys`, each with its relationship (`authentication`, `keyAgreement`, …), and `services`."""
    codes = {relationship: code for code, relationship in _PURPOSES.items()}
    elements = [f".{codes[relationship]}{encode_multikey(key)}" for relationship, key in keys]
    for service in services:
        short = _rename(service, _SHORT_NAMES, _SHORT_TYPES)
        elements.append(".S" + b64url_encode(_compact_json(short)))
    return check_did(_PEER2 + "".join(elements))


def resolve_peer2(did: str) -> DidDocument:
    """The document of a did:peer:2: keys `#key-1`, `#key-2` … in order, services `#service`, `#service-1` ….

    Older libraries name a key by its multibase value without the `z` (`#6LS…`): such a key id is found in `methods`
    too, under the method's current id.

    Raises:
        DidError: not a did:peer:2, or an element of it that cannot be read.
    """
    if not check_did(did).startswith(f"{_PEER2}."):
        raise DidError("not a did:peer:2", found=did[:64], expected="did:peer:2.…")
    elements = did.removeprefix(f"{_PEER2}.").split(".")
    if len(elements) > _MAX_ELEMENTS:
        raise DidError("too many elements in a did:peer:2", expected=f"at most {_MAX_ELEMENTS}")
    methods: list[JsonObject] = []
    relationships: dict[str, list[str]] = {}
    services: list[Any] = []
    for element in elements:
        code, text = element[:1], element[1:]
        if code == "S":
            services.extend(_peer2_services(text))
        elif code in _PURPOSES:
            kid = f"{did}#key-{len(methods) + 1}"
            methods.append({"id": kid, "type": "Multikey", "controller": did, "publicKeyMultibase": text})
            relationships.setdefault(_PURPOSES[code], []).append(kid)
        else:
            raise DidError("an unknown element in a did:peer:2", found=code, expected="one of A, E, V, I, D, S")
    _name_services(services)
    value = {"@context": _CONTEXT, "id": did, "verificationMethod": methods, **relationships, "service": services}
    document = parse_document(value, did)
    older = {
        f"{did}#{method['publicKeyMultibase'][1:]}": document.methods[method["id"]]
        for method in methods
        if method["id"] in document.methods
    }
    return replace(document, methods={**older, **document.methods})


def create_peer4(document: JsonObject) -> tuple[str, str]:
    """The long and the short form of the did:peer:4 of an input document.

    Args:
        document: without `id`; its own ids and references relative (`#key-1`), no `controller` in its methods.

    Raises:
        DidError: it has an `id`, is too large, or would not resolve.
    """
    encoded = multibase_encode(add_code(JSON_CODE, _compact_json(document)))
    long = f"{_PEER4}{sha256_multihash(encoded.encode())}:{encoded}"
    resolve_peer4(long)
    return long, short_form(long)


def resolve_peer4(long: str, *, as_short: bool = False) -> DidDocument:
    """The document that a long-form did:peer:4 carries.

    Args:
        as_short: give it the id and key ids of the short form, the long form in `also_known_as`; else the reverse.

    Raises:
        DidError: not a long form, a hash that does not fit, or a document that cannot be used.
    """
    if not is_long_form(check_did(long)):
        raise DidError("not a long-form did:peer:4", found=long[:64], expected="did:peer:4zQm…:z…")
    short, _, encoded = long.rpartition(":")
    if not hmac.compare_digest(short, _PEER4 + sha256_multihash(encoded.encode())):
        raise DidError("the hash in a did:peer:4 is not that of its document")
    code, data = split_code(multibase_decode(encoded))
    if code != JSON_CODE:
        raise DidError("a did:peer:4 without a JSON document", found=hex(code), expected=hex(JSON_CODE))
    try:
        value = parse_object(data, max_bytes=MAX_DOCUMENT_BYTES)
    except MalformedMessage as error:
        raise DidError("the document in a did:peer:4 is not JSON", found=error.detail) from error
    did, other = (short, long) if as_short else (long, short)
    return parse_document(_contextualized(value, did, other), did)


def is_long_form(did: str) -> bool:
    """Whether `did` is a did:peer:4 with its document in it."""
    return did.startswith(f"{_PEER4}z") and ":" in did.removeprefix(_PEER4)


def is_short_form(did: str) -> bool:
    """Whether `did` is a did:peer:4 without its document: only who has seen the long form can resolve it."""
    return did.startswith(f"{_PEER4}z") and ":" not in did.removeprefix(_PEER4)


def short_form(did: str) -> str:
    """The short form of a did:peer:4; any other DID as it is. Does not check the hash."""
    return did.rpartition(":")[0] if is_long_form(did) else did


def short_kid(kid: str) -> str:
    """A key id with its DID in the short form, whichever form it came in."""
    did, hash_mark, fragment = kid.partition("#")
    return short_form(did) + hash_mark + fragment


def _contextualized(value: JsonObject, did: str, other: str) -> JsonObject:
    """The input document as the document of `did` (numalgo 4, "contextualize")."""
    if "id" in value:
        raise DidError("the document in a did:peer:4 has an id", expected="no id")
    known_as = as_list(value.get("alsoKnownAs", []))
    if known_as is None:
        raise DidError("alsoKnownAs is not a list", expected="a list")
    document: JsonObject = {**value, "id": did, "alsoKnownAs": [*known_as, other]}
    for name in ("verificationMethod", *RELATIONSHIPS):
        items = as_list(value.get(name))
        if items is not None:
            document[name] = [_controlled(item, did) for item in items]
    return document


def _controlled(item: Any, did: str) -> Any:
    method = as_object(item)
    return item if method is None else {"controller": did, **method}


def _peer2_services(text: str) -> list[Any]:
    """The service of an `S` element; the first libraries put a list of them into one element."""
    try:
        value = parse_json(b64url_decode(text.rstrip("=")), max_bytes=MAX_DOCUMENT_BYTES)
    except MalformedMessage as error:
        raise DidError("a service in a did:peer:2 is not JSON", found=error.detail) from error
    items = as_list(value)
    return [_rename(item, _LONG_NAMES, _LONG_TYPES) for item in ([value] if items is None else items)]


def _name_services(services: list[Any]) -> None:
    objects = [service for service in map(as_object, services) if service is not None]
    for index, service in enumerate(service for service in objects if "id" not in service):
        service["id"] = "#service" if index == 0 else f"#service-{index}"


def _rename(value: Any, names: dict[str, str], types: dict[str, str]) -> Any:
    """`value` with member names, and the value of `type`, exchanged for their other form, at every depth."""
    items, fields = as_list(value), as_object(value)
    if items is not None:
        return [_rename(item, names, types) for item in items]
    if fields is None:
        return value
    return {
        names.get(name, name): types.get(item, item)
        if name in ("t", "type") and isinstance(item, str)
        else _rename(item, names, types)
        for name, item in fields.items()
    }


def _compact_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
