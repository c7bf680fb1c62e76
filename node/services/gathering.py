"""Gathers what is known of one credential and of everything inside it: the evidence for steps 1 to 7, 9 and 10.

Nothing here calls the network. Documents of issuers come from the synced directory, out of the DID itself, or were
brought along; status comes from lists. The steps are numbered as in `protocols.verification.steps`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from node.adapters.didkit_worker import Didkit
from node.adapters.proof_worker import ProofChecker
from node.services.directory import Directory, Member
from node.services.gathered import Brought, Gathered, Rest
from node.services.issuer_metadata import skills_evidenced
from node.services.status_sync import SYNCED, snapshot_of
from node.storage.repos import status_snapshots
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
from protocols.status.entry import parse_entry
from protocols.status.freshness import Freshness
from protocols.status.lookup import StatusAnswer, StatusOutcome, status_of
from protocols.verification.evidence import Answered, CredentialEvidence, IssuerEvidence, StatusEvidence

LEGACY_SUITES = frozenset({"Ed25519Signature2018", "JsonWebSignature2020"})
"""Proofs of VC 1.1 that DIDKit checks in its worker; everything else is checked by our own suites."""


@dataclass(slots=True)
class _Room:
    """How many credentials may still be looked at inside the one that was brought."""

    left: int = MAX_EMBEDDED


@dataclass(frozen=True, slots=True)
class Gathering:
    storage: UnitOfWork
    directory: Directory
    proofs: ProofChecker
    didkit: Didkit

    async def gather(self, document: JsonObject, now: datetime, brought: Brought) -> Gathered:
        """What is known of a credential, in an envelope or not, and of each one in it, within limits."""
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
        if is_enveloped(document):
            opened = await self._opened(document, now, brought)
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
        statuses, rests = await self._statuses(credential, now, brought)
        badge = read_badge(credential) if credential else None
        embedded = await self._embedded(document, now, brought, room, depth) if credential else ()
        evidence = CredentialEvidence(
            document=document,
            parse_problems=problems,
            context_problems=await self.proofs.reading_problems(document),
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
        self, credential: Credential | None, now: datetime, brought: Brought
    ) -> tuple[tuple[StatusEvidence, ...], tuple[Rest, ...]]:
        """Step 6, each entry, from the synced lists and those that were brought."""
        found: list[StatusEvidence] = []
        rests: list[Rest] = []
        for status in credential.statuses if credential else ():
            try:
                entry = parse_entry(status)
            except ProtocolError as error:
                answer = StatusAnswer(outcome=StatusOutcome.UNKNOWN, freshness=Freshness.UNKNOWN, reason=error.sentence)
                found.append(StatusEvidence(entry=None, answer=answer))
                continue
            url = entry.list_url
            row = await self.storage.read(lambda session, url=url: status_snapshots.get(session, url))
            snapshot = snapshot_of(row) or brought.snapshots.get(url)
            answer = status_of(entry, snapshot, now=now, policy=SYNCED)
            found.append(StatusEvidence(entry=entry, answer=answer))
            issuer = credential.issuer if credential else ""
            rests.append(Rest(url=url, issuer=issuer, fetched_at=row.fetched_at if row else None))
        return tuple(found), tuple(rests)

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
