"""A network of as many members as a test wants, each no more than what it publishes; one real node syncs them."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

from node.adapters.fetch import Fetched, Posted
from node.errors import NodeError, Unreachable
from node.storage.repos import federation as rows
from node.storage.unit import Session
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import JsonObject, canonical_json, digest, digest_json
from protocols.jose.keys import PrivateKey
from protocols.trust.entity import did_of
from protocols.trust.jwks import to_jwks
from protocols.trust.statement import member_metadata, sign_configuration, sign_subordinate
from tests.support.clock import StandingClock
from tests.support.federation import key, membership

ANCHOR = "https://network.example"
ENDPOINTS = {
    "federation_fetch_endpoint": f"{ANCHOR}/federation/fetch",
    "federation_list_endpoint": f"{ANCHOR}/federation/list",
}


@dataclass
class Crowd:
    """Implements `node.services.web.Web`: the anchor and `size` members, of whom those in `hung` never answer.

    All members sign with one key, so that a thousand are made in a moment. `refusals` are raised one by one, before
    anything else is answered by the anchor.
    """

    size: int
    clock: StandingClock = field(default_factory=StandingClock)
    hung: set[str] = field(default_factory=set[str])
    refusals: list[NodeError] = field(default_factory=list[NodeError])
    gets: int = 0

    @cached_property
    def members(self) -> list[str]:
        return [f"https://member{number}.example" for number in range(self.size)]

    @cached_property
    def anchor_key(self) -> PrivateKey:
        return key("anchor")

    @cached_property
    def member_key(self) -> PrivateKey:
        return key("crowd")

    def joined(self, session: Session) -> None:
        """The network, as a node has it that was admitted by the anchor."""
        jwks = to_jwks({self.anchor_key.kid: self.anchor_key.public})
        rows.add_network(
            session,
            anchor=ANCHOR,
            role=rows.MEMBER,
            name="Crowd",
            jwks=jwks,
            state="member",
            registration={},
            now=self.clock.now(),
        )

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        self.gets += 1
        await asyncio.sleep(0)
        parts = urlsplit(url)
        origin = f"https://{parts.netloc}"
        if origin in self.hung:
            await asyncio.Event().wait()
        if origin == ANCHOR and self.refusals and parts.path == "/federation/fetch":
            raise self.refusals.pop()
        body = self._answer(origin, parts.path, parse_qs(parts.query))
        assert len(body) <= max_bytes
        tag = f'"{digest(body)}"'
        status = 304 if etag == tag else 200
        return Fetched(
            status=status,
            body=b"" if status == 304 else body,
            etag=tag,
            content_type=accept,
            final_url=url,
            max_age_s=None,
        )

    async def post(self, url: str, body: bytes, *, content_type: str) -> Posted:
        raise Unreachable("a crowd takes nothing in")

    def _answer(self, origin: str, path: str, query: dict[str, list[str]]) -> bytes:
        match path:
            case "/.well-known/openid-federation":
                return self._configuration(origin).encode()
            case "/.well-known/did.json":
                return canonical_json(self._document(origin))
            case "/issuer":
                return canonical_json({"id": did_of(origin), "name": f"{origin} as it calls itself"})
            case "/federation/list":
                return canonical_json(self.members)
            case "/federation/fetch":
                return self._statement(query["sub"][0]).encode()
            case _:
                raise Unreachable("no such page")

    def _configuration(self, entity_id: str) -> str:
        is_anchor = entity_id == ANCHOR
        signer = self.anchor_key if is_anchor else self.member_key
        node = {"did": did_of(entity_id), "did_document_sha256": digest_json(self._document(entity_id))}
        return sign_configuration(
            entity_id=entity_id,
            signer=signer,
            jwks={signer.kid: signer.public},
            metadata={"federation_entity": dict(ENDPOINTS) if is_anchor else {}, "ler_node": node},
            iat=self.clock.now(),
            exp=self.clock.now() + timedelta(days=1),
            authority_hints=[] if is_anchor else [ANCHOR],
        )

    def _statement(self, entity_id: str) -> str:
        return sign_subordinate(
            issuer=ANCHOR,
            subject=entity_id,
            signer=self.anchor_key,
            jwks={self.member_key.kid: self.member_key.public},
            metadata=member_metadata(f"The {urlsplit(entity_id).netloc}", did_of(entity_id)),
            membership=membership(did=did_of(entity_id)),
            iat=self.clock.now(),
            exp=self.clock.now() + timedelta(days=1),
        )

    def _document(self, entity_id: str) -> JsonObject:
        did = did_of(entity_id)
        method = {"id": f"{did}#auth-1", "type": "Multikey", "controller": did}
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "alsoKnownAs": [entity_id],
            "verificationMethod": [{**method, "publicKeyMultibase": encode_multikey(self.member_key.public)}],
            "authentication": [f"{did}#auth-1"],
        }
