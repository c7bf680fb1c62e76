"""What a member publishes itself: its configuration, its did.json and its issuer metadata, believed where they agree.

Each of the first two can be had by whoever controls one file on the host; only where the chain holds and all name each
other is the node believed to be both the entity and the DID.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from node.adapters.fetch import Fetched
from node.clock import Clock
from node.errors import NodeError
from node.log import Log
from node.services.entity_configuration import OwnConfiguration
from node.services.identity import Identity
from node.services.issuer_metadata import IssuerMetadata
from node.services.web import Web, get_configuration, get_did_document, get_metadata, object_in, token_in
from node.storage.repos.federation import Peer
from protocols.dids.parse import parse_document
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject
from protocols.trust.chain import Anchors, validate_chain
from protocols.trust.directory import chain_of
from protocols.trust.entity import agree, states_document
from protocols.trust.refusal import StatementRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A member's publications as they stand now. `metadata` None: it never published any."""

    configuration: str
    document: JsonObject
    metadata: JsonObject | None
    etags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Publications:
    identity: Identity
    configuration: OwnConfiguration
    issuer: IssuerMetadata
    web: Web
    clock: Clock
    log: Log

    async def see(self, peer: Peer, *, anchor: str, anchors: Anchors) -> Seen:
        """The publications of `peer`, verified; our own are not fetched.

        Args:
            anchor: the anchor's configuration, as verified.

        Raises:
            NodeError: its configuration or did.json cannot be had.
            ProtocolError: they cannot be read, the chain does not hold, or they do not name each other.
        """
        try:
            return await self._seen(peer, anchor, anchors)
        except StatementRefused as refusal:
            if refusal.rule != "did_document_digest":
                raise
            return await self._seen(peer, anchor, anchors)  # its keys changed between the one GET and the other

    async def _seen(self, peer: Peer, anchor: str, anchors: Anchors) -> Seen:
        if self.identity.is_ours(peer.did):
            seen = await self._own()
        else:
            seen = await self._fetched(peer, anchor)
        chain = validate_chain(
            chain_of(seen.configuration, peer.statement_jws, anchor), anchors=anchors, now=self.clock.now()
        )
        agree(peer.entity_id, peer.did, parse_document(seen.document, peer.did), chain.statements[0])
        if not states_document(chain.statements[0], seen.document):
            raise StatementRefused(
                "a DID document that only its host's certificate speaks for",
                rule="did_document_unstated",
                found="no did_document_sha256",
                expected="its digest in the entity configuration",
            )
        return seen

    async def _own(self) -> Seen:
        return Seen(
            configuration=await self.configuration.current(),
            document=self.identity.did_document(),
            metadata=await self.issuer.document(),
            etags={},
        )

    async def _fetched(self, peer: Peer, anchor: str) -> Seen:
        """What was fetched before counts as known only while it was believed: then it may come as 304."""
        known = peer.etags if peer.did_document is not None and peer.configuration_jws is not None else {}
        etags: dict[str, str] = {}
        document = await get_did_document(self.web, peer.entity_id, known.get("document"))
        _remember(etags, "document", document)
        configuration = anchor
        if peer.statement_jws is not None:
            fetched = await get_configuration(self.web, peer.entity_id, known.get("configuration"))
            _remember(etags, "configuration", fetched)
            configuration = token_in(fetched) if fetched.status == 200 else peer.configuration_jws or ""
        metadata = await self._metadata(peer, known.get("metadata"), etags)
        return Seen(
            configuration=configuration,
            document=object_in(document) if document.status == 200 else peer.did_document or {},
            metadata=metadata,
            etags=etags,
        )

    async def _metadata(self, peer: Peer, etag: str | None, etags: dict[str, str]) -> JsonObject | None:
        """It explains and decides nothing: where it cannot be had or is about another, what came before is kept."""
        try:
            fetched = await get_metadata(self.web, peer.entity_id, etag)
            metadata = object_in(fetched) if fetched.status == 200 else peer.issuer_metadata
        except (NodeError, ProtocolError) as error:
            self.log.info("issuer metadata not synced", entity_id=peer.entity_id, detail=error.detail)
            return peer.issuer_metadata
        if metadata is None or metadata.get("id") != peer.did:
            return peer.issuer_metadata
        _remember(etags, "metadata", fetched)
        return metadata


def _remember(etags: dict[str, str], name: str, fetched: Fetched) -> None:
    if fetched.etag is not None and len(fetched.etag) <= 256:
        etags[name] = fetched.etag
