"""Gathers what a report rests on, then has it evaluated: gathering may wait, the evaluation is instant and pure.

Nothing here calls the network. Documents of issuers come from the synced directory or out of the DID itself, status
from synced lists; what has not been synced is "could not tell", and is verified again when it came. So no issuer
learns whose credential is looked at, and a verification works with the network unplugged.

The steps are numbered as in `protocols.verification.steps`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from node.adapters.didkit_worker import Didkit
from node.adapters.proof_worker import ProofChecker
from node.clock import Clock
from node.services.directory import Directory, Member
from node.services.issuer_metadata import skills_evidenced
from node.services.status_evidence import read_statuses
from node.services.status_sync import SYNCED
from node.storage.unit import Session, UnitOfWork
from protocols.consent.presentation import credentials_of
from protocols.credentials.enveloped import Opened, as_envelope, is_enveloped, issuer_of, open_envelope
from protocols.credentials.model import Credential, parse_credential, parse_presentation
from protocols.credentials.open_badges import achievement_of, is_badge
from protocols.credentials.proofs import MAX_PROOFS, ProofResult, proofs_of
from protocols.credentials.schema import badge_problems
from protocols.credentials.shape import as_object, as_text
from protocols.credentials.times import parse_time
from protocols.credentials.validity import check_dates
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.errors import ProtocolError
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject
from protocols.requests.request import PresentationRequest
from protocols.status.freshness import FreshnessPolicy
from protocols.status.lookup import Snapshot
from protocols.verification.evaluate import evaluate
from protocols.verification.evidence import (
    Answered,
    ConsentEvidence,
    CredentialEvidence,
    Evidence,
    IssuerEvidence,
    Policy,
    PresentationEvidence,
    RequestEvidence,
    StatusEvidence,
)
from protocols.verification.report import VerificationReport

LEGACY_SUITES = frozenset({"Ed25519Signature2018", "JsonWebSignature2020"})
"""Proofs of VC 1.1 that DIDKit checks in its worker; everything else is checked by our own suites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A presentation that was opened, and under what: everything of it that a report needs."""

    report_id: str
    presentation: JsonObject
    request: PresentationRequest
    request_hash: str
    record_hash: str
    payload_hash: str
    consent: tuple[Finding, ...]
    delete_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A status list that a report rests on; `fetched_at` is when the content came that was read, None for none yet."""

    url: str
    issuer: str
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """One credential with what was found of it, and the lists that this rests on."""

    evidence: CredentialEvidence
    rests: tuple[Rest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was fetched for one verification alone, beside what is synced; what is synced comes first.

    Args:
        documents: DID documents by DID, as they are now.
        snapshots: status lists by URL.
    """

    documents: Mapping[str, DidDocument] = field(default_factory=dict[str, DidDocument])
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict[str, Snapshot])


NOTHING = Brought()


@dataclass(frozen=True, slots=True)
class Verification:
    storage: UnitOfWork
    directory: Directory
    proofs: ProofChecker
    didkit: Didkit
    clock: Clock
    policy: FreshnessPolicy = SYNCED

    async def report_on(self, held: Held) -> tuple[VerificationReport, Sequence[Rest]]:
        """The report, and the status lists that it rests on or waits for."""
        now = self.clock.now()
        gathered = await self._gather_all(held.presentation, now, NOTHING)
        evidence = Evidence(
            id=held.report_id,
            credentials=tuple(item.evidence for item in gathered),
            presentation=await self._gather_presentation(held, now),
            request=RequestEvidence(request=held.request, request_hash=held.request_hash),
            consent=ConsentEvidence(
                record_hash=held.record_hash, payload_hash=held.payload_hash, findings=held.consent
            ),
            delete_at=held.delete_at,
        )
        return self._evaluate(evidence), [rest for item in gathered for rest in item.rests]

    async def report_on_credential(
        self, credential: JsonObject, report_id: str, brought: Brought = NOTHING
    ) -> VerificationReport:
        """The report on a credential that came alone: nobody presented it and nobody asked."""
        gathered = await self._gather(credential, self.clock.now(), brought)
        return self._evaluate(Evidence(id=report_id, credentials=(gathered.evidence,)))

    async def report_on_presentation(
        self,
        presentation: JsonObject,
        report_id: str,
        brought: Brought = NOTHING,
        *,
        challenge: str | None = None,
        domain: str | Sequence[str] | None = None,
    ) -> VerificationReport:
        """The report on a presentation that answers no request of ours.

        Args:
            challenge: that its proof has to repeat, and `domain` likewise; where they are None the proof does not
                prove that it was made for anybody here.
        """
        now = self.clock.now()
        around = await self._presented(presentation, brought, now, challenge, domain)
        gathered = await self._gather_all(around.document, now, brought)
        credentials = tuple(item.evidence for item in gathered)
        return self._evaluate(Evidence(id=report_id, credentials=credentials, presentation=around))

    async def _presented(
        self,
        presentation: JsonObject,
        brought: Brought,
        now: datetime,
        challenge: str | None,
        domain: str | Sequence[str] | None,
    ) -> PresentationEvidence:
        """A presentation that answers no request of ours, in either form, and its own proofs."""
        is_token = is_enveloped(presentation)
        holder = holder_of(presentation)
        signers = (issuer_of(presentation) or "",) if is_token else (holder,) if holder else signers_of(presentation)
        documents: dict[str, DidDocument] = {}
        for did in signers:
            documents.update(self._documents(did, None, brought))
        if is_token:
            opened = open_envelope(
                presentation, documents, purpose="authentication", now=now, challenge=challenge, domain=domain
            )
            document, proofs = opened.document or presentation, opened.results
        else:
            document = presentation
            proofs = await self.proofs.check(
                presentation,
                documents,
                purpose="authentication",
                now=now,
                challenge=challenge,
                domain=domain,
                expected_controller=holder or None,
            )
        return PresentationEvidence(document=document, proofs=proofs, parse_problems=_model_problems(document))

    def _evaluate(self, evidence: Evidence) -> VerificationReport:
        return evaluate(evidence, Policy(), self.clock.now())

    async def _gather_presentation(self, held: Held, now: datetime) -> PresentationEvidence:
        """Step 4 for the presentation itself: challenge and domain are this request's."""
        holder = holder_of(held.presentation)
        proofs = await self.proofs.check(
            held.presentation,
            self._documents(holder, None, NOTHING),
            purpose="authentication",
            now=now,
            challenge=held.request_hash,
            domain=held.request.issuer,
            expected_controller=holder,
        )
        return PresentationEvidence(document=held.presentation, proofs=proofs)

    async def _gather_all(self, presentation: Mapping[str, Any], now: datetime, brought: Brought) -> Sequence[Gathered]:
        items = credentials_of(presentation)
        return [
            await self._gather(as_envelope(item) if isinstance(item, str) else item, now, brought) for item in items
        ]

    async def _gather(self, document: JsonObject, now: datetime, brought: Brought) -> Gathered:
        """Steps 1 to 7 for one credential."""
        around: tuple[ProofResult, ...] = ()
        signer, claim = "", None
        if is_enveloped(document):
            opened = await self._opened(document, now, brought)
            signer, claim = issuer_of(document) or "", opened.status
            document, around = opened.document or document, opened.results
        problems: tuple[str, ...] = ()
        credential: Credential | None = None
        try:
            credential = parse_credential(document)
        except ProtocolError as error:
            problems = (error.sentence,)
        issuer = credential.issuer if credential else ""

        member = await self.storage.read(lambda session: self.directory.member(session, issuer))
        proofs = around
        if not around or "proof" in document:
            proofs = (*around, *await self._proofs(document, credential, member, now, brought))
        signed_at = min((proof.created for proof in proofs if proof.created is not None), default=None)
        if credential is not None and signed_at is None:
            signed_at = credential.valid_from
        statuses, rests = await self._statuses(credential, now, brought, signer, claim)
        evidence = CredentialEvidence(
            document=document,
            parse_problems=problems,
            context_problems=await self.proofs.reading_problems(document),
            schema_problems=tuple(badge_problems(credential)) if credential and is_badge(credential) else None,
            proofs=proofs,
            dates=_dates(credential, now),
            signed_at=signed_at,
            statuses=statuses,
            issuer=await self._issuer(credential, signed_at or now),
            published_skills=await self._published(credential),
        )
        return Gathered(evidence=evidence, rests=rests)

    async def _opened(self, envelope: JsonObject, now: datetime, brought: Brought) -> Opened:
        """Step 4 for a credential in a token: the token is its proof."""
        signer = issuer_of(envelope) or ""
        member = await self.storage.read(lambda session: self.directory.member(session, signer))
        return open_envelope(
            envelope,
            self._documents(signer, member.document if member else None, brought),
            purpose="assertionMethod",
            now=now,
            seen_at={signer: member.seen_at} if member and member.seen_at else None,
        )

    async def _proofs(
        self,
        document: JsonObject,
        credential: Credential | None,
        member: Member | None,
        now: datetime,
        brought: Brought,
    ) -> tuple[ProofResult, ...]:
        """Step 4. What DIDKit says counts for the signature alone."""
        suites = {str(proof.get("type")) for item in proofs_of(document) if (proof := as_object(item))}
        if credential is not None and credential.version == "1.1" and suites and suites <= LEGACY_SUITES:
            return _legacy_results(document, await self.didkit.verify_credential_1_1(document))
        issuer = credential.issuer if credential else ""
        return await self.proofs.check(
            document,
            self._documents(issuer, member.document if member else None, brought),
            purpose="assertionMethod",
            now=now,
            expected_controller=issuer if credential else None,
            seen_at={issuer: member.seen_at} if member and member.seen_at else None,
        )

    def _documents(self, did: str, known: DidDocument | None, brought: Brought) -> Mapping[str, DidDocument]:
        """The document of `did`: as synced, as brought, or out of the DID itself; none otherwise.

        Nothing is fetched here.
        """
        known = known or brought.documents.get(did)
        if known is not None:
            return {did: known}
        try:
            offline = resolve_offline(did)
        except ProtocolError:
            offline = None
        return {did: offline} if offline is not None else {}

    async def _statuses(
        self, credential: Credential | None, now: datetime, brought: Brought, signer: str, claim: Any
    ) -> tuple[tuple[StatusEvidence, ...], tuple[Rest, ...]]:
        """Step 6, each entry, and the claim of the token by `signer`: from the synced lists and those brought."""
        entries, issuer = (credential.statuses, credential.issuer) if credential else ((), signer)
        read = await read_statuses(
            self.storage, entries, issuer, brought.snapshots, now=now, policy=self.policy, claim=claim
        )
        rests = (Rest(url=each.url, issuer=issuer, fetched_at=each.fetched_at) for each in read if each.url)
        return tuple(each.evidence for each in read), tuple(rests)

    async def _published(self, credential: Credential | None) -> frozenset[str] | None:
        """Step 10: the skills that the issuer's own page, as synced, names for the credential's achievement."""
        achievement = _achievement_id(credential) if credential else None
        if credential is None or achievement is None:
            return None
        member = await self.storage.read(lambda session: self.directory.member(session, credential.issuer))
        skills = skills_evidenced(member.metadata, achievement) if member else ()
        return frozenset(skills) if skills else None

    async def _issuer(self, credential: Credential | None, at: datetime) -> IssuerEvidence:
        """Step 7: the issuer's standing as of the signing date, for the type it issued."""
        did = credential.issuer if credential else ""
        kind = next((name for name in credential.types if name != "VerifiableCredential"), None) if credential else None

        def read(session: Session) -> IssuerEvidence:
            member = self.directory.member(session, did)
            standing = self.directory.standing(session, did, "issuer", at, credential_type=kind)
            return IssuerEvidence(did=did, name=member.name if member else None, standing=standing)

        return await self.storage.read(read)


def _model_problems(presentation: JsonObject) -> tuple[str, ...]:
    """Step 1 for a presentation."""
    try:
        parse_presentation(presentation)
    except ProtocolError as error:
        return (error.sentence,)
    return ()


def holder_of(presentation: JsonObject) -> str:
    """The DID of whoever presents, as the presentation says it; empty where it does not say.

    Spec: https://www.w3.org/TR/vc-data-model-2.0/#verifiable-presentations
    """
    holder = presentation.get("holder")
    found = as_object(holder)
    did = holder if found is None else found.get("id")
    return did if isinstance(did, str) else ""


def signers_of(document: JsonObject) -> tuple[str, ...]:
    """The DIDs whose keys the proofs of a document name, unchecked."""
    proofs = [proof for item in proofs_of(document)[:MAX_PROOFS] if (proof := as_object(item))]
    methods = [as_text(proof.get("verificationMethod")) or "" for proof in proofs]
    return tuple(dict.fromkeys(method.partition("#")[0] for method in methods if method.startswith("did:")))


def _achievement_id(credential: Credential) -> str | None:
    achievement = achievement_of(credential)
    found = None if achievement is None else achievement.get("id")
    return found if isinstance(found, str) else None


def _legacy_results(document: JsonObject, answer: JsonObject) -> tuple[ProofResult, ...]:
    """DIDKit's answer as one result for the one proof it was given; not checked is could-not-tell."""
    nothing: JsonObject = {}
    proof = next((proof for item in proofs_of(document) if (proof := as_object(item))), nothing)
    outcome = Outcome.NO if answer["errors"] else Outcome.YES
    reason = "; ".join(answer["errors"]) or "The signature fits the document (checked by the legacy engine)."
    return (
        ProofResult(
            suite=str(proof.get("type")),
            verification_method=str(proof.get("verificationMethod", ""))[:2048],
            purpose=str(proof.get("proofPurpose", ""))[:80],
            created=_created(proof.get("created")),
            outcome=outcome if answer["available"] else Outcome.COULD_NOT_TELL,
            reason=reason[:500],
        ),
    )


def _created(value: object) -> datetime | None:
    try:
        return None if value is None else parse_time(value, "created", offset_required=False)
    except ProtocolError:
        return None


def _dates(credential: Credential | None, now: datetime) -> Answered:
    """Step 5."""
    if credential is None:
        return Answered(outcome=Outcome.COULD_NOT_TELL, reason="It cannot be read.")
    outcome, reason = check_dates(credential, now)
    return Answered(outcome=outcome, reason=reason, at=now)
