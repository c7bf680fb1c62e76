"""What a step of a flow leads to in this wallet; every function runs in the transaction that stores the step."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.demo.wallet import credentials, identities, problems, receipts
from node.demo.wallet.clock import context
from node.demo.wallet.opening import Opened
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import askers, consents, messages, relations
from node.demo.wallet.sealing import Seal
from protocols.consent.receipt import parse_receipt
from protocols.consent.signatures import signature_fault
from protocols.errors import EnvelopeError, ProtocolError, Unauthorized, UnexpectedMessage
from protocols.flow import Effect, FlowSpec, Received, Send
from protocols.flows.consent.messages import ReceiptArrived
from protocols.flows.consented_relay.messages import AnswerArrived, Unwrap
from protocols.flows.coordinate_mediation.messages import MediationDenied, MediationGranted, RecipientsUpdated
from protocols.flows.enrolment.messages import Enrolled
from protocols.flows.issue_credential.messages import CredentialArrived, OfferArrived
from protocols.flows.log_witness.messages import DateArrived
from protocols.flows.present_proof.messages import RequestArrived
from protocols.flows.report_problem.messages import ProblemReceived
from protocols.jose.encoding import canonical_json, digest_json
from protocols.requests.request import REQUEST_TYP, parse_request, request_hash
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.inclusion import IssuanceProof

REQUEST_ID_CHARS = 12


class CredentialRefused(ProtocolError):
    """What an institution issued is not what it offered; it is told, and nothing is kept."""


@dataclass(frozen=True, slots=True)
class Effects:
    seal: Seal
    packing: Packing

    def receive(self, db: sqlite3.Connection, spec: FlowSpec, opened: Opened, *, now: datetime) -> None:
        """Advances the thread that `opened` belongs to, and performs what follows.

        Raises:
            ProtocolError: the message may not be said now, or is refused; nothing of it is to be kept.
        """
        message, ours = opened.message, opened.box.did
        thread = messages.thread(db, ours, spec.piuri, message.thread_id)
        event = Received(message=message, sender=opened.sender, ours=ours)
        step = spec.advance(thread, event, context(now))
        if step.thread is not None:
            messages.keep_thread(db, step.thread)
        for effect in step.effects:
            self.perform(db, opened, effect, now=now)

    def perform(self, db: sqlite3.Connection, opened: Opened, effect: Effect, *, now: datetime) -> None:
        match effect:
            case Send(message=message):
                document = opened.documents[message.to[0]]
                self.packing.send(db, message, document, wants_reply=message.return_route == "all", now=now)
            case Enrolled():
                _enrolled(db, effect)
            case MediationGranted(mediator=mediator):
                relations.set_relation(db, mediator, relations.MEDIATED)
            case MediationDenied(mediator=mediator):
                relations.set_relation(db, mediator, relations.REFUSED, problem="It does not take this wallet's mail.")
            case RecipientsUpdated():
                _recipients_updated(db, effect)
            case OfferArrived():
                comment = effect.offer.body.get("comment")
                words = comment[:500] if isinstance(comment, str) else None
                relations.add_offer(db, effect.ours, effect.thread_id, effect.issuer, effect.preview, words, now=now)
            case CredentialArrived():
                self._credential(db, opened, effect, now)
            case DateArrived():
                _date(db, effect)
            case Unwrap(envelope=envelope) if opened.box.asker is not None:
                # A transaction of its own opens it: it may take a look at its sender's document.
                asker, packed = opened.box.asker, canonical_json(envelope)
                messages.keep_mail(db, asker.entry, digest_json(envelope), packed, subject=asker.subject)
            case RequestArrived():
                _request(db, opened, effect, now)
            case AnswerArrived(answer=answer):
                found = messages.sent(db, subject=opened.box.did, about=answer.about)
                if found is not None:
                    state = "delivered" if answer.delivered else "refused"
                    messages.settle(db, found.about, state, answer.refusals)
            case ReceiptArrived():
                _receipt(db, opened, effect, now)
            case ProblemReceived():
                problems.reported(db, opened, effect, now=now)
            case _:
                raise UnexpectedMessage("nothing that a wallet does", found=type(effect).__name__)

    def _credential(self, db: sqlite3.Connection, opened: Opened, effect: CredentialArrived, now: datetime) -> None:
        holder = identities.did_of_kid(identities.holder(db, self.seal).kid)
        fault = credentials.fault_of(
            effect.credential, issuer=effect.issuer, holder=holder, documents=opened.documents, now=now
        )
        if fault is not None:
            raise CredentialRefused(fault)
        relations.keep_credential(
            db, effect.credential, issuer=effect.issuer, holder=holder, thread=effect.thread_id, now=now
        )
        relations.set_offer(db, opened.box.did, effect.thread_id, "kept")


def _date(db: sqlite3.Connection, effect: DateArrived) -> None:
    """The date of a credential that we hold of that very issuer, in its own log; anything else is passed over."""
    proof = IssuanceProof.parse(effect.proof)
    for held in relations.credentials(db):
        is_it = held.issuer == effect.issuer == did_of(proof.log) and held.document.get("id") == effect.credential
        if is_it:
            relations.keep_proof(db, held.digest, effect.proof)


def _enrolled(db: sqlite3.Connection, effect: Enrolled) -> None:
    if effect.mediation != effect.institution:
        raise UnexpectedMessage("another takes the mail than who enrolled us", expected=effect.institution[:80])
    relations.set_relation(
        db,
        effect.institution,
        relations.ENROLLED,
        reference=effect.learner["reference"],
        assurance=effect.assurance,
        anchors=effect.anchors,
        problem=None,
    )


def _recipients_updated(db: sqlite3.Connection, effect: RecipientsUpdated) -> None:
    for did, result in effect.results.items():
        if result not in ("success", "no_change"):
            continue
        relation = relations.relation_by_mediation(db, did)
        if relation is not None and relation.institution == effect.mediator:
            relations.set_relation(db, effect.mediator, relations.READY)
        asker = askers.asker_of_mailbox(db, did)
        if asker is not None and asker.entry == effect.mediator:
            askers.open_mailbox(db, did)


def _request(db: sqlite3.Connection, opened: Opened, effect: RequestArrived, now: datetime) -> None:
    """Kept as received. Its signature is checked here, who signs and what they may ask when it is shown."""
    asker = opened.box.asker
    if asker is None or parse_request(effect.request).issuer != effect.asker or effect.asker != asker.asker:
        raise Unauthorized("a request of another than who sends it")
    fault = signature_fault(effect.request, REQUEST_TYP, opened.documents[effect.asker], "assertionMethod")
    if fault is not None:
        raise EnvelopeError("the request is not signed by who sends it")
    id = request_hash(effect.request)[:REQUEST_ID_CHARS].replace("-", "0")  # no id reads like an option
    askers.add_request(db, id, effect.ours, effect.thread_id, effect.request, now=now)


def _receipt(db: sqlite3.Connection, opened: Opened, effect: ReceiptArrived, now: datetime) -> None:
    asker = opened.box.asker
    if asker is None or effect.asker != asker.asker:
        raise Unauthorized("a receipt of another than who was shared with")
    receipt = parse_receipt(effect.receipt)
    record = consents.record(db, receipt.payload.record_hash)
    request = askers.request(db, record.request) if record is not None else None
    fault = receipts.fault_of(
        db,
        receipt,
        subject=effect.ours,
        request_jws=request.jws if request is not None else None,
        asker=opened.documents[effect.asker],
        now=now,
    )
    hash = record.hash if record is not None else None
    consents.keep_receipt(db, receipt, subject=effect.ours, record=hash, problem=fault, now=now)
