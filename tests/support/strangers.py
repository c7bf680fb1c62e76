"""Anybody with a keyboard: a did:peer:4 of their own, and the means to write to a node."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from node.clock import entropy, new_id
from protocols.didcomm.envelope import pack_anoncrypt, pack_authcrypt, unpack
from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument
from protocols.dids.multiformats import encode_multikey
from protocols.dids.parse import parse_document
from protocols.dids.peer import create_peer4
from protocols.jose.keys import PrivateKey
from tests.support.nodes import Node

ENCRYPTED = "application/didcomm-encrypted+json"


async def document_of(node: Node) -> DidDocument:
    """A node's DID document, as anybody gets it."""
    status, page = await node.page("/.well-known/did.json")
    assert status == 200
    return parse_document(json.loads(page), node.did)


async def knock(
    node: Node, body: bytes, content_type: str = ENCRYPTED, path: str = "/didcomm"
) -> tuple[int, str, bytes]:
    """Posts something to a node: status, media type and body of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{node.url}{path}", data=body, headers={"Content-Type": content_type}) as response,
    ):
        return response.status, response.content_type, await response.read()


@dataclass(slots=True)
class Stranger:
    """Keys and a DID; `did` may be set to what it is not."""

    signing: PrivateKey = field(default_factory=lambda: PrivateKey.generate("Ed25519", entropy))
    agreeing: PrivateKey = field(default_factory=lambda: PrivateKey.generate("X25519", entropy))
    long: str = ""
    did: str = ""

    def __post_init__(self) -> None:
        document = {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "verificationMethod": [
                {"id": "#key-1", "type": "Multikey", "publicKeyMultibase": encode_multikey(self.signing.public)},
                {"id": "#key-2", "type": "Multikey", "publicKeyMultibase": encode_multikey(self.agreeing.public)},
            ],
            "authentication": ["#key-1"],
            "keyAgreement": ["#key-2"],
        }
        self.long, short = create_peer4(document)
        self.did = self.did or short

    def message(self, to: str, type: str, body: Mapping[str, Any] | None = None, **changes: Any) -> Message:
        now = datetime.now(UTC).replace(microsecond=0)
        values = {"return_route": "all", "created_time": now, **changes}
        return Message(id=new_id(), type=type, sender=self.long, to=(to,), body=dict(body or {}), **values)

    def sealed(self, message: Message, document: DidDocument, *, did: str | None = None) -> bytes:
        """`message` by authcrypt to the keys of `document`, sent as `did` (their own long form)."""
        sender = self.agreeing.named(f"{did or self.long}#key-2")
        recipients = document.keys_for("keyAgreement", "X25519")
        return pack_authcrypt(message, sender=sender, recipients=recipients, entropy=entropy)

    async def say(self, node: Node, type: str, body: Mapping[str, Any] | None = None, **changes: Any) -> Message | None:
        """Says something to a node, and reads what comes back on the line."""
        document = await document_of(node)
        message = self.message(node.did, type, body, **changes)
        status, _, raw = await knock(node, self.sealed(message, document))
        assert status in (200, 202), raw
        return self.opened(raw, document) if status == 200 else None

    def opened(self, envelope: bytes, sender: DidDocument) -> Message:
        secrets = {f"{did}#key-2": self.agreeing.named(f"{did}#key-2") for did in (self.long, self.did)}
        documents = {sender.id: sender}
        return unpack(envelope, secrets=secrets, documents=documents, now=datetime.now(UTC)).message

    async def pings(self, node: Node) -> bool:
        """Whether the node answers an ordinary ping of theirs."""
        answer = await self.say(node, "https://didcomm.org/trust-ping/2.0/ping", {"response_requested": True})
        return answer is not None and answer.type == "https://didcomm.org/trust-ping/2.0/ping-response"


def anonymous(message: Message, document: DidDocument) -> bytes:
    recipients = document.keys_for("keyAgreement", "X25519")
    return pack_anoncrypt(message, recipients=recipients, entropy=entropy)
