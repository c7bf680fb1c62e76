"""The status lists this node publishes: places drawn at random, bits set, documents signed again when they change.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/
"""

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock, new_id
from node.errors import NotFound
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.work import Outcome, WorkList
from node.storage.repos import status_lists as rows
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.proofs import add_proof
from protocols.jose.encoding import JsonObject, canonical_json, digest
from protocols.status.bitstring import set_bit
from protocols.status.entry import status_entry
from protocols.status.publish import status_list_credential

PUBLISH = "status.publish"
SUITE = "eddsa-jcs-2022"
SIZE = 131_072
"""Entries of a list: the herd that a single look-up hides in (Bitstring Status List section 6.1)."""
FULL_AT = SIZE // 2
"""Above half full, drawing at random begins to tell how full a list is; the next one is opened."""
TTL_MS = 60_000
VALID_FOR = timedelta(days=2)
RENEWED_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A list as served: the signed document's bytes and their strong ETag."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class StatusLists:
    storage: UnitOfWork
    identity: Identity
    work: WorkList
    clock: Clock

    def url(self, list_id: str) -> str:
        return f"{self.identity.base_url}/status/{list_id}"

    def id_of(self, url: str) -> str | None:
        """The list of ours that is served at `url`, None where that is none of ours."""
        prefix = self.url("")
        return url.removeprefix(prefix) if url.startswith(prefix) else None

    def entry(self, list_id: str, index: int) -> JsonObject:
        """The `credentialStatus` of the credential at a place."""
        return status_entry(list_url=self.url(list_id), index=index, purpose="revocation")

    def allocate(self, session: Session, credential_id: str, *, now: datetime) -> tuple[str, int]:
        """(list, index) for a credential: given once and never again, and no guess at its neighbours."""
        row = rows.open_list(session, full_at=FULL_AT)
        if row is None:
            row = rows.add_list(session, new_id(), "revocation", SIZE, zlib.compress(bytes(SIZE // 8)), now=now)
            self._publish(session, row.id, now)
        while True:
            index = secrets.randbelow(SIZE)
            if rows.take_index(session, row.id, index, credential_id):
                return row.id, index

    def set(self, session: Session, list_id: str, index: int, *, now: datetime) -> None:
        """Sets a bit and has the list signed again."""
        row = rows.get(session, list_id)
        bits = set_bit(zlib.decompress(row.bits), index)
        rows.change(session, row, zlib.compress(bits), now=now)
        self._publish(session, list_id, now)

    async def publish(self, payload: JsonObject) -> Outcome:
        """Performs the work `status.publish`: signs the list as it is now."""

        def gather(session: Session) -> tuple[bytes, datetime]:
            row = rows.get(session, payload["list"])
            return zlib.decompress(row.bits), row.changed_at

        bits, changed_at = await self.storage.read(gather)
        now = self.clock.now().replace(microsecond=0)
        unsigned = status_list_credential(
            url=self.url(payload["list"]),
            issuer=self.identity.did,
            purpose="revocation",
            bits=bits,
            valid_from=now,
            valid_until=now + VALID_FOR,
            ttl_ms=TTL_MS,
        )
        signer = self.identity.signer(Purpose.ASSERTION)
        document = add_proof(unsigned, suite=SUITE, signer=signer, purpose="assertionMethod", created=now)

        def body(session: Session) -> None:
            row = rows.get(session, payload["list"])
            if row.changed_at == changed_at:  # a later change has its own work row
                etag = digest(canonical_json(document))
                rows.published(session, row, document, etag, now=self.clock.now())

        return body

    async def get(self, list_id: str) -> Published:
        """The list as served; raises NotFound."""

        def body(session: Session) -> Published | None:
            row = rows.find(session, list_id)
            if row is None or row.document is None or row.etag is None:
                return None
            return Published(body=canonical_json(row.document), etag=row.etag)

        published = await self.storage.read(body)
        if published is None:
            raise NotFound("no such status list", expected="a list named in a credential")
        return published

    async def urls(self) -> Sequence[str]:
        """Every list of ours that is served, for peers that keep them all."""
        return await self.storage.read(lambda session: [self.url(id) for id in rows.published_ids(session)])

    async def renew(self) -> None:
        """The job `status.renew`: signs lists again long before their validity ends."""

        def body(session: Session) -> None:
            now = self.clock.now()
            for row in rows.signed_before(session, now - RENEWED_EVERY):
                self._publish(session, row.id, now)

        await self.storage.run("status.renew", body)

    def _publish(self, session: Session, list_id: str, now: datetime) -> None:
        self.work.add(session, PUBLISH, {"list": list_id}, now=now)
