"""The did:webvh that a node may publish beside its did:web: the same keys and services, with every version there was.

The node is its did:web; that is what it signs as, and what members and networks know it by. The did:webvh lets whoever
looks later prove which keys it had when. Each names the other in `alsoKnownAs`.

Every entry is signed by a key that the entry before announced by its hash only, and that is forgotten once it has
signed: who takes a key out of this node cannot write the past anew. The key for the next entry lies sealed beside the
newest one.

Spec: https://identity.foundation/didwebvh/v1.0/#publishing-a-parallel-didweb-did
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.adapters.keystore import Keystore
from node.clock import Clock
from node.errors import Conflict, EngineError, NotFound
from node.services.identity import Identity
from node.storage.repos import history as rows
from node.storage.repos.identity import NewKey
from node.storage.tables.history import HistoryEntry
from node.storage.unit import Storage
from protocols.dids.multiformats import encode_multikey
from protocols.dids.shapes import as_list, as_object
from protocols.dids.webvh.entry import PLACEHOLDER
from protocols.dids.webvh.log import MAX_ENTRIES
from protocols.dids.webvh.writing import first_entry, key_hash, next_entry
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.jose.keys import PublicKey

PURPOSE = "history"
TTL_S = 300
"""Shorter than the time that a new key is published before it is used (`SETTLES_AFTER`)."""


@dataclass(slots=True, kw_only=True)
class OwnHistory:
    """Run `keep_up` now and then; where nothing is to be published it does nothing."""

    storage: Storage
    keystore: Keystore
    identity: Identity
    clock: Clock
    is_published: bool

    async def log(self) -> bytes:
        """`did.jsonl`; raises NotFound where there is none."""
        lines = await self.storage.read(rows.lines) if self.is_published else []
        if not lines:
            raise NotFound("this node publishes no did:webvh", expected="publish.webvh = true")
        return "".join(line + "\n" for line in lines).encode()

    async def keep_up(self) -> None:
        """Writes an entry where the DID document is another than the newest entry says, and the first where is none.

        Raises:
            Conflict: the log is as long as anybody reads.
        """
        if not self.is_published:
            return
        newest = await self.storage.read(rows.newest)
        now = self.clock.now().replace(microsecond=0)  # the next entry has to be later, to the second
        if newest is None:
            await self._append(self._first(now))
        else:
            before = parse_object(newest.line)["state"]
            state = twin(self.identity.document_alone(), self.identity.did, before["id"])
            if state != before and now > newest.written_at:
                await self._append(self._next(newest, state, now))
        newest = await self.storage.read(rows.newest)
        if newest is not None:
            self.identity.twins = (parse_object(newest.line)["state"]["id"],)

    async def _append(self, entry: rows.NewEntry) -> None:
        """Another replica may have been first: then its entry stands, and this one never was."""
        await self.storage.run("history.append", lambda session: rows.append(session, entry))

    def _first(self, now: datetime) -> rows.NewEntry:
        signs, follows = self._make(), self._make()
        did = f"did:webvh:{PLACEHOLDER}:{self.identity.did.removeprefix('did:web:')}"
        state = twin(self.identity.document_alone(), self.identity.did, did)
        parameters = {**_keys(_public(signs), _public(follows)), "ttl": TTL_S}
        entry = first_entry(state, parameters, signer=self.keystore.opened(signs), at=now)
        return _row(1, entry, follows, now)

    def _next(self, before: HistoryEntry, state: JsonObject, now: datetime) -> rows.NewEntry:
        if before.number >= MAX_ENTRIES:
            expected = f"at most {MAX_ENTRIES} entries"
            raise Conflict("the log of this node is full", found=f"{before.number} entries", expected=expected)
        if before.next_sealed is None:
            raise EngineError("the key for the next entry is gone", found=before.version_id[:64])
        signs = NewKey(
            kid=before.next_kid,
            purpose=PURPOSE,
            crv="Ed25519",
            public_jwk=before.next_public_jwk,
            sealed=before.next_sealed,
        )
        follows, number = self._make(), before.number + 1
        parameters = _keys(_public(signs), _public(follows))
        signer = self.keystore.opened(signs)
        entry = next_entry(before.version_id, number, state, parameters, signer=signer, at=now)
        return _row(number, entry, follows, now)

    def _make(self) -> NewKey:
        public_jwk, sealed = self.keystore.generate(PURPOSE, "Ed25519")
        return NewKey(kid=public_jwk["kid"], purpose=PURPOSE, crv="Ed25519", public_jwk=public_jwk, sealed=sealed)


def twin(document: JsonObject, did: str, other: str) -> JsonObject:
    """The document of `did` as that of `other`: every id renamed, and `did` among the names it is also known as."""
    renamed = _renamed(document, did, other)
    return {**renamed, "alsoKnownAs": [*renamed["alsoKnownAs"], did]}


def _renamed(value: Any, did: str, other: str) -> Any:
    items, fields = as_list(value), as_object(value)
    if items is not None:
        return [_renamed(item, did, other) for item in items]
    if fields is not None:
        return {name: _renamed(item, did, other) for name, item in fields.items()}
    if isinstance(value, str) and (value == did or value.startswith(f"{did}#")):
        return other + value[len(did) :]
    return value


def _keys(signs: PublicKey, follows: PublicKey) -> JsonObject:
    return {"updateKeys": [encode_multikey(signs)], "nextKeyHashes": [key_hash(follows)]}


def _public(key: NewKey) -> PublicKey:
    return PublicKey.from_jwk(key.public_jwk)


def _row(number: int, entry: JsonObject, follows: NewKey, now: datetime) -> rows.NewEntry:
    return rows.NewEntry(
        number=number,
        version_id=entry["versionId"],
        line=canonical_json(entry).decode(),
        written_at=now,
        next_kid=follows.kid,
        next_public_jwk=follows.public_jwk,
        next_sealed=follows.sealed,
    )
