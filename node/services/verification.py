"""Gathers what a report rests on, then has it evaluated: gathering may wait, the evaluation is instant and pure.

Nothing here calls the network. Documents of issuers come from the synced directory or out of the DID itself, status
from synced lists; what has not been synced is "could not tell", and is verified again when it came. So no issuer
learns whose credential is looked at, and a verification works with the network unplugged.

The steps are numbered as in `protocols.verification.steps`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.adapters.proof_worker import ProofChecker
from node.clock import Clock
from node.services.credential_evidence import Credentials, Gathered, Rest
from node.services.signature_evidence import NOTHING, BindingAsked, Brought, documents_at_hand
from protocols.consent.presentation import credentials_of
from protocols.credentials.enveloped import (
    as_envelope,
    has_key_binding,
    is_enveloped,
    is_sd_jwt,
    issuer_of,
    open_envelope,
)
from protocols.credentials.model import parse_presentation
from protocols.credentials.open_badges import Identity
from protocols.credentials.proofs import MAX_PROOFS, proofs_of
from protocols.credentials.shape import as_object, as_text
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.findings import Finding
from protocols.jose.encoding import JsonObject
from protocols.requests.request import PresentationRequest
from protocols.verification.evaluate import evaluate
from protocols.verification.evidence import (
    ConsentEvidence,
    Evidence,
    Policy,
    PresentationEvidence,
    RequestEvidence,
)
from protocols.verification.report import VerificationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A presentation that was opened, and under what: everything of it that a report needs.

    `dates` are the issuance proofs that came with it, unverified.
    """

    report_id: str
    presentation: JsonObject
    request: PresentationRequest
    request_hash: str
    record_hash: str
    payload_hash: str
    consent: tuple[Finding, ...]
    delete_at: datetime
    dates: Sequence[JsonObject] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    credentials: Credentials
    proofs: ProofChecker
    clock: Clock

    async def report_on(self, held: Held) -> tuple[VerificationReport, Sequence[Rest]]:
        """The report, and the status lists that it rests on or waits for."""
        now = self.clock.now()
        asked = BindingAsked(challenge=held.request_hash, domain=held.request.issuer)
        gathered = await self._gather_all(held.presentation, now, Brought(dates=held.dates), asked)
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
        self,
        credential: JsonObject,
        report_id: str,
        brought: Brought = NOTHING,
        *,
        challenge: str | None = None,
        domain: str | Sequence[str] | None = None,
        identities: tuple[Identity, ...] = (),
    ) -> VerificationReport:
        """The report on a credential that came alone, in no presentation.

        Args:
            challenge: that the key binding of an SD-JWT has to repeat as its nonce, and `domain` likewise as its
                audience; where one is set there has to be a key binding.
            identities: of whoever brings it, as the caller has established them.
        """
        is_asked = is_enveloped(credential) and is_sd_jwt(credential) and (challenge is not None or domain is not None)
        asked = BindingAsked(challenge=challenge, domain=domain) if is_asked else None
        gathered = await self.credentials.gather(credential, self.clock.now(), brought, asked)
        return self._evaluate(Evidence(id=report_id, credentials=(gathered.evidence,), identities=identities))

    async def report_on_presentation(
        self,
        presentation: JsonObject,
        report_id: str,
        brought: Brought = NOTHING,
        *,
        challenge: str | None = None,
        domain: str | Sequence[str] | None = None,
        identities: tuple[Identity, ...] = (),
    ) -> VerificationReport:
        """The report on a presentation that answers no request of ours.

        Args:
            identities: of whoever presents, as the caller has established them.
            challenge: that its proof has to repeat, and `domain` likewise; where they are None the proof does not
                prove that it was made for anybody here.
        """
        now = self.clock.now()
        around = await self._presented(presentation, brought, now, challenge, domain)
        is_asked = challenge is not None or domain is not None
        asked = BindingAsked(challenge=challenge, domain=domain) if is_asked else None
        gathered = await self._gather_all(around.document, now, brought, asked)
        credentials = tuple(item.evidence for item in gathered)
        return self._evaluate(
            Evidence(id=report_id, credentials=credentials, presentation=around, identities=identities)
        )

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
            documents.update(documents_at_hand(did, None, brought))
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
                open_terms=brought.open_terms,
            )
        return PresentationEvidence(document=document, proofs=proofs, parse_problems=_model_problems(document))

    def _evaluate(self, evidence: Evidence) -> VerificationReport:
        return evaluate(evidence, Policy(), self.clock.now())

    async def _gather_presentation(self, held: Held, now: datetime) -> PresentationEvidence:
        """Step 4 for the presentation itself: challenge and domain are this request's."""
        holder = holder_of(held.presentation)
        proofs = await self.proofs.check(
            held.presentation,
            documents_at_hand(holder, None, NOTHING),
            purpose="authentication",
            now=now,
            challenge=held.request_hash,
            domain=held.request.issuer,
            expected_controller=holder,
        )
        return PresentationEvidence(document=held.presentation, proofs=proofs)

    async def _gather_all(
        self, presentation: Mapping[str, Any], now: datetime, brought: Brought, asked: BindingAsked | None
    ) -> Sequence[Gathered]:
        """Every credential of a presentation, whose own proof binds its holder: a key binding is not needed besides.

        One that is there all the same has to be for whoever asked.
        """
        items = [as_envelope(item) if isinstance(item, str) else item for item in credentials_of(presentation)]
        return [
            await self.credentials.gather(
                item, now, brought, asked if is_enveloped(item) and has_key_binding(item) else None
            )
            for item in items
        ]


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
