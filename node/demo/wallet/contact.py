"""Opening an asker's link: who asks is looked at first; then a DID, a mailbox and an exit are made for them alone.

What the entry gets to see of it: that a fresh key joined the keylist, that the directory was fetched (whole), and for
which exit a letter is. What the asker gets to see: a DID it never saw before, through an exit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection

from node.demo.wallet import identities, links
from node.demo.wallet.clock import Clock, context, entropy
from node.demo.wallet.directory import MAX_DIRECTORY_BYTES, PATH, Relay, choose_exit, read_relays
from node.demo.wallet.documents import Documents
from node.demo.wallet.errors import Refused, WalletError
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import askers, messages, relations
from node.demo.wallet.rows.askers import Asker, Contact
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.sealing import Seal
from node.demo.wallet.storage import Store
from node.demo.wallet.transport import Transport
from node.demo.wallet.trust import Requester, anchors_of, requester_of
from protocols.consent.digests import new_salt
from protocols.didcomm.message import Attachment
from protocols.dids.document import DidDocument
from protocols.dids.shapes import as_list, as_object
from protocols.errors import ProtocolError
from protocols.flow import Send
from protocols.flows.coordinate_mediation import FLOW as MEDIATION
from protocols.flows.coordinate_mediation.messages import UpdateRecipients
from protocols.flows.out_of_band.messages import Invitation
from protocols.jose.encoding import parse_json
from protocols.trust.entity import entity_id_of

OPEN_FOR = timedelta(days=90)
"""How long the exit is asked to keep the way back: as long as a request may live."""
LEFT_AT_LEAST = timedelta(days=1)
LOOKED_AT = 8
"""How many relays' documents are fetched, so that a fetch does not say which of them was drawn."""
MAX_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Contacts:
    store: Store
    seal: Seal
    packing: Packing
    documents: Documents
    transport: Transport
    clock: Clock

    async def begin(self, link: str) -> tuple[Requester, Contact]:
        """Who asks, and the contact that is being made. The same link once more changes nothing.

        Raises:
            Refused: not a link of an asker, an asker that is no verifier of our network, or no relay to go by.
            Unreachable: the link, or our own institution, does not answer.
        """
        invitation = await links.fetch(self.transport, link, goal=links.PRESENT)
        now = self.clock.now().replace(microsecond=0)
        with self.store.read() as db:
            requester = requester_of(_chain(invitation), invitation.sender, anchors_of(db), now)
            known = askers.contact(db, invitation.sender, invitation.id)
        if requester.standing.outcome == "no":
            raise Refused(f"this requester is unknown to your network: {requester.standing.reason}")
        if known is not None:
            return requester, known
        relation = self._relation()
        with self.store.read() as db:
            asker = askers.known_asker(db, invitation.sender, relation.institution, at=now + LEFT_AT_LEAST)
        exit = None if asker is not None else await self._exit(relation, invitation.sender, now)
        document = await self.documents.of(relation.institution)
        with self.store.step("contact.began") as db:
            if asker is None and exit is not None:
                asker = askers.known_asker(db, invitation.sender, relation.institution, at=now + LEFT_AT_LEAST)
                asker = asker or self._new_asker(db, relation, document, invitation.sender, exit, now)
            if asker is None:
                raise WalletError("no way to this asker")
            askers.add_contact(db, asker.subject, invitation.id, invitation.goal, now=now)
            contact = askers.contact(db, invitation.sender, invitation.id)
        if contact is None:
            raise WalletError("the contact was not kept")
        return requester, contact

    def _relation(self) -> Relation:
        """The institution that takes our mail: the first, where there are several."""
        with self.store.read() as db:
            ready = [each for each in relations.relations(db) if each.state == relations.READY]
        if not ready:
            raise Refused("no institution takes this wallet's mail yet", expected="enrol LINK CODE first")
        return ready[0]

    async def _exit(self, relation: Relation, asker: str, now: datetime) -> Relay:
        """Drawn at random; the documents of several are looked at, the drawn one's among them."""
        url = entity_id_of(relation.institution) + PATH
        body = await self.transport.get(url, accept="application/json", max_bytes=MAX_DIRECTORY_BYTES)
        with self.store.read() as db:
            anchors = anchors_of(db)
            issuers = frozenset(held.issuer for held in relations.credentials(db))
        try:
            relays = read_relays(body, anchors, now)
        except ProtocolError as error:
            raise Refused(f"the institution's directory cannot be used: {error.detail}") from error
        exit = choose_exit(relays, entry=relation.institution, asker=asker, issuers=issuers, draw=_draw)
        others = [relay.did for relay in relays if relay.did not in (exit.did, asker)]
        await self._look_at([exit.did, *(others.pop(_draw(len(others))) for _ in range(min(LOOKED_AT, len(others))))])
        await self.documents.of(asker)
        return exit

    async def _look_at(self, dids: list[str]) -> None:
        needed = dids[0]
        for did in sorted(dids):
            try:
                await self.documents.of(did)
            except (WalletError, ProtocolError):
                if did == needed:
                    raise

    def _new_asker(
        self, db: Connection, relation: Relation, document: DidDocument, did: str, exit: Relay, now: datetime
    ) -> Asker:
        asker = Asker(
            subject=identities.new_peer(db, self.seal, mediator=exit.did),
            asker=did,
            entry=relation.institution,
            exit=exit.did,
            mailbox=identities.new_mailbox(db, self.seal),
            salt=new_salt(entropy),
            until=now + OPEN_FOR,
            is_open=False,
            at=now,
        )
        askers.add_asker(db, asker)
        update = UpdateRecipients(ours=relation.mediation, theirs=relation.institution, add=(asker.mailbox,))
        step = MEDIATION.advance(None, update, context(now))
        if step.thread is not None:
            messages.keep_thread(db, step.thread)
        for effect in step.effects:
            if isinstance(effect, Send):
                self.packing.send(db, effect.message, document, wants_reply=True, now=now)
        return asker


def _chain(invitation: Invitation) -> tuple[str, ...]:
    """The trust chain beside an invitation; empty where there is none that could be one."""
    for attachment in invitation.attachments:
        if attachment.id == "asker":
            tokens = as_list(_fields(attachment).get("trust_chain")) or []
            return tuple(token for token in tokens[:MAX_CHAIN] if isinstance(token, str))
    return ()


def _fields(attachment: Attachment) -> Mapping[str, object]:
    try:
        value = attachment.json if attachment.content is None else parse_json(attachment.content)
    except ProtocolError:
        return {}
    return as_object(value) or {}


def _draw(below: int) -> int:
    """A number below `below`, each as likely as any other to within 2^-64."""
    return int.from_bytes(entropy(16), "big") % below
