"""Envelopes in: whose box an envelope came to, who may write there, and what its encryption proves.

    mediation DID    its institution alone
    mailbox key      anyone, anonymously: the exit wraps what comes back for one asker
    per-asker DID    the asker and its exit, and only inside what came out of that asker's mailbox

Whoever else writes is not even looked up.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from node.demo.wallet.clock import Clock
from node.demo.wallet.documents import Documents
from node.demo.wallet.rows import askers, keys, relations
from node.demo.wallet.rows.askers import Asker
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.sealing import Seal
from node.demo.wallet.storage import Store
from protocols.didcomm.envelope import NeedsDocument, Unpacked, peek, unpack
from protocols.didcomm.message import Message
from protocols.dids.did import did_of
from protocols.dids.document import DidDocument
from protocols.dids.peer import short_form
from protocols.errors import EnvelopeError, Unauthorized
from protocols.jose.keys import Agreement

STALE_AFTER = timedelta(seconds=30)
"""An envelope that does not open with a document this old is tried once more with a fresh one: keys rotate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One of our DIDs and whose it is. `peers` may write to it under their own names."""

    did: str
    relation: Relation | None = None
    asker: Asker | None = None

    @property
    def is_mailbox(self) -> bool:
        return self.asker is not None and self.did == self.asker.mailbox

    @property
    def peers(self) -> frozenset[str]:
        if self.relation is not None:
            return frozenset({self.relation.institution})
        if self.asker is None or self.is_mailbox:
            return frozenset()
        return frozenset({self.asker.asker, self.asker.exit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message, authenticated: `sender` is None for an anonymous one only."""

    message: Message
    sender: str | None
    box: Box
    documents: Mapping[str, DidDocument]
    digest: str


@dataclass(frozen=True, slots=True)
class Opening:
    store: Store
    seal: Seal
    documents: Documents
    clock: Clock

    async def open(self, envelope: bytes, *, entry: str, subject: str | None = None) -> Opened:
        """The message in an envelope.

        Args:
            entry: the institution it was fetched from.
            subject: the per-asker DID out of whose mailbox it came; None for what came directly.

        Raises:
            ProtocolError: it is not for us, from nobody who may write there, or does not hold.
            Unreachable: its sender's document cannot be had now.
        """
        with self.store.read() as db:
            secrets = keys.agreements(db, self.seal)
            box = self._box(db, envelope, secrets)
        _check_way(box, entry, subject)
        try:
            unpacked, documents = await self._unpack(envelope, box, secrets)
        except EnvelopeError:
            if not await self._refreshed(box):
                raise
            unpacked, documents = await self._unpack(envelope, box, secrets)
        return _opened(envelope, unpacked, box, documents)

    def _box(self, db: sqlite3.Connection, envelope: bytes, secrets: Mapping[str, Agreement]) -> Box:
        for kid in peek(envelope).recipient_kids:
            did = short_form(did_of(kid))
            relation = relations.relation_by_mediation(db, did)
            asker = askers.asker(db, did) or askers.asker_of_mailbox(db, did)
            if relation is not None or asker is not None:
                return Box(did=did, relation=relation, asker=asker)
        raise EnvelopeError("the envelope is not for this wallet")

    async def _unpack(
        self, envelope: bytes, box: Box, secrets: Mapping[str, Agreement]
    ) -> tuple[Unpacked, Mapping[str, DidDocument]]:
        documents: dict[str, DidDocument] = {}
        while True:
            try:
                unpacked = unpack(envelope, secrets=secrets, documents=documents, now=self.clock.now())
            except NeedsDocument as need:
                if need.did not in box.peers or need.did in documents:
                    raise Unauthorized("from somebody who may not write here") from need
                documents[need.did] = await self.documents.of(need.did)
            else:
                return unpacked, documents

    async def _refreshed(self, box: Box) -> bool:
        """Whether there was somebody whose document could be looked at afresh."""
        for did in box.peers:
            await self.documents.of(did, at_least=self.clock.now() - STALE_AFTER)
        return bool(box.peers)


def _check_way(box: Box, entry: str, subject: str | None) -> None:
    """An envelope for a box that came by another way than that box's is an attempt to find out whose it is."""
    if box.relation is not None:
        is_right = (entry, subject) == (box.relation.institution, None)
    elif box.asker is not None:
        is_right = (entry, subject) == (box.asker.entry, None if box.is_mailbox else box.asker.subject)
    else:
        is_right = False
    if not is_right:
        raise Unauthorized("it came another way than what is written to this address comes")


def _opened(envelope: bytes, unpacked: Unpacked, box: Box, documents: Mapping[str, DidDocument]) -> Opened:
    sender = unpacked.sender
    is_sender_right = sender is None if box.is_mailbox else sender in box.peers
    if unpacked.recipient_kid is None or did_of(unpacked.recipient_kid) != box.did or not is_sender_right:
        raise Unauthorized("from somebody who may not write here")
    who = sender or hashlib.sha256(envelope).hexdigest()
    digest = hashlib.sha256("\n".join((who, box.did, unpacked.message.id)).encode()).hexdigest()
    message = unpacked.message if sender is None else replace(unpacked.message, sender=sender)
    return Opened(message=message, sender=sender, box=box, documents=documents, digest=digest)
