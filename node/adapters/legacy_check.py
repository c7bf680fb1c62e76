"""What is looked at before a stranger's VC 1.1 credential is given to the legacy engine.

The engine takes a DID's document and a context from wherever they say, drops what it does not know, and can be kept
busy for half a minute by eight linked blank nodes. So it is given small trees, in contexts it carries itself, of
issuers whose DID is their key.
"""

from collections.abc import Iterator
from typing import Any, cast

from protocols.jose.encoding import JsonObject, canonical_json, parse_json

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_BLANK_NODES = 64
SELF_CERTIFYING = ("did:key:", "did:jwk:", "did:pkh:")
V1 = "https://www.w3.org/2018/credentials/v1"
KNOWN_CONTEXTS = frozenset(
    {
        V1,
        "https://w3id.org/security/suites/ed25519-2020/v1",
        "https://w3id.org/security/suites/jws-2020/v1",
        "https://w3id.org/vc/status-list/2021/v1",
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
    }
)
KNOWN_PROOFS = frozenset({"Ed25519Signature2018", "Ed25519Signature2020", "JsonWebSignature2020"})


def refusals(document: JsonObject) -> list[str]:
    """Why the engine is not given `document`; empty when it is. Raises MalformedMessage or TooLarge before that."""
    parse_json(canonical_json(document), max_bytes=MAX_BYTES, max_depth=MAX_DEPTH)
    return [reason for reason in _reasons(document) if reason]


def _reasons(document: JsonObject) -> Iterator[str | None]:
    yield _contexts_refused(document)
    yield _issuer_refused(document)
    nodes = list(_objects(document))
    if any(str(node.get(name, "")).startswith("_:") for node in nodes for name in ("id", "@id")):
        yield "it names blank nodes"
    if sum(1 for node in nodes if "id" not in node and "@id" not in node) > MAX_BLANK_NODES:
        yield f"it has more than {MAX_BLANK_NODES} objects without id"
    if any(name.startswith("@") and name != "@context" for node in nodes for name in node):
        yield "it uses JSON-LD keywords"


def _contexts_refused(document: JsonObject) -> str | None:
    outer = _listed(document.get("@context"))
    if not outer or outer[0] != V1:
        return "its first context is not that of VC 1.1"
    proofs = [cast(JsonObject, proof) for proof in _listed(document.get("proof")) if isinstance(proof, dict)]
    used = outer + [context for proof in proofs for context in _listed(proof.get("@context"))]
    if not all(isinstance(context, str) and context in KNOWN_CONTEXTS for context in used):
        return "it uses a context that is not known here"
    inner = [node for node in _objects(document) if "@context" in node and node is not document and node not in proofs]
    return "it changes its context inside" if inner else None


def _issuer_refused(document: JsonObject) -> str | None:
    issuer = document.get("issuer")
    did = cast(JsonObject, issuer).get("id") if isinstance(issuer, dict) else issuer
    if not isinstance(did, str) or not did.startswith(SELF_CERTIFYING):
        return "its issuer is not a did:key, did:jwk or did:pkh"
    proofs = _listed(document.get("proof"))
    if len(proofs) != 1 or not isinstance(proofs[0], dict):
        return "it has not exactly one proof"
    proof = cast(JsonObject, proofs[0])
    if proof.get("type") not in KNOWN_PROOFS:
        return "its proof is of a type that is not known here"
    if proof.get("proofPurpose") != "assertionMethod":
        return "its proof was made for another purpose"
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or method.partition("#")[0] != did:
        return "its proof names a key that is not its issuer's"
    return None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return cast(list[Any], value) if isinstance(value, list) else [value]


def _objects(value: Any) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        node = cast(JsonObject, value)
        yield node
        for item in node.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in cast(list[Any], value):
            yield from _objects(item)
