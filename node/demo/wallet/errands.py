"""What is due by what is stored: the next word of every exchange that this wallet began. Each is one transaction.

    relation   enrolled -> asks for a mailbox; has one -> has its own DID put into the keylist
    offer      accepted -> asked for, with a proof that the key is ours
    contact    the mailbox is in the keylist -> the letter goes to the asker, by two relays
    receipt    found right -> countersigned, and back to the asker by the same way

Killed at any point and started again, it finds the same things due, or done.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass

from node.demo.wallet import identities
from node.demo.wallet.clock import Clock, context
from node.demo.wallet.documents import Documents
from node.demo.wallet.errors import WalletError
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import askers, consents, keys, messages, relations
from node.demo.wallet.rows.askers import Asker, Contact
from node.demo.wallet.rows.consents import Received
from node.demo.wallet.rows.relations import Offer, Relation
from node.demo.wallet.sealing import Seal
from node.demo.wallet.storage import Store
from protocols.consent.letters import ContactLetter, return_hash, sign_contact
from protocols.consent.receipt import countersign
from protocols.consent.relay import Contact as ContactSaid
from protocols.consent.relay import Middle, Receipted
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.flow import Command, Send
from protocols.flows.coordinate_mediation import FLOW as MEDIATION
from protocols.flows.coordinate_mediation.messages import RequestMediation, UpdateRecipients
from protocols.flows.issue_credential import FLOW as ISSUE
from protocols.flows.issue_credential.holder_binding import holder_proof
from protocols.flows.issue_credential.messages import Request
from protocols.jose.encoding import digest, digest_json


@dataclass(frozen=True, slots=True)
class Errands:
    store: Store
    seal: Seal
    packing: Packing
    documents: Documents
    clock: Clock

    async def run(self) -> bool:
        """Does what is due and possible now; whether there was anything. What needs a host that is away waits."""
        with self.store.read() as db:
            known = {each.institution: each for each in relations.relations(db)}
            offers = [offer for offer in relations.offers(db) if offer.state == "accepted"]
            contacts = askers.contacts_to_make(db)
            receipts = [row for row in consents.receipts(db) if row.state == "checked"]
        any_done = False
        for relation in known.values():
            any_done |= await self._done(self._go_on(relation))
        for offer in offers:
            any_done |= await self._done(self._ask_for(offer))
        for contact in contacts:
            any_done |= await self._done(self._write_to(contact, known))
        for received in receipts:
            any_done |= await self._done(self._confirm(received, known))
        return any_done

    async def _done(self, errand: Awaitable[bool]) -> bool:
        try:
            return await errand
        except (WalletError, ProtocolError):
            return False  # a host that is away, or a document that cannot be used now: still due next time

    async def _go_on(self, relation: Relation) -> bool:
        """A relation's next step towards a mailbox of its own."""
        ours, theirs = relation.mediation, relation.institution
        command: Command
        match relation.state:
            case relations.ENROLLED:
                command, after = RequestMediation(ours=ours, theirs=theirs), relations.ASKING_MEDIATION
            case relations.MEDIATED:
                command, after = UpdateRecipients(ours=ours, theirs=theirs, add=(ours,)), relations.ASKING_MAIL
            case _:
                return False
        document = await self.documents.of(theirs)
        now = self.clock.now()
        with self.store.step(f"relation.{after}") as db:
            current = relations.relation(db, theirs)
            if current is None or current.state != relation.state:
                return False
            step = MEDIATION.advance(None, command, context(now))
            if step.thread is not None:
                messages.keep_thread(db, step.thread)
            for effect in step.effects:
                if isinstance(effect, Send):
                    self.packing.send(db, effect.message, document, wants_reply=True, now=now)
            relations.set_relation(db, theirs, after)
        return True

    async def _ask_for(self, offer: Offer) -> bool:
        document = await self.documents.of(offer.issuer)
        now = self.clock.now()
        with self.store.step("offer.requested") as db:
            thread = messages.thread(db, offer.ours, ISSUE.piuri, offer.thread)
            if thread is None or offer.state not in {
                row.state for row in relations.offers(db) if (row.ours, row.thread) == (offer.ours, offer.thread)
            }:
                return False
            holder = identities.holder(db, self.seal)
            proof = holder_proof(holder, issuer=offer.issuer, thread_id=offer.thread, now=now)
            request = Request(holder_did=identities.did_of_kid(holder.kid), proof_jwt=proof)
            step = ISSUE.advance(thread, request, context(now))
            messages.keep_thread(db, step.thread or thread)
            for effect in step.effects:
                if isinstance(effect, Send):
                    self.packing.send(db, effect.message, document, wants_reply=False, now=now)
            relations.set_offer(db, offer.ours, offer.thread, "requested")
        return True

    async def _write_to(self, contact: Contact, known: Mapping[str, Relation]) -> bool:
        """The contact letter: signed under the long form, which carries the per-asker DID's own document."""
        asker, relation, documents = await self._way(contact.subject, known)
        now = self.clock.now().replace(microsecond=0)
        with self.store.step("contact.made") as db:
            if not askers.contact_made(db, contact.subject, contact.invitation):
                return False
            letter = ContactLetter(
                invitation=contact.invitation,
                subject=keys.long_form(db, asker.subject),
                asker=asker.asker,
                exit=asker.exit,
                return_hash=return_hash(asker.way_back),
                issued_at=now,
            )
            token = sign_contact(letter, identities.signer(db, self.seal, asker.subject, as_long=True))
            middle = Middle(next=asker.asker, said=ContactSaid(letter=token), way_back=asker.way_back)
            message = self.packing.relay(db, middle, None, asker=asker, relation=relation, documents=documents, now=now)
            about = digest(token.encode("ascii"))
            messages.add_sent(db, about, message, asker.subject, "contact", contact.invitation, now)
        return True

    async def _confirm(self, received: Received, known: Mapping[str, Relation]) -> bool:
        asker, relation, documents = await self._way(received.subject, known)
        now = self.clock.now()
        with self.store.step("receipt.countersigned") as db:
            current = {row.payload_digest: row for row in consents.receipts(db)}.get(received.payload_digest)
            if current is None or current.state != "checked":
                return False
            receipt = countersign(received.receipt, identities.signer(db, self.seal, asker.subject))
            consents.countersigned(db, received.payload_digest, receipt)
            middle = Middle(next=asker.asker, said=Receipted(receipt=receipt))
            message = self.packing.relay(db, middle, None, asker=asker, relation=relation, documents=documents, now=now)
            about = digest_json(receipt.to_json())
            messages.add_sent(db, about, message, asker.subject, "receipt", received.payload_digest, now)
        return True

    async def _way(
        self, subject: str, known: Mapping[str, Relation]
    ) -> tuple[Asker, Relation, Mapping[str, DidDocument]]:
        """The way out for a per-asker DID: who is asked, by whom it goes, and the documents of both relays."""
        with self.store.read() as db:
            asker = askers.asker(db, subject)
        if asker is None or asker.entry not in known:
            raise WalletError("no way to that asker is known")
        documents = {did: await self.documents.of(did) for did in (asker.entry, asker.exit)}
        return asker, known[asker.entry], documents
