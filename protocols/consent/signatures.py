"""Whether a token is signed by a DID, given that DID's document."""

from protocols.dids.document import DidDocument, VerificationMethod
from protocols.errors import ProtocolError
from protocols.jose.jws import parse_compact


def names(document: DidDocument) -> frozenset[str]:
    """Every DID a document answers to: its own, and for did:peer:4 the other form, long or short, of the same DID.

    `alsoKnownAs` alone proves nothing, since anyone can claim another's DID there; the two forms of a did:peer:4
    share the hash that the long one was resolved by.
    """
    return frozenset({document.id, *(name for name in document.also_known_as if _is_other_form(name, document.id))})


def _is_other_form(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return short.startswith("did:peer:4") and short.count(":") == 2 and long.startswith(f"{short}:")


def method_of(document: DidDocument, kid: str, relationship: str) -> VerificationMethod | None:
    """The key `kid` for `relationship`, under whichever of the document's own DIDs the kid is written."""
    did, _, fragment = kid.partition("#")
    if did not in names(document) or not fragment:
        return None
    for name in names(document):
        if (found := document.method(f"{name}#{fragment}", relationship)) is not None:
            return found
    return None


def signature_fault(token: str, typ: str, document: DidDocument, relationship: str = "authentication") -> str | None:
    """Why `token` is not signed by a key of `document` for `relationship`, as a sentence; None where it is."""
    try:
        jws = parse_compact(token, typ=typ)
        method = method_of(document, jws.kid, relationship)
        if method is None:
            return f"its kid is not a key of the expected DID for {relationship}"
        jws.verify(method.key)
    except ProtocolError as error:
        return error.detail
    return None
