"""The DID methods this program knows, and which of them resolve without a network."""

from protocols.dids.did import method_of
from protocols.dids.document import DidDocument
from protocols.dids.jwk import resolve_jwk
from protocols.dids.key import resolve_key
from protocols.dids.peer import is_long_form, is_short_form, resolve_peer2, resolve_peer4
from protocols.dids.web import document_url
from protocols.dids.webvh.identifier import log_url
from protocols.errors import DidError

METHODS = ("key", "jwk", "peer", "web", "webvh")


class UnsupportedDidMethod(DidError):
    """A DID of a method, or a variant of one, that is not resolved here."""

    code = "e.p.did.unsupported"


def resolve_offline(did: str) -> DidDocument | None:
    """The document of a DID that carries it: did:key, did:jwk, did:peer:2, long-form did:peer:4.

    None for did:web and did:webvh, which must be fetched, and for a short-form did:peer:4, whose long form the caller
    must know.

    Raises:
        UnsupportedDidMethod: any other method.
        DidError: not a valid DID of its method.
    """
    match method_of(did):
        case "key":
            return resolve_key(did)
        case "jwk":
            return resolve_jwk(did)
        case "peer" if did.startswith("did:peer:2"):
            return resolve_peer2(did)
        case "peer" if is_long_form(did):
            return resolve_peer4(did)
        case "peer" if is_short_form(did):
            return None
        case "web":
            document_url(did)
            return None
        case "webvh":
            log_url(did)
            return None
        case method:
            expected = "did:web, did:key, did:jwk, did:peer:2 or 4, did:webvh"
            raise UnsupportedDidMethod("an unsupported DID method", found=method[:32], expected=expected)
