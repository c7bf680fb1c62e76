"""Envelopes out: to the institution directly, and to an asker by two relays.

    inner   authcrypt by the per-asker DID         only the asker opens it
    middle  anoncrypt for the exit                 what is said, to whom, the way back
    relay   authcrypt by the mediation DID         the entry reads: for which exit, until when

What the entry sees names no asker, and what the exit sees names no learner.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node.demo.wallet import identities
from node.demo.wallet.clock import entropy, new_id
from node.demo.wallet.documents import agreement_keys, endpoint_of
from node.demo.wallet.rows import keys, messages
from node.demo.wallet.rows.askers import Asker
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.sealing import Seal
from protocols.consent.relay import Middle, Relay
from protocols.didcomm.envelope import pack_anoncrypt, pack_authcrypt
from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument
from protocols.flows.consented_relay.messages import middle_message, relay_message
from protocols.jose.encoding import JsonObject, parse_object

LIFETIME = timedelta(days=6)
"""How long what cannot be sent waits; a letter or use is refused after seven days."""


@dataclass(frozen=True, slots=True)
class Packing:
    """Everything here runs inside a transaction; documents were looked up before."""

    seal: Seal

    def to_institution(self, db: sqlite3.Connection, message: Message, document: DidDocument) -> bytes:
        """`message` from a mediation DID. The long form goes along, so that the other side can always resolve it."""
        ours = message.sender or ""
        key = identities.agreement(db, self.seal, ours, as_long=True)
        named = replace(message, sender=keys.long_form(db, ours))
        return pack_authcrypt(named, sender=key, recipients=agreement_keys(document), entropy=entropy)

    def send(
        self, db: sqlite3.Connection, message: Message, document: DidDocument, *, wants_reply: bool, now: datetime
    ) -> None:
        """Puts `message` to an institution among what is to be posted, as the bytes that will be posted."""
        messages.enqueue(
            db,
            message.id,
            document.id,
            endpoint_of(document),
            self.to_institution(db, message, document),
            wants_reply=wants_reply,
            expires_at=message.expires_time or now + LIFETIME,
        )

    def to_asker(self, db: sqlite3.Connection, message: Message, asker: DidDocument) -> JsonObject:
        """The inner envelope: `message` from a per-asker DID, for the asker alone."""
        key = identities.agreement(db, self.seal, message.sender or "")
        packed = pack_authcrypt(message, sender=key, recipients=agreement_keys(asker), entropy=entropy)
        return parse_object(packed)

    def relay(
        self,
        db: sqlite3.Connection,
        middle: Middle,
        inner: JsonObject | None,
        *,
        asker: Asker,
        relation: Relation,
        documents: Mapping[str, DidDocument],
        now: datetime,
    ) -> str:
        """Puts `middle` on its way by the asker's entry and exit; returns the id of the message to the entry."""
        sealed = middle_message(middle, inner, id=new_id(), exit=asker.exit, now=now)
        packed = pack_anoncrypt(sealed, recipients=agreement_keys(documents[asker.exit]), entropy=entropy)
        message = relay_message(
            Relay(next=asker.exit, expires=now + LIFETIME),
            parse_object(packed),
            id=new_id(),
            ours=relation.mediation,
            entry=relation.institution,
            now=now,
        )
        self.send(db, message, documents[relation.institution], wants_reply=False, now=now)
        return message.id
