"""An offline bundle: a credential or presentation with everything that a report on it rests on, in one signed file.

    {"type": "LerOfflineBundle", "version": 1, "made_at", "made_by": DID, "held": the credential or presentation,
     "anchors": [{"entity_id", "name", "jwks"}], "directory": {"anchor", "members", "synced_at"} or null,
     "metadata": {DID: what that issuer publishes}, "documents": {DID: document},
     "status_lists": [{"url", "issuer", "fetched_at", "document"}], "contexts": {URL: SHA-256}, "proof"}

The file is the RFC 8785 form of that object and nothing else, so that no byte of it can be another without showing.
What is signed in it (statements, lists, the credential) is checked by its own signatures; that these are the documents
and lists of the day is the word of `made_by`, and that the anchor is the network's is for the reader to know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from protocols.credentials.canonical import Reading
from protocols.credentials.contexts import PINNED
from protocols.credentials.enveloped import contents_of, is_enveloped
from protocols.credentials.proofs import check_proofs
from protocols.credentials.shape import as_object, as_text, many
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.dids.parse import parse_document
from protocols.errors import MalformedMessage, ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.status.acceptance import MAX_LIST_DOCUMENT_BYTES
from protocols.trust.jwks import parse_jwks, to_jwks
from protocols.verification.report import write_time

TYPE = "LerOfflineBundle"
VERSION = 1
SUFFIX = ".lerbundle"
MAX_BYTES = 16 * 1024 * 1024
READING = Reading(max_bytes=MAX_BYTES)
_MAX_LISTS, _MAX_DOCUMENTS = 256, 256


class BundleRefused(MalformedMessage):
    """A file that is no bundle, or in which something was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusListCopy:
    """A status list as it came to `made_by` at `fetched_at`: JSON, or the text of a token.

    Args:
        url: what it is kept under: its URL, with `#statuslist+jwt` after that of a Status List Token.
    """

    url: str
    issuer: str
    fetched_at: datetime
    document: JsonObject | str

    @classmethod
    def of(cls, url: str, issuer: str, fetched_at: datetime, body: bytes) -> "StatusListCopy":
        """From its bytes, as `body` gives them back; raises ProtocolError for JSON that is none."""
        is_json = body[:1] == b"{"
        document = parse_object(body, max_bytes=MAX_LIST_DOCUMENT_BYTES) if is_json else body.decode("ascii")
        return cls(url=url, issuer=issuer, fetched_at=fetched_at, document=document)

    @property
    def body(self) -> bytes:
        return self.document.encode() if isinstance(self.document, str) else canonical_json(self.document)

    def to_json(self) -> JsonObject:
        return {
            "url": self.url,
            "issuer": self.issuer,
            "fetched_at": write_time(self.fetched_at),
            "document": self.document,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What stands in a bundle; see the module's own words."""

    made_at: datetime
    made_by: str
    held: JsonObject
    anchors: Sequence[JsonObject]
    directory: JsonObject | None
    metadata: Mapping[str, JsonObject]
    documents: Mapping[str, JsonObject]
    status_lists: Sequence[StatusListCopy]

    def anchor_keys(self) -> Sequence[str]:
        """Each key that vouches for issuers in it, as entity id#thumbprint (RFC 7638).

        Raises:
            StatementRefused: an anchor's keys are none.
        """
        sets = ((anchor["entity_id"], parse_jwks(anchor["jwks"])) for anchor in self.anchors)
        return [f"{entity}#{key.thumbprint}" for entity, keys in sets for key in keys.values()]

    def trusting(self, thumbprints: Sequence[str]) -> "Bundle":
        """The same with no other anchors' keys than those, so that nobody whom the reader does not know vouches.

        Raises:
            StatementRefused: an anchor's keys are none.
        """
        known: list[JsonObject] = []
        for anchor in self.anchors:
            keys = parse_jwks(anchor["jwks"])
            kept = {kid: key for kid, key in keys.items() if key.thumbprint in thumbprints}
            known += [{**anchor, "jwks": to_jwks(kept)}] if kept else []
        return replace(self, anchors=known)

    def to_json(self) -> JsonObject:
        """The unsigned document.

        Raises:
            BundleRefused: a context in it is not pinned, so that nobody can be sure to read it alike.
        """
        return {
            "type": TYPE,
            "version": VERSION,
            "made_at": write_time(self.made_at),
            "made_by": self.made_by,
            "held": self.held,
            "anchors": list(self.anchors),
            "directory": self.directory,
            "metadata": dict(self.metadata),
            "documents": dict(self.documents),
            "status_lists": [item.to_json() for item in self.status_lists],
            "contexts": _digests(self.held),
        }


def write_bundle(signed: JsonObject) -> bytes:
    """The file; raises BundleRefused for one that nobody would read."""
    data = canonical_json(signed)
    if len(data) > MAX_BYTES:
        raise BundleRefused("a bundle too large", found=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}")
    return data


def is_bundle(data: bytes) -> bool:
    """Whether a file says that it is one."""
    return f'"type":"{TYPE}"'.encode() in data


def read_bundle(data: bytes) -> Bundle:
    """The bundle in a file, every byte of which is as it was signed by `made_by`.

    Raises:
        BundleRefused: naming what does not hold.
    """
    try:
        value = parse_object(data, max_bytes=MAX_BYTES, max_depth=48)
        if canonical_json(value) != data:
            raise BundleRefused("not a bundle as it was written", expected="its RFC 8785 form, to the byte")
        bundle = _bundle(value)
    except BundleRefused:
        raise
    except (ProtocolError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleRefused("not an offline bundle", found=type(error).__name__, expected=f"type {TYPE}") from error
    _check_contexts(value)
    _check_proof(value, bundle)
    return bundle


def _bundle(value: JsonObject) -> Bundle:
    if value["type"] != TYPE or value["version"] != VERSION:
        raise BundleRefused("another kind of document", found=str(value["type"])[:40], expected=f"{TYPE} {VERSION}")
    lists, documents = many(value["status_lists"]), _objects(value["documents"])
    if len(lists) > _MAX_LISTS or len(documents) > _MAX_DOCUMENTS:
        raise BundleRefused("a bundle of too much", expected=f"at most {_MAX_LISTS} lists, {_MAX_DOCUMENTS} documents")
    return Bundle(
        made_at=_time(value["made_at"]),
        made_by=str(value["made_by"]),
        held=_object(value["held"]),
        anchors=tuple(map(_object, many(value["anchors"]))),
        directory=None if value["directory"] is None else _object(value["directory"]),
        metadata=_objects(value["metadata"]),
        documents=documents,
        status_lists=tuple(_list(_object(item)) for item in lists),
    )


def _list(value: JsonObject) -> StatusListCopy:
    return StatusListCopy(
        url=str(value["url"]),
        issuer=str(value["issuer"]),
        fetched_at=_time(value["fetched_at"]),
        document=document if isinstance(document := value["document"], str) else _object(document),
    )


def _check_contexts(value: JsonObject) -> None:
    stated = _object(value["contexts"])
    if stated != _digests(_object(value["held"])):
        raise BundleRefused("contexts that are others here", found=", ".join(sorted(stated))[:120])


def _check_proof(value: JsonObject, bundle: Bundle) -> None:
    document = _maker(bundle)
    results = check_proofs(
        value,
        {bundle.made_by: document},
        purpose="assertionMethod",
        now=bundle.made_at,
        expected_controller=bundle.made_by,
        reading=READING,
    )
    wrong = [result for result in results if result.outcome is not Outcome.YES or "jcs" not in result.suite]
    if wrong:
        raise BundleRefused("the bundle is not as its maker signed it", found=wrong[0].reason)


def _maker(bundle: Bundle) -> DidDocument:
    try:
        offline = resolve_offline(bundle.made_by)
        return offline or parse_document(bundle.documents[bundle.made_by], bundle.made_by)
    except (ProtocolError, KeyError) as error:
        raise BundleRefused("a bundle without its maker's DID document", found=bundle.made_by[:120]) from error


def _digests(held: Any) -> JsonObject:
    """SHA-256 of each context that is named anywhere in it, in envelopes too, by URL."""
    found: JsonObject = {}
    pending: list[Any] = [held]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif (document := as_object(value)) is not None:
            if is_enveloped(document):
                pending.append(contents_of(document))
            for name, item in document.items():
                if name != "@context":
                    pending.append(item)
                    continue
                for url in map(as_text, many(item)):
                    if url not in PINNED:
                        expected = "a built-in one: whoever reads the bundle has no others"
                        raise BundleRefused("a context that is not built in", found=str(url)[:120], expected=expected)
                    found[str(url)] = PINNED[str(url)][1]
    return found


def _objects(value: Any) -> dict[str, JsonObject]:
    return {name: _object(item) for name, item in _object(value).items()}


def _object(value: Any) -> JsonObject:
    found = as_object(value)
    if found is None:
        raise TypeError("not an object")
    return found


def _time(value: Any) -> datetime:
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return at
