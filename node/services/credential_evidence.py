"""Gathers everything about one credential, and about each credential within it, before the evaluation.

Nothing here calls the network: documents of issuers come from the synced directory or out of the DID itself, status
from synced lists, beside what the caller brought. What has not been synced is "could not tell".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from node.services.directory import Directory
from node.services.issuer_metadata import skills_evidenced
from node.services.peer_marks import accreditations
from node.services.signature_evidence import BindingAsked, Brought, Signatures
from node.services.status_evidence import read_statuses
from node.services.status_sync import SYNCED
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.clr import read_clr
from protocols.credentials.embedded import MAX_DEPTH, MAX_EMBEDDED, Embedded, embedded_in
from protocols.credentials.enveloped import Opened, is_enveloped
from protocols.credentials.open_badges import Badge, achievements_of, identities_of
from protocols.credentials.proofs import ProofResult
from protocols.credentials.schema import named_schemas, schema_problems
from protocols.credentials.stated import Stated, read_stated
from protocols.jose.encoding import JsonObject
from protocols.status.freshness import FreshnessPolicy
from protocols.trust.issuance_log.attested import Attestation
from protocols.trust.standing import TrustDecision
from protocols.verification.evidence import Answered, CredentialEvidence, IssuerEvidence, StatusEvidence
from protocols.verification.steps import did_of


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


NOT_BY_DID = TrustDecision(
    outcome="could_not_tell",
    reason="Its issuer is not named by DID, and members are known by theirs.",
    cause="issuer_not_named_by_did",
)
NOT_READ = TrustDecision(
    outcome="could_not_tell",
    reason="It cannot be read here, so who issued it is not known.",
    cause="issuer_not_known",
)


@dataclass(slots=True)
class _Room:
    """How many credentials may still be looked at inside the one that was brought."""

    left: int = MAX_EMBEDDED


@dataclass(frozen=True, slots=True)
class Credentials:
    """Gathers; see the module's own words."""

    storage: UnitOfWork
    directory: Directory
    signatures: Signatures
    policy: FreshnessPolicy = SYNCED

    async def gather(
        self, document: JsonObject, now: datetime, brought: Brought, asked: BindingAsked | None = None
    ) -> Gathered:
        """Steps 1 to 7 for a credential, in an envelope or not, and for each one within it, within limits.

        Args:
            asked: what the key binding of an SD-JWT has to repeat, and there has to be one; None where nothing was
                set.
        """
        return await self._gather(document, now, brought, _Room(), asked=asked)

    async def _gather(
        self,
        document: JsonObject,
        now: datetime,
        brought: Brought,
        room: _Room,
        inside: Embedded | None = None,
        depth: int = 0,
        asked: BindingAsked | None = None,
    ) -> Gathered:
        opened = await self.signatures.open(document, now, brought, asked) if is_enveloped(document) else None
        stated = read_stated(document, opened)
        document, issuer = stated.document, stated.issuer
        member = await self.storage.read(lambda session: self.directory.member(session, issuer))
        proofs = opened.results[:1] if opened else ()
        if "proof" in document and stated.sd_jwt_vc is None:
            proofs = (*proofs, *await self.signatures.check(document, stated.credential, member, now, brought))
        signed_at = min((proof.created for proof in proofs if proof.created is not None), default=stated.begins_at)
        statuses, rests = await self._statuses(stated, now, brought, opened)
        embedded = await self._embedded(document, now, brought, room, depth) if stated.credential else ()
        credential, badge = stated.credential, stated.badge
        outcome, reason = stated.dates(now)
        evidence = CredentialEvidence(
            document=document,
            parse_problems=(stated.problem,) if stated.problem else (),
            parse_unknown=stated.unknown,
            context_problems=await self._reading_problems(stated, brought),
            schema_problems=schema_problems(credential) if credential else None,
            named_schemas=named_schemas(credential) if credential else (),
            proofs=proofs,
            dates=Answered(outcome=outcome, reason=reason, at=now if stated.issuer else None),
            signed_at=signed_at,
            statuses=statuses,
            issuer=await self._issuer(stated, signed_at or now, proofs),
            date=await self._date(issuer, proofs, brought),
            published_skills=await self._published(issuer, badge),
            identities=identities_of(credential) if credential else (),
            badge=badge,
            record=read_clr(credential) if credential else None,
            sd_jwt_vc=stated.sd_jwt_vc,
            key_binding=opened.key_binding if opened else None,
            is_binding_asked=asked is not None,
            embedded=tuple(item.evidence for item in embedded),
            embedded_left=len(embedded_in(document)) - len(embedded) if credential else 0,
            at=inside.at if inside else "",
            around=inside.around if inside else (),
        )
        return Gathered(evidence=evidence, rests=(*rests, *(rest for item in embedded for rest in item.rests)))

    async def _reading_problems(self, stated: Stated, brought: Brought) -> tuple[str, ...] | None:
        """Step 2; None for what has no JSON-LD in it."""
        if stated.json_ld is None:
            return None
        return await self.signatures.proofs.reading_problems(stated.json_ld, open_terms=brought.open_terms)

    async def _embedded(
        self, document: JsonObject, now: datetime, brought: Brought, room: _Room, depth: int
    ) -> Sequence[Gathered]:
        """Step 9: the credentials directly inside, each gathered like the one around it, as far as there is room."""
        found = embedded_in(document)[: room.left] if depth < MAX_DEPTH else ()
        room.left -= len(found)
        return [await self._gather(item.document, now, brought, room, item, depth + 1) for item in found]

    async def _statuses(
        self, stated: Stated, now: datetime, brought: Brought, opened: Opened | None
    ) -> tuple[tuple[StatusEvidence, ...], tuple[Rest, ...]]:
        """Step 6, each entry, and the claim of the token: from the synced lists and those brought."""
        entries = stated.credential.statuses if stated.credential else ()
        issuer, claim = stated.issuer or (opened.owner if opened else ""), opened.status if opened else None
        read = await read_statuses(
            self.storage, entries, issuer, brought.snapshots, now=now, policy=self.policy, claim=claim
        )
        rests = (Rest(url=each.url, issuer=issuer, fetched_at=each.fetched_at) for each in read if each.url)
        return tuple(each.evidence for each in read), tuple(rests)

    async def _published(self, issuer: str, badge: Badge | None) -> frozenset[str] | None:
        """Step 10: the skills that the issuer's own page, as synced, names for the credential's achievement."""
        achievement = next((held.id for held in achievements_of(badge)), None) if badge else None
        if achievement is None:
            return None
        member = await self.storage.read(lambda session: self.directory.member(session, issuer))
        skills = skills_evidenced(member.metadata, achievement) if member else ()
        return frozenset(skills) if skills else None

    async def _date(self, issuer: str, proofs: Sequence[ProofResult], brought: Brought) -> Attestation | None:
        """What others than the issuer say of when it was signed; None where nothing of that was brought."""
        known = await self.signatures.dates.of(issuer, brought.dates)
        return next((date for proof in proofs if (date := known.get(proof.digest or ""))), None)

    async def _issuer(self, stated: Stated, at: datetime, proofs: Sequence[ProofResult]) -> IssuerEvidence:
        """Step 7: the issuer's standing as of the signing date, for the type it issued."""
        did = stated.issuer
        own = [proof for proof in proofs if did_of(proof) == did]
        attested_at = min((proof.attested_at for proof in own if proof.attested_at), default=None)
        key_until = min((proof.key_until for proof in own if proof.key_until), default=None)
        if stated.unknown is not None or (stated.sd_jwt_vc is not None and not did.startswith("did:")):
            standing = NOT_READ if stated.unknown is not None else NOT_BY_DID
            return IssuerEvidence(did=did, name=None, standing=standing)

        def read(session: Session) -> IssuerEvidence:
            member = self.directory.member(session, did)
            standing = self.directory.standing(
                session,
                did,
                "issuer",
                at,
                credential_type=stated.type,
                attested_at=attested_at,
                key_until=key_until,
            )
            now = self.directory.clock.now()
            return IssuerEvidence(
                did=did,
                name=member.name if member else None,
                standing=standing,
                accreditations=accreditations(session, did, now),
                accreditations_as_of=now,
            )

        return await self.storage.read(read)
