"""From an award to a signed credential on a learner's phone, and its revocation.

offer      a row, and an issue-credential offer as soon as a wallet is bound to the person
request    the wallet names its holder DID; a place in a status list is drawn at random
sign       durable work: the badge is built, signed eddsa-rdfc-2022, put into the issuance log, and sent
revoke     one bit; the list is signed again and served within seconds; so is suspending, which can be taken back
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.clock import Clock, new_id
from node.errors import BadInput, Conflict, NotFound
from node.services.achievements import Achievements
from node.services.awards import Award, award_of
from node.services.did_document import Purpose
from node.services.flows import FlowRunner
from node.services.identity import Identity
from node.services.issuance_log import IssuanceLog
from node.services.performers import Unit
from node.services.reissuing import Reissuing
from node.services.status_lists import REVOCATION, SUSPENSION, StatusLists
from node.services.work import Outcome, WorkList
from node.storage.repos import issuance as rows
from node.storage.repos import learners
from node.storage.unit import Session, UnitOfWork
from protocols.credentials.draft import achievement_draft, check_draft, complete
from protocols.credentials.proofs import add_proof, signed_digest
from protocols.errors import ProtocolError
from protocols.flows.issue_credential.messages import PIURI, Issue, Offer
from protocols.jose.encoding import JsonObject, canonical_json

SIGN = "issuance.sign"
SUITE = "eddsa-rdfc-2022"
MAX_ACHIEVEMENT_BYTES = 48 * 1024
"""Offers show the achievement to the learner, and what an offer may show is bounded."""


@dataclass(frozen=True, slots=True)
class Issuance:
    storage: UnitOfWork
    identity: Identity
    achievements: Achievements
    status_lists: StatusLists
    issuance_log: IssuanceLog
    flows: FlowRunner
    reissuing: Reissuing
    work: WorkList
    clock: Clock

    async def award(self, learner_id: str, achievement: str, valid_until: datetime | None = None) -> Award:
        """Awards the achievement with slug `achievement`; offered at once where the person has a wallet.

        Raises:
            NotFound: no such person or achievement.
            Conflict: it would have expired already.
        """

        return await self._awarded(learner_id, achievement, valid_until, None)

    async def award_badge(self, learner_id: str, draft: JsonObject, valid_until: datetime | None = None) -> Award:
        """Awards a whole badge, of an achievement that need not be published here: results, evidence and all.

        Args:
            draft: as `protocols.credentials.draft` has it.

        Raises:
            BadInput: a draft that cannot be issued, with every problem.
            NotFound: no such person.
            Conflict: it would have expired already.
        """
        try:
            achievement = check_draft(draft, now=self.clock.now())
        except ProtocolError as error:
            raise BadInput(error.detail, found=error.found, expected=error.expected) from error
        if len(canonical_json(achievement)) > MAX_ACHIEVEMENT_BYTES:
            raise BadInput("an achievement too large to be offered", expected=f"at most {MAX_ACHIEVEMENT_BYTES} bytes")
        return await self._awarded(learner_id, achievement["id"], valid_until, draft)

    async def _awarded(
        self, learner_id: str, achievement: str, valid_until: datetime | None, draft: JsonObject | None
    ) -> Award:
        def body(session: Session) -> Award:
            now = self.clock.now()
            if valid_until is not None and valid_until <= now:
                raise Conflict("the credential would have expired already", expected="valid_until in the future")
            if learners.get(session, learner_id) is None:
                raise NotFound("no such learner", found=learner_id[:40], expected="the id of an enrolled learner")
            if draft is None:
                self.achievements.find(session, achievement)
            row = rows.add(
                session,
                new_id(),
                learner_id,
                achievement,
                thread_id=new_id(),
                valid_until=valid_until,
                now=now,
                draft=draft,
            )
            self._offer_waiting(Unit(session=session, now=now, ours=self.identity.did), learner_id)
            return award_of(row)

        return await self.storage.run("issuance.award", body)

    def bound(self, unit: Unit, learner_id: str) -> None:
        """A wallet was bound to the person: what they had before and what waited goes out, in the same transaction."""
        self.reissuing.begin(unit, learner_id)
        self._offer_waiting(unit, learner_id)

    def requested(self, unit: Unit, thread_id: str, holder: str) -> None:
        """The wallet asked for what was offered in `thread_id`, for its key `holder`."""
        row = rows.by_thread(unit.session, thread_id)
        if row is None or row.state != rows.OFFERED:
            return
        if not self.status_lists.entries(unit.session, row.id):  # it may have been asked for once, for another key
            self.status_lists.allocate(unit.session, row.id, now=unit.now)
        rows.requested(unit.session, row, holder)
        self.work.add(unit.session, SIGN, {"id": row.id}, now=unit.now, key=f"{SIGN}:{thread_id}")

    async def sign(self, payload: JsonObject) -> Outcome:
        """Performs the work `issuance.sign`."""

        def gather(session: Session) -> tuple[rows.IssuedCredential, JsonObject, list[JsonObject]]:
            row = rows.get(session, payload["id"])
            statuses = self.status_lists.entries(session, row.id)
            return row, self._draft(session, row), statuses

        row, draft, statuses = await self.storage.read(gather)
        if row.state != rows.REQUESTED:
            return lambda _: None
        issued_at = self.clock.now().replace(microsecond=0)
        unsigned = complete(
            draft,
            id=f"urn:uuid:{_uuid(row.id)}",
            issuer=self.identity.profile(),
            subject_did=row.holder or "",
            valid_from=issued_at,
            valid_until=row.valid_until,
            status=statuses,
        )
        signer = self.identity.signer(Purpose.ASSERTION)
        document = await asyncio.to_thread(
            add_proof, unsigned, suite=SUITE, signer=signer, purpose="assertionMethod", created=issued_at
        )
        digest = await asyncio.to_thread(signed_digest, document, signer.public)

        def body(session: Session) -> None:
            now = self.clock.now()
            current = rows.get(session, row.id)
            if (current.state, current.holder) != (rows.REQUESTED, row.holder):
                return
            rows.issued(session, current, document, now=now)
            self.issuance_log.add(session, current.id, digest, now=now)
            unit = Unit(session=session, now=now, ours=self.identity.did)
            self.flows.command(unit, PIURI, current.thread_id or "", Issue(credential=document))
            self.reissuing.finish(unit, current)

        return body

    async def revoke(self, credential_id: str, reason: str) -> Award:
        """Revokes an issued credential for good; revoking again changes nothing.

        Raises:
            NotFound: no such credential.
            Conflict: it was not issued yet.
        """

        def body(session: Session) -> Award:
            row = _issued(session, credential_id)
            if row.state != rows.REVOKED:
                now = self.clock.now()
                rows.revoked(session, row, reason, now=now)
                self.status_lists.set(session, row.id, REVOCATION, True, now=now)
                self.reissuing.cancel(Unit(session=session, now=now, ours=self.identity.did), row)
            return award_of(row)

        return await self.storage.run("issuance.revoke", body)

    async def suspend(self, credential_id: str, reason: str) -> Award:
        """Takes an issued credential's force away until it is reinstated; suspending again changes nothing.

        Raises:
            NotFound: no such credential.
            Conflict: it was not issued yet, or is revoked.
        """

        def body(session: Session) -> Award:
            row = _issued(session, credential_id)
            if row.state == rows.REVOKED:
                raise Conflict("this credential is revoked", found=row.state, expected="an issued one")
            if row.state != rows.SUSPENDED:
                rows.suspended(session, row, reason)
                self.status_lists.set(session, row.id, SUSPENSION, True, now=self.clock.now())
            return award_of(row)

        return await self.storage.run("issuance.suspend", body)

    async def reinstate(self, credential_id: str, reason: str) -> Award:
        """Ends a suspension; reinstating again changes nothing.

        Raises:
            NotFound: no such credential.
            Conflict: it was not issued yet, or is revoked: a revocation is for good.
        """

        def body(session: Session) -> Award:
            row = _issued(session, credential_id)
            if row.state == rows.REVOKED:
                raise Conflict("a revocation is for good", found=row.state, expected="a suspended credential")
            if row.state == rows.SUSPENDED:
                rows.reinstated(session, row, reason)
                self.status_lists.set(session, row.id, SUSPENSION, False, now=self.clock.now())
            return award_of(row)

        return await self.storage.run("issuance.reinstate", body)

    async def say(self, credential_id: str, message: str) -> Award:
        """Sets the message of an issued credential; saying it again changes nothing.

        Raises:
            NotFound: no such credential, one without a place for messages, or a message that is none of its.
            Conflict: it was not issued yet.
        """

        def body(session: Session) -> Award:
            row = _issued(session, credential_id)
            self.status_lists.say(session, row.id, message, now=self.clock.now())
            return award_of(row)

        return await self.storage.run("issuance.say", body)

    async def list(self, *, limit: int, after: str | None) -> Sequence[Award]:
        """Awards in the order they were made, from the one after id `after`."""

        def body(session: Session) -> Sequence[Award]:
            return [award_of(row) for row in rows.page(session, limit=limit, after=after)]

        return await self.storage.read(body)

    async def get(self, credential_id: str) -> Award:
        """One award; raises NotFound."""

        def body(session: Session) -> Award:
            row = rows.find(session, credential_id)
            if row is None:
                raise NotFound("no such credential", found=credential_id[:40], expected="the id of an award")
            return award_of(row)

        return await self.storage.read(body)

    def _offer_waiting(self, unit: Unit, learner_id: str) -> None:
        learner = learners.get(unit.session, learner_id)
        if learner is None or learner.did is None:
            return
        for row in rows.of_learner(unit.session, learner_id, rows.WAITING):
            achievement = self._draft(unit.session, row)["credentialSubject"]["achievement"]
            offer = Offer(
                thread_id=row.thread_id,
                ours=self.identity.did,
                theirs=learner.did,
                preview=_preview(achievement),
                comment=f"{self.identity.name} has a record for you",
            )
            self.flows.command(unit, PIURI, row.thread_id or "", offer)
            rows.offered(unit.session, row, now=unit.now)

    def _draft(self, session: Session, row: rows.IssuedCredential) -> JsonObject:
        """What is to be signed for an award: the badge it was made with, or one of the published achievement alone."""
        kept = rows.draft_of(row)
        return achievement_draft(self.achievements.find(session, row.achievement_id)) if kept is None else kept


def _issued(session: Session, credential_id: str) -> rows.IssuedCredential:
    """An award that became a credential, whatever became of that; raises NotFound or Conflict."""
    row = rows.find(session, credential_id)
    if row is None:
        raise NotFound("no such credential", found=credential_id[:40], expected="the id of an issued one")
    if row.state not in (rows.ISSUED, rows.SUSPENDED, rows.REVOKED):
        raise Conflict("this credential was not issued yet", found=row.state, expected="an issued one")
    return row


def _preview(achievement: JsonObject) -> dict[str, Any]:
    """What the offer tells the learner before anything is signed."""
    return {"type": "OpenBadgeCredential", "achievement": achievement}


def _uuid(id: str) -> str:
    return "-".join((id[:8], id[8:12], id[12:16], id[16:20], id[20:]))
