"""The asker's side of the relay: what an exit delivered is checked again, whoever delivered it, and acted on.

    contact   a learner opened our link: they get a request of their own
    present   record, use and ciphertext are checked; only then is the presentation opened
    decline   the learner said no
    receipt   our receipt came back countersigned

Spec: checks (3) to (9) of docs/protocols/consented-relay.md
"""

from collections.abc import Sequence
from dataclasses import dataclass

from node.clock import Clock, new_id
from node.log import Log
from node.services.directory import Directory
from node.services.federation import Federation
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.invitations import Invitations
from node.services.performers import Unit
from node.services.presentations import Presentations
from node.services.relay import document_of, requester_facts, subject_of, uses_of
from node.services.requests import Requests
from node.services.work import AfterCommit, Outcome
from node.storage.repos import exchange as rows
from node.storage.repos import known_dids
from node.storage.repos import relay as relay_rows
from node.storage.unit import Session
from protocols.consent.check import check_asker, is_allowed
from protocols.consent.digests import payload_hash
from protocols.consent.facts import AskerFacts
from protocols.consent.letters import parse_contact, parse_decline
from protocols.consent.record import record_hash
from protocols.consent.relay import Contact, Decline, Deliver, Present, Receipted, parse_deliver
from protocols.didcomm.envelope import NeedsDocument, unpack
from protocols.dids.document import DidDocument
from protocols.dids.peer import resolve_peer4, short_form
from protocols.errors import MalformedMessage, ProtocolError
from protocols.findings import Finding
from protocols.findings import Outcome as Answered
from protocols.flow import Received
from protocols.flows.consent.messages import PIURI as CONSENT
from protocols.flows.consent.messages import Countersigned
from protocols.flows.present_proof import FLOW as PRESENT_PROOF
from protocols.flows.present_proof.messages import PIURI, Ask, Declined
from protocols.jose.encoding import JsonObject, canonical_json


