"""This node as a relay: what the entry knows of a sender, and the exit's check before anything is delivered.

The exit opens the middle with its own key, gathers what it knows (directory, way back, uses) and lets
`protocols.consent.check` decide. What passes and what does not is answered alike, sealed on the way back.

Spec: docs/protocols/consented-relay.md
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node.clock import Clock, new_id
from node.log import Log
from node.metrics import Metrics
from node.services.directory import Directory, Member
from node.services.identity import Identity
from node.services.outbox import Outbox
from node.services.relay_routes import RelayRoutes
from node.services.work import Outcome
from node.storage.repos import known_dids, learners
from node.storage.repos import relay as rows
from node.storage.unit import Session, UnitOfWork
from protocols.consent.check import check_exit, is_allowed
from protocols.consent.digests import payload_hash
from protocols.consent.facts import ExitFacts, RequesterFacts, Uses
from protocols.consent.letters import Return, parse_contact, parse_decline
from protocols.consent.record import parse_record, record_hash
from protocols.consent.relay import (
    Answer,
    Contact,
    Decline,
    Deliver,
    Middle,
    Present,
    Receipted,
    Said,
    parse_middle,
)
from protocols.didcomm.envelope import NeedsDocument, unpack
from protocols.dids.document import DidDocument
from protocols.dids.peer import resolve_peer4, short_form
from protocols.errors import MalformedMessage
from protocols.findings import Finding
from protocols.findings import Outcome as Answered
from protocols.flows.consented_relay.messages import MIDDLE, answer_message, deliver_message, read_envelope
from protocols.jose.encoding import JsonObject, canonical_json, digest, digest_json
from protocols.trust.standing import TrustDecision

DAILY_LIMIT = 200
"""Messages one learner may have relayed in a day."""
SIGNATURES = 4
"""The number of the consent check that asks who signed."""
REFUSED_FOR = timedelta(days=1)
"""How long the way back stays open for a contact that was refused: long enough to say so."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the entry flow reads and leaves behind, in the transaction of the `relay` message."""

    def facts(self, session: Session, owner: str, middle: str, *, now: datetime) -> JsonObject:
        """Check (1) and (2) as the consented-relay flow reads them."""
        learner = learners.by_did(session, owner)
        return {
            "enrolled": learner is not None,
            "suspended": bool(learner and learner.suspended),
            "sent": rows.sent_on(session, owner, now.date()),
            "limit": DAILY_LIMIT,
            "sealed_seen": rows.is_carried(session, middle),
        }

    def count(self, session: Session, owner: str, middle: str, *, now: datetime) -> None:
        rows.carried(session, owner, middle, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One forward under check: what came and what is known."""

    middle: Middle
    inner: JsonObject | None
    subject: str
    """The per-asker DID, short form."""
    long_form: str | None
    facts: ExitFacts


@dataclass(frozen=True, slots=True)
class Exit:
    """Performs the work `relay.check`."""

    storage: UnitOfWork
    identity: Identity
    directory: Directory
    routes: RelayRoutes
    outbox: Outbox
    clock: Clock
    log: Log
    metrics: Metrics

    async def check(self, payload: JsonObject) -> Outcome:
        """Opens, checks, and delivers or refuses one forward; `payload` is a `CheckSealed` effect as JSON.

        Raises:
            ProtocolError: what came is not a middle that this node can open: there is nobody to answer.
        """
        expires_at = datetime.fromisoformat(payload["expires_at"])
        middle, inner = self._open(payload["middle"])
        now = self.clock.now()

        def body(session: Session) -> None:
            case = self._case(session, payload["vouching"], middle, inner, now)
            findings = self._findings(session, case, now)
            allowed = is_allowed(findings)
            if allowed:
                self._deliver(session, case, now, expires_at)
            self._answer(session, case, findings, allowed, now, expires_at)
            kind = type(middle.said).__name__.lower()
            self.metrics.relay_checks.labels(kind, "delivered" if allowed else "refused").inc()
            self.log.info(
                "relay checked",
                kind=kind,
                allowed=allowed,
                refusals=[finding.name for finding in findings if finding.outcome is Answered.NO],
            )

        return body

    def _findings(self, session: Session, case: _Case, now: datetime) -> tuple[Finding, ...]:
        """Checks (3) to (9). What the exit must still know while it commits is why this runs in the transaction."""
        return check_exit(case.facts, case.middle, case.inner, now)

    def _open(self, middle_jwe: JsonObject) -> tuple[Middle, JsonObject | None]:
        sealed = canonical_json(middle_jwe)
        try:
            opened = unpack(sealed, secrets=self.identity.agreements(), documents={}, now=self.clock.now())
        except NeedsDocument as error:  # authenticated by somebody: the exit must not know by whom
            raise MalformedMessage("not a middle", found="an authenticated message", expected="anoncrypt") from error
        if opened.message.type != MIDDLE:
            raise MalformedMessage("not a middle", found=opened.message.type[:80], expected=MIDDLE)
        inner = read_envelope(opened.message) if opened.message.attachments else None
        return parse_middle(opened.message.body), inner

    def _case(self, session: Session, vouching: str, middle: Middle, inner: JsonObject | None, now: datetime) -> _Case:
        subject, long_form = subject_of(middle.said)
        entry = self.directory.member(session, vouching)
        asker = self.directory.member(session, middle.next)
        route = rows.route(session, subject, now=now)
        facts = ExitFacts(
            exit=self.identity.did,
            entry=vouching,
            entry_standing=self.directory.standing(session, vouching, "relay", now),
            entry_host=entry.host if entry else vouching,
            exit_host=self.identity.host,
            requester=requester_facts(asker, self.directory.standing(session, middle.next, "verifier", now)),
            subject=document_of(session, subject, long_form),
            uses=uses_of(session, middle, inner),
            way_back=Return(via=route.via, mailbox=route.mailbox, until=route.until, salt="") if route else None,
        )
        return _Case(middle=middle, inner=inner, subject=subject, long_form=long_form, facts=facts)

    def _deliver(self, session: Session, case: _Case, now: datetime, expires_at: datetime) -> None:
        said = case.middle.said
        if isinstance(said, Contact) and case.middle.way_back and case.long_form:
            known_dids.learn(session, case.subject, long_form=case.long_form, now=now)
            self.routes.open(session, case.subject, case.middle.next, case.middle.way_back)
        if isinstance(said, Present):
            rows.count_use(
                session,
                record_hash=record_hash(said.record),
                payload_hash=payload_hash(case.inner or {}),
                requester=case.middle.next,
                now=now,
            )
        deliver = deliver_message(
            Deliver(said=said, vouched=True),
            case.inner,
            id=new_id(),
            ours=self.identity.did,
            asker=case.middle.next,
            now=now,
            expires_at=expires_at,
        )
        self.outbox.enqueue(session, deliver, now=now)

    def _answer(
        self,
        session: Session,
        case: _Case,
        findings: tuple[Finding, ...],
        allowed: bool,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Tells the learner what became of it, where there is a way back and a member in good standing vouches."""
        if case.facts.entry_standing.outcome != "yes":
            return
        signed = [finding for finding in findings if finding.number == SIGNATURES]
        if not signed or not all(finding.outcome is Answered.YES for finding in signed):
            return  # what the per-asker DID did not sign is not its business
        if rows.route(session, case.subject, now=now) is None and not self._opened_to_refuse(session, case, now):
            return
        refusals = tuple(f for f in findings if f.outcome in (Answered.NO, Answered.COULD_NOT_TELL))
        answer = answer_message(
            Answer(about=about(case.middle), delivered=allowed, refusals=refusals),
            id=new_id(),
            ours=self.identity.did,
            subject=case.subject,
            now=now,
            expires_at=expires_at,
        )
        self.outbox.enqueue(session, answer, now=now)

    def _opened_to_refuse(self, session: Session, case: _Case, now: datetime) -> bool:
        """Opens the way back of a refused contact for a day, to say why it was refused; its letter binds that way."""
        way_back = case.middle.way_back
        if way_back is None or case.long_form is None or way_back.via != case.facts.entry:
            return False
        known_dids.learn(session, case.subject, long_form=case.long_form, now=now)
        until = min(way_back.until, now + REFUSED_FOR)
        self.routes.open(session, case.subject, case.middle.next, replace(way_back, until=until))
        return True


def requester_facts(asker: Member | None, standing: TrustDecision) -> RequesterFacts:
    """The asker as the directory knows it."""
    return RequesterFacts(
        document=asker.document if asker else None,
        registration=asker.membership.verifier if asker else None,
        standing=standing,
    )


def uses_of(session: Session, message: Middle | Deliver, inner: JsonObject | None) -> Uses:
    """What this node saw before of the consent in `message`; nothing for kinds without one."""
    if not isinstance(message.said, Present):
        return Uses()
    this = payload_hash(inner)
    seen = rows.uses(session, record_hash(message.said.record))
    others = [use for use in seen if use.payload_hash != this]
    return Uses(
        counted=len(others),
        last_at=max((use.used_at for use in others), default=None),
        is_repeated=len(others) < len(seen),
    )


def about(middle: Middle) -> str:
    """The digest by which an answer names what it answers (`protocols.consent.relay.Answer`)."""
    match middle.said:
        case Contact(letter=letter) | Decline(letter=letter):
            return digest(letter.encode("ascii"))
        case Present(use=use):
            return digest(use.encode("ascii"))
        case Receipted(receipt=receipt):
            return digest_json(receipt.to_json())


def subject_of(said: Said) -> tuple[str, str | None]:
    """(short per-asker DID, its long form where it comes along). A claim until the checks are done."""
    match said:
        case Contact(letter=letter):
            long_form = parse_contact(letter).subject
            return short_form(long_form), long_form
        case Present(record=record):
            return parse_record(record).subject, None
        case Decline(letter=letter):
            return parse_decline(letter).subject, None
        case Receipted(receipt=receipt):
            return receipt.payload.subject, None


def document_of(session: Session, subject: str, long_form: str | None) -> DidDocument | None:
    """The per-asker DID's document, from its long form; None where that was never seen here."""
    known = long_form or known_dids.long_form_of(session, subject)
    return resolve_peer4(known, as_short=True) if known else None
