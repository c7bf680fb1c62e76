"""What came from a list's URL, taken into use: whose it is, whether they signed it, and what it says.

Fetching the issuer's DID document here tells it nothing new: its list was just fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from node.adapters.proof_worker import ProofChecker
from node.clock import Clock
from node.errors import NodeError
from protocols.credentials.enveloped import as_envelope, contents_of, is_enveloped, open_envelope
from protocols.credentials.proofs import ProofResult
from protocols.credentials.shape import as_object, as_text
from protocols.dids.document import DidDocument
from protocols.errors import DidError, ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.status.acceptance import MAX_LIST_DOCUMENT_BYTES, Snapshot, accept_list
from protocols.status.entry import token_uri
from protocols.status.errors import (
    MalformedValueError,
    StatusListError,
    StatusRetrievalError,
    StatusVerificationError,
)
from protocols.status.token_list import accept_token, issuer_named, parse_list_token


class Keys(Protocol):
    """Where the DID documents of issuers come from."""

    async def resolve(self, did: str) -> DidDocument:
        """The document, as kept or as published; raises NodeError or DidError where it cannot be had."""
        ...

    async def refresh(self, did: str) -> DidDocument:
        """The document as it is published now, otherwise as `resolve`."""
        ...


@dataclass(frozen=True, slots=True)
class ListReader:
    """Reads lists of both forms.

    The issuer is who the list says it is by, from the first list on for good. Who pointed to it first does not count:
    a stranger's credential may name anybody's list, and a look-up compares issuers.
    """

    resolver: Keys
    proofs: ProofChecker
    clock: Clock

    async def read(self, key: str, body: bytes, *, kept: Snapshot | None, pointed_by: str) -> tuple[bytes, Snapshot]:
        """The list as evidence, and as the rules read it.

        Args:
            key: what it is kept under: its URL, or that of a token's list with its mark.
            kept: the list in use until now.
            pointed_by: the issuer of the credential that named it, for a token that names none.

        Raises:
            StatusListError, ProtocolError: it is none, is not its issuer's, or is older than `kept`.
        """
        uri = token_uri(key)
        if uri is None:
            return await self._read_list(key, body, kept)
        return await self._read_token(key, uri, body, kept, pointed_by)

    async def _read_list(self, url: str, body: bytes, kept: Snapshot | None) -> tuple[bytes, Snapshot]:
        """Issuers secure their lists as they secure their credentials: with a proof inside, or as a token."""
        is_json = body.lstrip()[:1] == b"{"
        secured = parse_object(body, max_bytes=MAX_LIST_DOCUMENT_BYTES) if is_json else as_envelope(_text(body))
        document = contents_of(secured) if is_enveloped(secured) else secured
        if document is None:
            raise MalformedValueError("neither a credential nor a token with one in it", expected="a status list")
        issuer = issuer_of(document) if kept is None else kept.issuer
        known = await self._keys_of(issuer)
        proofs = await self._check(secured, issuer, known)
        if any(proof.outcome is not Outcome.YES for proof in proofs):
            fresh = await self.resolver.refresh(issuer)  # its keys may have been rotated
            proofs = proofs if fresh == known else await self._check(secured, issuer, fresh)
        snapshot = accept_list(
            document,
            proofs,
            url=url,
            fetched_at=self.clock.now(),
            expected_issuer=issuer,
            previous=kept,
        )
        return body if is_enveloped(secured) else canonical_json(document), snapshot

    async def _read_token(
        self, key: str, uri: str, body: bytes, kept: Snapshot | None, pointed_by: str
    ) -> tuple[bytes, Snapshot]:
        token = parse_list_token(_text(body))
        issuer = kept.issuer if kept is not None else issuer_named(token) or pointed_by
        accept = partial(
            accept_token,
            token,
            uri=uri,
            key=key,
            fetched_at=self.clock.now(),
            expected_issuer=issuer,
            previous=kept,
        )
        known = await self._keys_of(issuer)
        try:
            return body, accept({issuer: known})
        except StatusVerificationError:
            fresh = await self.resolver.refresh(issuer)  # its keys may have been rotated
            if fresh == known:
                raise
            return body, accept({issuer: fresh})

    async def _keys_of(self, issuer: str) -> DidDocument:
        try:
            return await self.resolver.resolve(issuer)
        except NodeError as error:
            raise StatusVerificationError(f"the keys of its issuer cannot be had: {error.detail}") from error

    async def _check(self, secured: JsonObject, issuer: str, known: DidDocument) -> tuple[ProofResult, ...]:
        documents: Mapping[str, DidDocument] = {issuer: known}
        if is_enveloped(secured):
            now = self.clock.now()
            return open_envelope(
                secured, documents, purpose="assertionMethod", now=now, expected_controller=issuer
            ).results
        return await self.proofs.check(
            secured,
            documents,
            purpose="assertionMethod",
            now=self.clock.now(),
            expected_controller=issuer,
            max_bytes=MAX_LIST_DOCUMENT_BYTES,
        )


def issuer_of(document: JsonObject) -> str:
    """Who a list says it is by, unverified.

    Raises:
        MalformedValueError: it does not say.
    """
    issuer = document.get("issuer")
    found = as_object(issuer)
    named = as_text(issuer if found is None else found.get("id"))
    if not named:
        raise MalformedValueError("a list that names no issuer", expected="issuer")
    return named


def trouble_of(error: NodeError | ProtocolError) -> str:
    """Why a list could not be had or used, beginning with the specification's name for that."""
    if isinstance(error, StatusListError):
        name = error.name
    elif isinstance(error, DidError):
        name = StatusVerificationError.name
    elif isinstance(error, ProtocolError):
        name = MalformedValueError.name
    else:
        name = StatusRetrievalError.name
    return f"{name}: {error.detail}"


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace").strip()