@dataclass(frozen=True, slots=True)
class Exchange:
    """Performs the work `exchange.delivery`."""

    identity: Identity
    directory: Directory
    federation: Federation
    invitations: Invitations
    requests: Requests
    presentations: Presentations
    flows: FlowRunner
    clock: Clock
    log: Log

    async def delivery(self, payload: JsonObject) -> Outcome:
        """One `TakeDelivery` effect as JSON."""
        deliver = parse_deliver(payload["body"])
        inner: JsonObject | None = payload["inner"]
        chain = await self.federation.own_chain() or ()

        def body(session: Session) -> AfterCommit:
            now = self.clock.now()
            subject, long_form = subject_of(deliver.said)
            document = document_of(session, subject, long_form)
            facts = AskerFacts(
                asker=self.identity.did,
                exit=payload["exit"],
                exit_standing=self.directory.standing(session, payload["exit"], "relay", now),
                requester=requester_facts(
                    self.directory.member(session, self.identity.did),
                    self.directory.standing(session, self.identity.did, "verifier", now),
                ),
                subject=document,
                uses=uses_of(session, deliver, inner),
            )
            findings = check_asker(facts, deliver, inner, now)
            allowed = is_allowed(findings)
            if allowed:
                unit = Unit(session=session, now=now, ours=self.identity.did)
                self._act(unit, deliver, inner, subject, long_form, document, findings, chain)
            return lambda: self._tell(deliver, findings, allowed)

        return body

    def _tell(self, deliver: Deliver, findings: tuple[Finding, ...], allowed: bool) -> None:
        kind = type(deliver.said).__name__.lower()
        refusals = [finding.name for finding in findings if finding.outcome is Answered.NO]
        self.log.info("delivery checked", kind=kind, allowed=allowed, refusals=refusals)

    def _act(
        self,
        unit: Unit,
        deliver: Deliver,
        inner: JsonObject | None,
        subject: str,
        long_form: str | None,
        document: DidDocument | None,
        findings: tuple[Finding, ...],
        chain: Sequence[str],
    ) -> None:
        match deliver.said:
            case Contact() if long_form:
                self._contact(unit, deliver.said, subject, long_form, chain)
            case Present() if inner is not None and document is not None:
                self._present(unit, deliver.said, inner, subject, document, findings)
            case Decline():
                self._decline(unit, deliver.said, subject)
            case Receipted():
                self._receipt(unit, deliver.said, subject)
            case _:
                raise MalformedMessage("a delivery of another form", expected="a sealed part where the kind has one")

    def _contact(self, unit: Unit, said: Contact, subject: str, long_form: str, chain: Sequence[str]) -> None:
        invited = self.invitations.find(unit.session, parse_contact(said.letter).invitation)
        request = rows.request(unit.session, str(invited.payload.get("request")))
        if request is None or rows.asked_learner(unit.session, request.id, subject) is not None:
            return
        known_dids.learn(unit.session, subject, long_form=long_form, now=unit.now)
        jws = self.requests.sign_for_learner(request, chain)
        thread_id = new_id()
        rows.add_asked_learner(
            unit.session,
            id=new_id(),
            request_id=request.id,
            subject=subject,
            long_form=long_form,
            thread_id=thread_id,
            jws=jws,
            now=unit.now,
        )
        ask = Ask(
            thread_id=thread_id, ours=self.identity.did, theirs=subject, request=jws, expires_at=request.expires_at
        )
        self.flows.command(unit, PIURI, thread_id, ask)

    def _present(
        self,
        unit: Unit,
        said: Present,
        inner: JsonObject,
        subject: str,
        document: DidDocument,
        findings: tuple[Finding, ...],
    ) -> None:
        asked = rows.asked_by_jws(unit.session, said.request)
        if asked is None or asked.per_asker_did != subject:
            self.log.warning("presentation for a request of another", kind="present")
            return
        this = payload_hash(inner)
        record = record_hash(said.record)
        if not relay_rows.count_use(
            unit.session, record_hash=record, payload_hash=this, requester=self.identity.did, now=unit.now
        ):
            return  # delivered before: one use, one report
        try:
            with unit.session.begin_nested():
                self._read(unit, asked, said, inner, document, this, findings)
        except (ProtocolError, NeedsDocument) as fault:
            # The exit could not see it and the learner believes it arrived: it must not vanish, nor be tried again.
            rows.set_learner_state(unit.session, asked, rows.UNREADABLE, now=unit.now)
            self.log.error("presentation unreadable", request_id=asked.request_id, exc_info=fault)

    def _read(
        self,
        unit: Unit,
        asked: rows.AskedLearner,
        said: Present,
        inner: JsonObject,
        document: DidDocument,
        this: str,
        findings: tuple[Finding, ...],
    ) -> None:
        """Opens what was sealed for us, and hands it to its flow; it must answer the very request that it came for."""
        long_form = resolve_peer4(asked.long_form) if asked.long_form else document
        opened = unpack(
            canonical_json(inner),
            secrets=self.identity.agreements(),
            documents={document.id: document, long_form.id: long_form},
            now=unit.now,
        )
        message = opened.message
        if (message.thread_id, message.type) != (asked.thread_id, f"{PIURI}/presentation"):
            raise MalformedMessage("a sealed part that answers something else", found=message.name[:32])
        self.presentations.expect(
            unit, asked, record_jws=said.record, use_jws=said.use, payload_hash=this, findings=findings
        )
        sender = short_form(opened.sender) if opened.sender else None
        self.flows.receive(unit, PRESENT_PROOF, Received(message=message, sender=sender, ours=self.identity.did))

    def _decline(self, unit: Unit, said: Decline, subject: str) -> None:
        asked = rows.asked_by_jws(unit.session, said.request)
        if asked is None or asked.per_asker_did != subject or asked.thread_id is None:
            return
        reason = parse_decline(said.letter).reason
        self.flows.command(unit, PIURI, asked.thread_id, Declined(reason=reason.value if reason else None))

    def _receipt(self, unit: Unit, said: Receipted, subject: str) -> None:
        row = rows.receipt_of(unit.session, said.receipt.payload.record_hash)
        if row is None or row.per_asker_did != subject or row.payload != said.receipt.payload.to_json():
            self.log.warning("receipt that was never given", kind="receipt")
            return
        self.flows.command(unit, CONSENT, row.id, Countersigned(receipt=said.receipt.to_json()))
