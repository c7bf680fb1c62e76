"""The status lists this node publishes: places drawn at random, bits set, documents signed again when they change.

Spec: https://www.w3.org/TR/vc-bitstring-status-list/
"""

import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock, new_id
from node.errors import Conflict, NotFound
from node.services.did_document import Purpose
from node.services.identity import Identity
from node.services.work import Outcome, WorkList
from node.storage.repos import status_lists as rows
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.proofs import add_proof
from protocols.credentials.times import parse_time
from protocols.jose.encoding import JsonObject, canonical_json, digest
from protocols.status.bitstring import get_bit, get_value, set_bit, set_value
from protocols.status.entry import MESSAGE, size_for, status_entry
from protocols.status.publish import status_list_credential
from protocols.status.token_list import sign_status_list
from protocols.status.token_status import INVALID, SUSPENDED, from_bitstring

PUBLISH = "status.publish"
SUITE = "eddsa-jcs-2022"
REVOCATION, SUSPENSION = "revocation", "suspension"
PURPOSES = (REVOCATION, SUSPENSION)
VALUES = {REVOCATION: INVALID, SUSPENSION: SUSPENDED}
"""What a set entry is in the list's other form."""
"""Every credential has a place for each: a suspension can be taken back, a revocation cannot."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedList:
    """A list of ours as operators see it: `bits` an entry, `taken` of its `entries` are some credential's.

    `signed_at` is when what is served was signed, None before that; `changed_at` when an entry was set last.
    """

    id: str
    url: str
    purpose: str
    entries: int
    bits: int
    taken: int
    messages: tuple[str, ...]
    changed_at: datetime
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusLists:
    """See the module's own words.

    Args:
        messages: what further statuses a credential can have, the usual one first; none for no such list.
        message_reference: where they are explained.
    """

    storage: UnitOfWork
    identity: Identity
    work: WorkList
    clock: Clock
    messages: tuple[str, ...] = ()
    message_reference: str | None = None

    def url(self, list_id: str) -> str:
        return f"{self.identity.base_url}/status/{list_id}"

    def id_of(self, url: str) -> str | None:
        """The list of ours that is served at `url`, None where that is none of ours."""
        prefix = self.url("")
        return url.removeprefix(prefix) if url.startswith(prefix) else None

    def allocate(self, session: Session, credential_id: str, *, now: datetime) -> None:
        """A place for a credential in a list of each purpose: given once and never again, and no guess at another.

        Raises:
            Conflict: the credential has its places.
        """
        if rows.places(session, credential_id):
            raise Conflict("a credential of this id has a status", found=credential_id[:120], expected="a new id")
        for purpose in PURPOSES:
            self._allocate(session, credential_id, purpose, None, now)
        if self.messages:
            meaning: JsonObject = {"messages": list(self.messages), "reference": self.message_reference}
            self._allocate(session, credential_id, MESSAGE, meaning, now)

    def entries(self, session: Session, credential_id: str) -> list[JsonObject]:
        """The `credentialStatus` objects of a credential that has its places."""
        return [
            status_entry(list_url=self.url(row.id), index=index, purpose=row.purpose, **(row.meaning or {}))
            for row, index in rows.places(session, credential_id)
        ]

    def set(self, session: Session, credential_id: str, purpose: str, value: bool, *, now: datetime) -> bool:
        """Sets or clears a bit and has the list signed again; False where it was so already.

        Raises:
            NotFound: a credential without a place for `purpose`, or a purpose that has messages.
            Conflict: a revocation that is to be taken back.
        """
        if purpose not in PURPOSES:
            raise NotFound("no such status", found=purpose[:40], expected=" or ".join(PURPOSES))
        row, index = self._place(session, credential_id, purpose)
        bits = zlib.decompress(row.bits)
        if get_bit(bits, index) == value:
            return False
        if purpose == REVOCATION and not value:
            raise Conflict("a revocation is for good", found="to be cleared", expected="a new credential")
        rows.change(session, row, zlib.compress(set_bit(bits, index, value)), now=now)
        self._publish(session, row.id, now)
        return True

    def say(self, session: Session, credential_id: str, message: str, *, now: datetime) -> bool:
        """Sets the message of a credential and has the list signed again; False where it was that already.

        Raises:
            NotFound: a credential without a place for messages, or a message that is none of those of its list.
        """
        row, index = self._place(session, credential_id, MESSAGE)
        texts: list[str] = (row.meaning or {})["messages"]
        if message not in texts:
            raise NotFound("no such message", found=message[:80], expected=", ".join(texts)[:400])
        bits, size, value = zlib.decompress(row.bits), size_for(len(texts)), texts.index(message)
        if get_value(bits, index, size) == value:
            return False
        rows.change(session, row, zlib.compress(set_value(bits, index, value, size)), now=now)
        self._publish(session, row.id, now)
        return True

    def message(self, session: Session, credential_id: str) -> str | None:
        """The message of a credential; None where it has no place for one."""
        for row, index in rows.places(session, credential_id):
            if row.purpose == MESSAGE:
                texts: list[str] = (row.meaning or {})["messages"]
                return texts[get_value(zlib.decompress(row.bits), index, size_for(len(texts)))]
        return None

    async def listed(self, *, limit: int, after: str | None) -> Sequence[PublishedList]:
        """Our lists in the order they were opened, from the one after id `after`."""

        def body(session: Session) -> Sequence[PublishedList]:
            return [self._listed(session, row) for row in rows.page(session, limit=limit, after=after)]

        return await self.storage.read(body)

    async def publish(self, payload: JsonObject) -> Outcome:
        """Performs the work `status.publish`: signs the list as it is now."""

        def gather(session: Session) -> tuple[bytes, str, int, datetime]:
            row = rows.get(session, payload["list"])
            return zlib.decompress(row.bits), row.purpose, row.size // SIZE, row.changed_at

        bits, purpose, size, changed_at = await self.storage.read(gather)
        now = self.clock.now().replace(microsecond=0)
        unsigned = status_list_credential(
            url=self.url(payload["list"]),
            issuer=self.identity.did,
            purpose=purpose,
            bits=bits,
            valid_from=now,
            valid_until=now + VALID_FOR,
            ttl_ms=TTL_MS,
            size=size,
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

    async def token(self, list_id: str) -> Published:
        """The list as a Status List Token, by the key of now: the same as `get`, in the form that tokens refer to.

        A suspension is value 2 there, so that list has two bits an entry.

        Raises:
            NotFound: no such list, one that was not signed yet, or one of messages, which a token's list has no
                values for.
        """

        def body(session: Session) -> tuple[bytes, str, JsonObject] | None:
            row = rows.find(session, list_id)
            return None if row is None or row.document is None else (row.bits, row.purpose, row.document)

        found = await self.storage.read(body)
        if found is None or found[1] not in VALUES:
            raise NotFound("no such status list", expected="a list named in a credential")
        bits, purpose, document = found
        data, size = from_bitstring(zlib.decompress(bits), VALUES[purpose])
        token = sign_status_list(
            data,
            uri=self.url(list_id),
            size=size,
            signer=self.identity.signer(Purpose.ASSERTION),
            issued_at=parse_time(document["validFrom"], "validFrom"),
            expires_at=parse_time(document["validUntil"], "validUntil"),
            ttl_s=TTL_MS // 1000,
            aggregation_uri=self.url("aggregation"),
        ).encode()
        return Published(body=token, etag=digest(token))

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

    def _place(self, session: Session, credential_id: str, purpose: str) -> tuple[rows.StatusList, int]:
        for row, index in rows.places(session, credential_id):
            if row.purpose == purpose:
                return row, index
        raise NotFound("no such status", found=purpose[:40], expected="a credential that has one")

    def _listed(self, session: Session, row: rows.StatusList) -> PublishedList:
        meaning = row.meaning or {}
        return PublishedList(
            id=row.id,
            url=self.url(row.id),
            purpose=row.purpose,
            entries=SIZE,
            bits=row.size // SIZE,
            taken=rows.taken(session, row.id),
            messages=tuple(meaning.get("messages", ())),
            changed_at=row.changed_at,
            signed_at=row.updated_at if row.etag else None,
        )

    def _allocate(
        self, session: Session, credential_id: str, purpose: str, meaning: JsonObject | None, now: datetime
    ) -> None:
        row = rows.open_list(session, purpose, full_at=FULL_AT, meaning=meaning)
        if row is None:
            size = SIZE * (1 if meaning is None else size_for(len(meaning["messages"])))
            empty = zlib.compress(bytes(size // 8))
            row = rows.add_list(session, new_id(), purpose, size, empty, now=now, meaning=meaning)
            self._publish(session, row.id, now)
        while not rows.take_index(session, row.id, secrets.randbelow(SIZE), credential_id):
            continue

    def _publish(self, session: Session, list_id: str, now: datetime) -> None:
        self.work.add(session, PUBLISH, {"list": list_id}, now=now)
