"""What learners shared with us: kept sealed until its day, verified as durable work, receipted, reported.

A presentation is verified when it arrives, and again whenever something its report rests on has changed: a status
list that came, or changed. Every verification adds a report; none is rewritten. What only the next sync of the
network can tell (a key newer than the last one) is looked at again after it, and reported where the verdict changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.adapters.keystore import Sealer
from node.clock import Clock, new_id
from node.errors import NotFound
from node.metrics import Metrics
from node.services.credential_evidence import Rest
from node.services.did_document import Purpose
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.performers import Unit
from node.services.verification import Held, Verification
from node.services.work import Outcome, WorkList
from node.storage.repos import exchange as rows
from node.storage.repos import status_snapshots
from node.storage.unit import Session, UnitOfWork
from protocols.consent.check_disclosed import check_disclosed
from protocols.consent.presentation import parse_disclosure
from protocols.consent.receipt import ReceiptPayload, sign_asker
from protocols.consent.record import parse_record, record_hash
from protocols.findings import Finding
from protocols.findings import Outcome as FindingOutcome
from protocols.flows.consent.messages import PIURI as CONSENT
from protocols.flows.consent.messages import Acknowledge, ReceiptComplete
from protocols.flows.present_proof.messages import CloseRequest, VerifyPresentation
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.requests.request import parse_request, request_hash
from protocols.verification.report import VerificationReport, finding_json, parse_finding

VERIFY = "presentation.verify"
RECEIPT_WAITS = timedelta(days=7)
LOOKS = (1, 2, 5, 20, 60)
"""When to look again at what a sync may bring, in times of its interval; then never."""
SYNCED_STEPS = frozenset({4, 7})
"""Proofs and standing: the steps that rest on what was synced of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report and what it is about; `document` is None once its day has come."""

    id: str
    request_id: str
    presentation_id: str
    verdict: str
    created_at: datetime
    delete_at: datetime
    document: JsonObject | None


@dataclass(frozen=True, slots=True)
class Presentations:
    storage: UnitOfWork
    identity: Identity
    sealer: Sealer
    verification: Verification
    flows: FlowRunner
    work: WorkList
    metrics: Metrics
    clock: Clock
    sync_every_s: float

    def expect(
        self,
        unit: Unit,
        asked: rows.AskedLearner,
        *,
        record_jws: str,
        use_jws: str,
        payload_hash: str,
        findings: Sequence[Finding],
    ) -> None:
        """Keeps the consent under which a presentation is about to be opened, in the same transaction."""
        record = parse_record(record_jws)
        days = timedelta(days=record.retention.days)
        rows.add_presentation(
            unit.session,
            id=new_id(),
            request_id=asked.request_id,
            subject=asked.per_asker_did,
            record_jws=record_jws,
            use_jws=use_jws,
            record_hash=record_hash(record_jws),
            payload_hash=payload_hash,
            sealed=self._seal({"checks": [finding_json(finding) for finding in findings]}),
            now=unit.now,
            delete_at=min(unit.now + days, record.retention.until),
        )

    def received(self, unit: Unit, effect: VerifyPresentation) -> None:
        """The presentation was opened: checked against the record, sealed, and put on the work list."""
        asked = rows.asked_by_thread(unit.session, effect.thread_id)
        row = rows.expected_presentation(unit.session, asked.request_id, asked.per_asker_did)
        record = parse_record(row.record_jws)
        disclosure = parse_disclosure(effect.disclosure)
        disclosed = check_disclosed(
            record,
            disclosure.salts,
            effect.presentation,
            request_hash=request_hash(asked.jws or ""),
            asker=self.identity.did,
        )
        checks = self._unseal(row.sealed)["checks"] + [finding_json(finding) for finding in disclosed]
        kept = {"presentation": effect.presentation, "checks": checks, "dates": list(disclosure.dates)}
        rows.keep_presentation(unit.session, row, self._seal(kept), now=unit.now)
        rows.set_learner_state(unit.session, asked, rows.SHARED, now=unit.now)
        self.work.add(unit.session, VERIFY, {"presentation": row.id}, now=unit.now, key=f"{VERIFY}:{row.id}:first")
        self._acknowledge(unit, asked, row)

    def declined(self, unit: Unit, effect: CloseRequest) -> None:
        """The learner said no; what generic reason they gave is shown to the recruiter."""
        asked = rows.asked_by_thread(unit.session, effect.thread_id)
        state = rows.DECLINED if effect.reason is None else f"{rows.DECLINED}: {effect.reason}"
        rows.set_learner_state(unit.session, asked, state, now=unit.now)

    def receipt_completed(self, unit: Unit, effect: ReceiptComplete) -> None:
        """Both signatures are there; the bytes are those the learner keeps."""
        rows.complete_receipt(unit.session, effect.thread_id, effect.receipt["signatures"], now=unit.now)

    async def verify(self, payload: JsonObject) -> Outcome:
        """Performs the work `presentation.verify`: gathers, evaluates, and adds a report."""

        def read(session: Session) -> tuple[rows.Presentation, str]:
            row = rows.presentation(session, payload["presentation"])
            asked = rows.asked_learner(session, row.request_id, row.per_asker_did)
            return row, (asked.jws if asked else None) or ""

        row, request_jws = await self.storage.read(read)
        if row.deleted_at is not None or row.sealed is None:
            return lambda _: None  # its day came first
        kept = self._unseal(row.sealed)
        held = Held(
            report_id=new_id(),
            presentation=kept["presentation"],
            request=parse_request(request_jws),
            request_hash=request_hash(request_jws),
            record_hash=row.record_hash,
            payload_hash=row.payload_hash,
            consent=tuple(parse_finding(check) for check in kept["checks"]),
            delete_at=row.delete_at,
            dates=kept["dates"],
        )
        report, rests = await self.verification.report_on(held)
        look = int(payload.get("look", 0))

        def body(session: Session) -> None:
            now = self.clock.now()
            current = rows.presentation(session, row.id)
            if current.deleted_at is not None:
                return
            last = rows.last_report(session, row.id)
            said = None if last is None or last.document is None else answers_of(last.document)
            if payload.get("asked") or said != answers_of(report.to_json()):
                self._report(session, current, report, now)
            if waits_for_sync(report) and look < len(LOOKS):
                again: JsonObject = {"presentation": row.id, "look": look + 1}
                later = now + timedelta(seconds=self.sync_every_s * LOOKS[look] * 1.2)
                key = f"{VERIFY}:{row.id}:look:{look + 1}"
                self.work.add(session, VERIFY, again, now=now, key=key, not_before=later)
            changed = [self._rely(session, row.id, rest, now) for rest in rests]
            if any(changed):
                self.verify_again(session, row.id)

        return body

    def _rely(self, session: Session, presentation_id: str, rest: Rest, now: datetime) -> bool:
        """From now on the report is made anew when this list changes; True where it did since it was read."""
        status_snapshots.want(session, rest.url, issuer=rest.issuer, now=now)
        status_snapshots.rely(session, rest.url, presentation_id)
        current = status_snapshots.get(session, rest.url)
        return current is not None and current.fetched_at != rest.fetched_at

    async def reports(self, request_id: str) -> Sequence[Reported]:
        """Every report on what came for a request, oldest first."""

        def body(session: Session) -> Sequence[Reported]:
            return [_reported(row) for row in rows.reports(session, request_id)]

        return await self.storage.read(body)

    async def report(self, report_id: str) -> Reported:
        """One report; raises NotFound."""

        def body(session: Session) -> Reported:
            row = rows.report(session, report_id)
            if row is None:
                raise NotFound("no such report", found=report_id[:40], expected="the id of a report")
            return _reported(row)

        return await self.storage.read(body)

    async def receipts(self, request_id: str) -> Sequence[JsonObject]:
        """The receipts given for a request, as both sides keep them, with their state."""

        def body(session: Session) -> Sequence[JsonObject]:
            return [
                {"state": row.state, "receipt": {"payload": row.payload, "signatures": row.signatures}}
                for row in rows.receipts(session, request_id)
            ]

        return await self.storage.read(body)

    async def again(self, presentation_id: str) -> None:
        """Has a presentation verified once more, as things stand now; raises NotFound."""

        def body(session: Session) -> None:
            if rows.find_presentation(session, presentation_id) is None:
                raise NotFound("no such presentation", found=presentation_id[:40], expected="the id in a report")
            self.work.add(session, VERIFY, {"presentation": presentation_id, "asked": True}, now=self.clock.now())

        await self.storage.run("presentations.again", body)

    def verify_again(self, session: Session, presentation_id: str) -> None:
        """Has its report made anew: what it rests on has changed. A report that says the same is not added."""
        self.work.add(session, VERIFY, {"presentation": presentation_id}, now=self.clock.now())

    async def forget_due(self) -> None:
        """The job `retention`: what was shared with us goes on the day that was promised."""

        def body(session: Session) -> int:
            return rows.forget_due(session, now=self.clock.now())

        await self.storage.run("presentations.forget", body)

    def _report(self, session: Session, row: rows.Presentation, report: VerificationReport, now: datetime) -> None:
        verdict = report.verdict.value
        rows.add_report(session, id=report.id, presentation=row, verdict=verdict, document=report.to_json(), now=now)
        self.metrics.verdicts.labels(verdict).inc()

    def _acknowledge(self, unit: Unit, asked: rows.AskedLearner, row: rows.Presentation) -> None:
        """Our half of the receipt: what arrived and the day it goes. The learner's half comes back by relay."""
        payload = ReceiptPayload(
            request_hash=request_hash(asked.jws or ""),
            record_hash=row.record_hash,
            payload_hash=row.payload_hash,
            records=parse_record(row.record_jws).records,
            received_at=unit.now.replace(microsecond=0),
            delete_at=row.delete_at.replace(microsecond=0),
            asker=self.identity.did,
            subject=asked.per_asker_did,
        )
        receipt = sign_asker(payload, self.identity.signer(Purpose.ASSERTION))
        thread_id = new_id()
        rows.add_receipt(
            unit.session,
            id=thread_id,
            presentation=row,
            payload=payload.to_json(),
            signatures=list(receipt.signatures),
            now=unit.now,
        )
        command = Acknowledge(
            thread_id=thread_id,
            request_thread=asked.thread_id or "",
            ours=self.identity.did,
            theirs=asked.per_asker_did,
            receipt=receipt.to_json(),
            expires_at=unit.now + RECEIPT_WAITS,
        )
        self.flows.command(unit, CONSENT, thread_id, command)

    def _seal(self, value: JsonObject) -> bytes:
        return self.sealer.seal(canonical_json(value), context="presentation")

    def _unseal(self, sealed: bytes | None) -> JsonObject:
        return parse_object(self.sealer.open(sealed or b"", context="presentation"), max_depth=48)


def answers_of(report: JsonObject) -> tuple[object, ...]:
    """What a report answers, without when and in what words."""
    checks = tuple((check["number"], check["name"], check["outcome"]) for check in report["checks"])
    return (report["verdict"], checks, tuple((skill["answer"], skill["by"]) for skill in report["skills"]))


def waits_for_sync(report: VerificationReport) -> bool:
    """Whether the next sync of the network may answer what this report could not tell."""
    return any(
        finding.number in SYNCED_STEPS and finding.outcome is FindingOutcome.COULD_NOT_TELL for finding in report.checks
    )


def _reported(row: rows.Report) -> Reported:
    return Reported(
        id=row.id,
        request_id=row.request_id,
        presentation_id=row.presentation_id,
        verdict=row.verdict,
        created_at=row.created_at,
        delete_at=row.delete_at,
        document=row.document,
    )
