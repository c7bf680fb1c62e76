"""Gathers everything about one credential, and about each credential within it, before the evaluation.

Nothing here calls the network: documents of issuers come from the synced directory or out of the DID itself, status
from synced lists, beside what the caller brought. What has not been synced is "could not tell".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from node.adapters.didkit_worker import Didkit
from node.adapters.proof_worker import ProofChecker
from node.services.directory import Directory, Member
from node.services.issuer_metadata import skills_evidenced
from node.services.status_evidence import read_statuses
from node.services.status_sync import SYNCED
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.clr import read_clr
from protocols.credentials.embedded import MAX_DEPTH, MAX_EMBEDDED, Embedded, embedded_in
from protocols.credentials.enveloped import Opened, is_enveloped, issuer_of, open_envelope
from protocols.credentials.model import Credential, parse_credential
from protocols.credentials.open_badges import Badge, achievements_of, identities_of, read_badge
from protocols.credentials.proofs import ProofResult, proofs_of
from protocols.credentials.schema import named_schemas, schema_problems
from protocols.credentials.shape import as_object
from protocols.credentials.times import parse_time
from protocols.credentials.validity import check_dates
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.status.acceptance import Snapshot
from protocols.status.freshness import FreshnessPolicy
from protocols.verification.evidence import Answered, CredentialEvidence, IssuerEvidence, StatusEvidence

LEGACY_SUITES = frozenset({"Ed25519Signature2018", "JsonWebSignature2020"})
"""Proofs of VC 1.1 that DIDKit checks in its worker; everything else is checked by our own suites."""


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
        open_terms: see `Contexts`; for callers who read those terms themselves.
    """

    documents: Mapping[str, DidDocument] = field(default_factory=dict[str, DidDocument])
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict[str, Snapshot])
    open_terms: bool = False


NOTHING = Brought()


@dataclass(slots=True)
class _Room:
    """How many credentials may still be looked at inside the one that was brought."""

    left: int = MAX_EMBEDDED


@dataclass(frozen=True, slots=True)
class Credentials:
    """Gathers; see the module's own words."""

    storage: UnitOfWork
    directory: Directory
    proofs: ProofChecker
    didkit: Didkit
    policy: FreshnessPolicy = SYNCED

    async def gather(self, document: JsonObject, now: datetime, brought: Brought) -> Gathered:
        """Steps 1 to 7 for a credential, in an envelope or not, and for each one within it, within limits."""
        return await self._gather(document, now, brought, _Room())

    async def _gather(
        self,
        document: JsonObject,
        now: datetime,
        brought: Brought,
        room: _Room,
        inside: Embedded | None = None,
        depth: int = 0,
    ) -> Gathered:
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
        if "proof" in document:
            proofs = (*around, *await self._proofs(document, credential, member, now, brought))
        signed_at = min((proof.created for proof in proofs if proof.created is not None), default=None)
        if credential is not None and signed_at is None:
            signed_at = credential.valid_from
        statuses, rests = await self._statuses(credential, now, brought, signer, claim)
        badge = read_badge(credential) if credential else None
        embedded = await self._embedded(document, now, brought, room, depth) if credential else ()
        evidence = CredentialEvidence(
            document=document,
            parse_problems=problems,
            context_problems=await self.proofs.reading_problems(document, open_terms=brought.open_terms),
            schema_problems=schema_problems(credential) if credential else None,
            named_schemas=named_schemas(credential) if credential else (),
            proofs=proofs,
            dates=_dates(credential, now),
            signed_at=signed_at,
            statuses=statuses,
            issuer=await self._issuer(credential, signed_at or now),
            published_skills=await self._published(credential, badge),
            identities=identities_of(credential) if credential else (),
            badge=badge,
            record=read_clr(credential) if credential else None,
            embedded=tuple(item.evidence for item in embedded),
            embedded_left=len(embedded_in(document)) - len(embedded) if credential else 0,
            at=inside.at if inside else "",
            around=inside.around if inside else (),
        )
        return Gathered(evidence=evidence, rests=(*rests, *(rest for item in embedded for rest in item.rests)))

    async def _embedded(
        self, document: JsonObject, now: datetime, brought: Brought, room: _Room, depth: int
    ) -> Sequence[Gathered]:
        """Step 9: the credentials directly inside, each gathered like the one around it, as far as there is room."""
        found = embedded_in(document)[: room.left] if depth < MAX_DEPTH else ()
        room.left -= len(found)
        return [await self._gather(item.document, now, brought, room, item, depth + 1) for item in found]

    async def _opened(self, envelope: JsonObject, now: datetime, brought: Brought) -> Opened:
        """Step 4 for a credential in a token: the token is its proof."""
        signer = issuer_of(envelope) or ""
        member = await self.storage.read(lambda session: self.directory.member(session, signer))
        return open_envelope(
            envelope,
            self.documents(signer, member.document if member else None, brought),
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
            self.documents(issuer, member.document if member else None, brought),
            purpose="assertionMethod",
            now=now,
            expected_controller=issuer if credential else None,
            seen_at={issuer: member.seen_at} if member and member.seen_at else None,
            open_terms=brought.open_terms,
        )

    def documents(self, did: str, known: DidDocument | None, brought: Brought) -> Mapping[str, DidDocument]:
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

    async def _published(self, credential: Credential | None, badge: Badge | None) -> frozenset[str] | None:
        """Step 10: the skills that the issuer's own page, as synced, names for the credential's achievement."""
        achievement = next((held.id for held in achievements_of(badge)), None) if badge else None
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
