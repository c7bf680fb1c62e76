"""A learner's yes and no, each one transaction: what was signed, what was sealed, and what goes out, or nothing."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.demo.wallet import identities
from node.demo.wallet.clock import Clock, context, entropy, new_id
from node.demo.wallet.documents import Documents
from node.demo.wallet.errors import NotFound, Refused
from node.demo.wallet.looking import Look, check_seen, look
from node.demo.wallet.packing import LIFETIME, Packing
from node.demo.wallet.rows import askers, consents, messages, relations
from node.demo.wallet.rows.consents import Record, UseRow
from node.demo.wallet.rows.relations import Held, Relation
from node.demo.wallet.sealing import Seal
from node.demo.wallet.storage import Store
from node.demo.wallet.views import ItemView, RequestView, view
from protocols.consent.check_disclosed import issuer_of
from protocols.consent.digests import credential_digest, new_salt, payload_hash, salted_digest
from protocols.consent.letters import DeclineLetter, DeclineReason, sign_decline
from protocols.consent.presentation import Disclosure, RecordSalts, presentation
from protocols.consent.record import (
    ConsentRecord,
    ConsentType,
    Requester,
    Retention,
    SharedRecord,
    record_hash,
    sign_record,
)
from protocols.consent.relay import Decline as DeclineSaid
from protocols.consent.relay import Middle
from protocols.consent.relay import Present as PresentSaid
from protocols.consent.screen import ConsentScreen, ui_hash
from protocols.consent.use import Use, sign_use
from protocols.credentials.proofs import add_proof
from protocols.dids.document import DidDocument
from protocols.errors import IllegalMove
from protocols.flow import Command, Send
from protocols.flows.present_proof import FLOW as PRESENT_PROOF
from protocols.flows.present_proof.messages import Decline, Present
from protocols.jose.encoding import JsonObject, digest
from protocols.jose.keys import PrivateKey
from protocols.requests.request import request_hash

SUITE = "eddsa-jcs-2022"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Yes:
    """A sharing about to be signed: what was looked at, and what is known of the way."""

    look: Look
    relation: Relation
    documents: Mapping[str, DidDocument]
    now: datetime


@dataclass(frozen=True, slots=True)
class Sharing:
    store: Store
    seal: Seal
    packing: Packing
    documents: Documents
    clock: Clock

    def request(self, id: str) -> RequestView:
        """A request as it stands now; raises NotFound."""
        with self.store.read() as db:
            return view(db, id, now=self._now())

    def show(self, id: str, items: Collection[str] | None = None) -> ConsentScreen:
        """The words a learner would agree to now, for some items or all that can be answered; remembered as shown.

        Raises:
            NotFound: no such request, or no such item in it.
        """
        now = self._now()
        with self.store.step("consent.shown") as db:
            looked_at = look(view(db, id, now=now), items, now)
            consents.keep_shown(db, looked_at.shown)
            return looked_at.screen

    async def approve(self, id: str, items: Collection[str] | None = None) -> ConsentScreen:
        """Shares what answers `items`, or all that can be answered, as `show` showed it; the words agreed to.

        Nothing is sent here: it waits among what is to be posted. A request that was approved stays as it was, and so
        do the words.

        Raises:
            NotFound: no such request, or no such item in it.
            Refused: the requester is not a verifier in good standing, it is too late, or there is nothing to share.
            Unseen: these items were not shown yet, or what would be shared or said is no longer what was shown.
            Unreachable: a document was never seen and cannot be had now.
        """
        now = self._now()
        relation, documents = await self._way(id, now)
        with self.store.step("consent.approved") as db:
            found = view(db, id, now=now)
            if (agreed := consents.record_of_request(db, id)) is not None:
                return agreed.screen
            agreed_to = look(found, items, now)
            _check(found, agreed_to.items)
            check_seen(db, agreed_to)
            self._share(db, _Yes(look=agreed_to, relation=relation, documents=documents, now=now))
            askers.set_request(db, id, "approved")
            return agreed_to.screen

    async def decline(self, id: str, reason: DeclineReason | None = None) -> None:
        """Says no, with a generic reason or none. A request that was declined stays so.

        Raises:
            NotFound: no such request.
            Refused: it was approved.
        """
        now = self._now()
        relation, documents = await self._way(id, now)
        with self.store.step("consent.declined") as db:
            found = view(db, id, now=now)
            if found.asked.state == "declined":
                return
            if found.asked.state != "waiting":
                raise Refused("this request was answered already", found=found.asked.state)
            self._command(db, found, Decline(), now)
            letter = DeclineLetter(
                subject=found.asker.subject, request_hash=request_hash(found.asked.jws), issued_at=now, reason=reason
            )
            token = sign_decline(letter, identities.signer(db, self.seal, found.asker.subject))
            middle = Middle(next=found.asker.asker, said=DeclineSaid(request=found.asked.jws, letter=token))
            message = self.packing.relay(
                db, middle, None, asker=found.asker, relation=relation, documents=documents, now=now
            )
            messages.add_sent(db, digest(token.encode()), message, found.asker.subject, "decline", id, now)
            askers.set_request(db, id, "declined")

    def _now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)

    async def _way(self, id: str, now: datetime) -> tuple[Relation, Mapping[str, DidDocument]]:
        """The documents of everybody who is encrypted for; those of the last time where a host is away."""
        with self.store.read() as db:
            asker = view(db, id, now=now).asker
            relation = relations.relation(db, asker.entry)
        if relation is None:
            raise NotFound("the institution of this request is not known any more")
        documents = {did: await self.documents.of(did) for did in (asker.entry, asker.exit, asker.asker)}
        return relation, documents

    def _share(self, db: sqlite3.Connection, yes: _Yes) -> None:
        """Presentation, inner envelope, record and use; then the way out."""
        asker, jws = yes.look.view.asker, yes.look.view.asked.jws
        held = _records_of(yes.look.items)
        salts = tuple(RecordSalts(issuer=new_salt(entropy), credential=new_salt(entropy)) for _ in held)
        shared = self._presentation([each.document for each, _ in held], yes, identities.holder(db, self.seal))
        command = Present(
            presentation=shared,
            disclosure=Disclosure(
                salts=salts,
                language=yes.look.screen.language,
                dates=tuple(each.proof for each, _ in held if each.proof is not None),
            ).to_json(),
        )
        inner = self._command(db, yes.look.view, command, yes.now, asker=yes.documents[asker.asker])
        if inner is None:
            raise IllegalMove("a yes without a presentation")
        signer = identities.signer(db, self.seal, asker.subject)
        record = self._record(db, yes, held, salts, signer)
        payload = payload_hash(inner)
        use = Use(
            id=new_id(),
            record_hash=record.hash,
            request_hash=request_hash(jws),
            payload_hash=payload,
            issued_at=yes.now,
        )
        token = sign_use(use, signer)
        about = digest(token.encode("ascii"))
        consents.add_use(db, UseRow(hash=about, record=record.hash, jws=token, payload_hash=payload))
        middle = Middle(next=asker.asker, said=PresentSaid(request=jws, record=record.jws, use=token))
        message = self.packing.relay(
            db, middle, inner, asker=asker, relation=yes.relation, documents=yes.documents, now=yes.now
        )
        messages.add_sent(db, about, message, asker.subject, "present", record.hash, yes.now)

    def _presentation(self, documents: Sequence[JsonObject], yes: _Yes, holder: PrivateKey) -> JsonObject:
        unsigned = presentation(
            documents, holder=identities.did_of_kid(holder.kid), shared_as=yes.look.view.asker.subject
        )
        return add_proof(
            unsigned,
            suite=SUITE,
            signer=holder,
            purpose="authentication",
            created=yes.now,
            challenge=request_hash(yes.look.view.asked.jws),
            domain=yes.look.view.asker.asker,
        )

    def _record(
        self,
        db: sqlite3.Connection,
        yes: _Yes,
        held: Sequence[tuple[Held, str]],
        salts: Sequence[RecordSalts],
        signer: PrivateKey,
    ) -> Record:
        """The consent record, signed and kept, the next link of the chain for this asker."""
        request, subject, requester = yes.look.view.request, yes.look.view.asker.subject, yes.look.view.requester
        last = consents.last_record(db, subject)
        ui_salt = new_salt(entropy)
        claims = ConsentRecord(
            id=new_id(),
            type=ConsentType.ONCE,
            issued_at=yes.now,
            subject=subject,
            actor=subject,
            requester=Requester(did=requester.did, name=requester.name or "", trust_hash=requester.trust_hash or ""),
            records=tuple(_shared(each, type, salt) for (each, type), salt in zip(held, salts, strict=True)),
            purpose=request.purpose,
            retention=Retention(days=request.retention_days, until=yes.look.until),
            redisclosure=request.redisclosure,
            not_before=yes.now,
            not_after=min(request.expires_at, yes.now + LIFETIME),
            ui_hash=ui_hash(yes.look.screen, ui_salt),
            prev=None if last is None else last.hash,
        )
        token = sign_record(claims, signer)
        record = Record(
            hash=record_hash(token),
            subject=subject,
            request=yes.look.view.id,
            jws=token,
            screen=yes.look.screen,
            ui_salt=ui_salt,
            number=1 if last is None else last.number + 1,
        )
        consents.add_record(db, record)
        return record

    def _command(
        self,
        db: sqlite3.Connection,
        found: RequestView,
        command: Command,
        now: datetime,
        *,
        asker: DidDocument | None = None,
    ) -> JsonObject | None:
        """Advances the request's thread; the message it leads to, sealed for the asker, is the inner envelope."""
        thread = messages.thread(db, found.asker.subject, PRESENT_PROOF.piuri, found.asked.thread)
        step = PRESENT_PROOF.advance(thread, command, context(now))
        if step.thread is not None:
            messages.keep_thread(db, step.thread)
        sends = [effect.message for effect in step.effects if isinstance(effect, Send)]
        return self.packing.to_asker(db, sends[0], asker) if sends and asker is not None else None


