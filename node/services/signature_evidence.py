"""Step 4 of the check of a credential: every signature on it, with the DID documents that are at hand.

Nothing here calls the network: a document is synced, brought by the caller, or comes out of the DID itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.adapters.didkit_worker import Didkit
from node.adapters.proof_worker import ProofChecker
from node.services.dates import Dates, times_of
from node.services.directory import Directory, Member
from node.storage.unit import UnitOfWork
from protocols.credentials.enveloped import Opened, dids_of, issuer_of, open_envelope
from protocols.credentials.enveloped.key_binding import MAX_AGE
from protocols.credentials.model import Credential
from protocols.credentials.proofs import ProofResult, proofs_of
from protocols.credentials.shape import as_object
from protocols.credentials.times import parse_time
from protocols.dids.document import DidDocument
from protocols.dids.methods import resolve_offline
from protocols.errors import ProtocolError
from protocols.findings import Outcome
from protocols.jose.encoding import JsonObject
from protocols.status.acceptance import Snapshot

LEGACY_SUITES = frozenset({"Ed25519Signature2018", "JsonWebSignature2020"})
"""Proofs of VC 1.1 that DIDKit checks in its worker; everything else is checked by our own suites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What was fetched for one verification alone, beside what is synced; what is synced comes first.

    Args:
        documents: DID documents by DID, as they are now.
        snapshots: status lists by URL.
        dates: issuance proofs, unverified.
        open_terms: see `Contexts`; for callers who read those terms themselves.
    """

    documents: Mapping[str, DidDocument] = field(default_factory=dict[str, DidDocument])
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict[str, Snapshot])
    dates: Sequence[JsonObject] = ()
    open_terms: bool = False


NOTHING = Brought()


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingAsked:
    """What the key binding of an SD-JWT has to repeat: its `nonce` and its `aud`, each None where it was not set."""

    challenge: str | None
    domain: str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Signatures:
    """Checks them; see the module's own words."""

    storage: UnitOfWork
    directory: Directory
    proofs: ProofChecker
    didkit: Didkit

    @property
    def dates(self) -> Dates:
        """When what is checked here verifiably existed."""
        return Dates(self.storage, self.directory)

    async def open(self, envelope: JsonObject, now: datetime, brought: Brought, asked: BindingAsked | None) -> Opened:
        """Step 4 for a credential in a token: the token is its proof. Of an SD-JWT, its key binding too."""
        signer = issuer_of(envelope) or ""
        member = await self.storage.read(lambda session: self.directory.member(session, signer))
        documents: dict[str, DidDocument] = {}
        for did in dids_of(envelope):
            documents |= documents_at_hand(did, member.document if member and did == signer else None, brought)
        return open_envelope(
            envelope,
            documents,
            purpose="assertionMethod",
            now=now,
            challenge=asked.challenge if asked else None,
            domain=asked.domain if asked else None,
            seen_at={signer: member.seen_at} if member and member.seen_at else None,
            attested=times_of(await self.dates.of(signer, brought.dates)),
            key_binding_max_age=MAX_AGE if asked else None,
        )

    async def check(
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
            documents_at_hand(issuer, member.document if member else None, brought),
            purpose="assertionMethod",
            now=now,
            expected_controller=issuer if credential else None,
            seen_at={issuer: member.seen_at} if member and member.seen_at else None,
            attested=times_of(await self.dates.of(issuer, brought.dates)),
            open_terms=brought.open_terms,
        )


def documents_at_hand(did: str, known: DidDocument | None, brought: Brought) -> Mapping[str, DidDocument]:
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
