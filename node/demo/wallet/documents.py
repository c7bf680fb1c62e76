"""The DID documents of the nodes this wallet speaks to, fetched from their own hosts and kept for when it is offline.

Keys to encrypt for never come from a third party: an entry that could hand out another key for an exit would read
what only the exit may read. And nobody but a party this wallet knows can make it look a document up.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.demo.wallet.clock import Clock
from node.demo.wallet.errors import Unreachable, WalletError
from node.demo.wallet.rows.values import dumped, moment, seconds
from node.demo.wallet.storage import Store
from node.demo.wallet.transport import Transport
from protocols.dids.document import DidDocument, VerificationMethod
from protocols.dids.parse import parse_document
from protocols.dids.web import document_url
from protocols.errors import DidError
from protocols.jose.encoding import parse_object

FRESH_FOR = timedelta(minutes=5)
MAX_DOCUMENT_BYTES = 256 * 1024
ACCEPT = "application/did+json, application/did+ld+json, application/json"


@dataclass(frozen=True, slots=True)
class Documents:
    store: Store
    transport: Transport
    clock: Clock

    async def of(self, did: str, *, at_least: datetime | None = None) -> DidDocument:
        """The document of a node's did:web: a fresh one, or the last one seen where its host does not answer.

        Args:
            at_least: how fresh, five minutes by default.

        Raises:
            Unreachable: never seen, and its host does not answer.
            Refused, ProtocolError: there is no usable document.
        """
        now = self.clock.now()
        kept = self._kept(did)
        if kept is not None and kept[1] >= (at_least or now - FRESH_FOR):
            return kept[0]
        try:
            body = await self.transport.get(document_url(did), accept=ACCEPT, max_bytes=MAX_DOCUMENT_BYTES)
        except Unreachable:
            if kept is None:
                raise
            return kept[0]
        raw = parse_object(body, max_bytes=MAX_DOCUMENT_BYTES)
        document = parse_document(raw, did)
        with self.store.step("document.kept") as db:
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (did) DO UPDATE"
                " SET document = excluded.document, fetched_at = excluded.fetched_at",
                (did, dumped(raw), seconds(now)),
            )
        return document

    def _kept(self, did: str) -> tuple[DidDocument, datetime] | None:
        with self.store.read() as db:
            row = db.execute("SELECT document, fetched_at FROM documents WHERE did = ?", (did,)).fetchone()
        if row is None:
            return None
        return parse_document(json.loads(row["document"]), did), moment(row["fetched_at"])


def agreement_keys(document: DidDocument) -> tuple[VerificationMethod, ...]:
    """The keys to encrypt for; raises DidError where there are none of our curve."""
    keys = document.keys_for("keyAgreement", "X25519")
    if not keys:
        raise DidError("the recipient has no key to encrypt for", expected="an X25519 keyAgreement key")
    return keys


def endpoint_of(document: DidDocument) -> str:
    """The URL that messages for a node are posted to; raises WalletError where it names none."""
    endpoint = document.didcomm_endpoint
    if endpoint is None or not endpoint.uri.startswith("https://") or endpoint.routing_keys:
        raise WalletError("the node takes no messages", found=document.id[:80], expected="an https DIDComm endpoint")
    return endpoint.uri