def _check(found: RequestView, chosen: Sequence[ItemView]) -> None:
    """What no yes can overrule; the relays would refuse it, and the learner hears it here."""
    if found.asked.state != "waiting":
        raise Refused("this request was answered already", found=found.asked.state)
    if not found.requester.is_in_good_standing:
        raise Refused(
            f"nothing is shared with a requester that could not be made out: {found.requester.standing.reason}"
        )
    if found.is_expired:
        raise Refused("the request has expired", found=found.request.expires_at.isoformat())
    if found.over_asks.sentences:
        raise Refused(f"it asks for more than it may: {found.over_asks.sentences[0]}")
    if not chosen:
        raise Refused("there is nothing to share", expected="an item that a record of yours answers")


def _records_of(items: Sequence[ItemView]) -> list[tuple[Held, str]]:
    """Each record once, with the type that it was asked for by, in the order asked."""
    found = {item.held.digest: (item.held, item.item.credential_type) for item in reversed(items) if item.held}
    order = dict.fromkeys(item.held.digest for item in items if item.held)
    return [found[digest] for digest in order]


def _shared(held: Held, type: str, salts: RecordSalts) -> SharedRecord:
    return SharedRecord(
        type=type,
        issuer_digest=salted_digest(salts.issuer, issuer_of(held.document) or ""),
        credential_hash=salted_digest(salts.credential, credential_digest(held.document)),
    )
