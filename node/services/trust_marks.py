"""The marks that this node issues: granted by an operator, signed whenever somebody asks, revoked with the day and why.

A grant lasts until it is revoked or ends; its token lives for 30 days and is the same all day, so that a holder who
looks now and then always has one that holds, and a revoked one is of no use for long even where nobody asks.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.4
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from node.clock import Clock, new_id
from node.errors import BadInput, Conflict, NotFound
from node.services import good_standing
from node.services.did_document import Purpose
from node.services.entity_configuration import OwnConfiguration
from node.services.mark_delegations import delegation_for
from node.services.mark_rules import network_rules
from node.services.peer_marks import good_marks
from node.services.status_lists import REVOCATION, StatusLists
from node.storage.repos import trust_marks as rows
from node.storage.repos.trust_marks import GrantedMark
from node.storage.unit import Session, UnitOfWork
from protocols.jose.keys import PublicKey
from protocols.trust.entity import check_entity_id, did_of
from protocols.trust.mark_scope import MarkScope
from protocols.trust.mark_status import MarkStatus, Status
from protocols.trust.marks import TrustMark, check_mark_type, parse_mark, sign_mark
from protocols.trust.refusal import StatementRefused

TOKEN_LIVES_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkGrant:
    """A mark to be granted. `subject` is an entity id; `scope` None: it accredits for nothing, it is a mark only."""

    trust_mark_type: str
    subject: str
    actor: str
    scope: MarkScope | None = None
    ref: str | None = None
    logo_uri: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustMarks:
    storage: UnitOfWork
    configuration: OwnConfiguration
    status_lists: StatusLists
    clock: Clock

    async def grant(self, given: MarkGrant) -> GrantedMark:
        """Grants a mark. Whether anybody recognises it is the anchor's to say, before or after.

        Raises:
            StatementRefused: not a type, an entity id or a URL; what would be signed could not be read.
            BadInput: it would have ended already.
            Conflict: this holder has such a mark already, or it cannot be granted here.
        """
        check_mark_type(given.trust_mark_type)
        check_entity_id(given.subject)
        now = self.clock.now()
        if given.ends_at is not None and given.ends_at <= now:
            raise BadInput("the mark would have ended already", found=given.ends_at.isoformat(), expected="a later day")
        row = GrantedMark(
            id=new_id(),
            trust_mark_type=given.trust_mark_type,
            subject=given.subject,
            scope=_dated(given.scope, now).to_claims() if given.scope else {},
            ref=given.ref,
            logo_uri=given.logo_uri,
            granted_at=now,
            granted_by=given.actor,
            ends_at=given.ends_at,
        )

        def body(session: Session) -> GrantedMark:
            fresh = GrantedMark(**row.model_dump())
            self._check_grantable(session, fresh, now)
            rows.add(session, fresh)
            self._token(session, fresh, now)  # what cannot be signed is not granted
            return fresh

        return await self.storage.run("marks.grant", body)

    async def revoke(self, id: str, reason: str, *, actor: str) -> GrantedMark:
        """Revokes a mark for good, once; the row stays, so that what it accredited until today can be answered.

        Raises:
            NotFound: no such mark.
        """

        def body(session: Session) -> GrantedMark:
            row = _found(session, id)
            if row.revoked_at is None:
                now = self.clock.now()
                row.revoked_at, row.revoked_by, row.revoked_reason = now, actor, reason
                rows.add(session, row)
                if row.is_endorsed:
                    self.status_lists.set(session, row.id, REVOCATION, True, now=now)
            return row

        return await self.storage.run("marks.revoke", body)

    async def list(self) -> Sequence[GrantedMark]:
        """Every mark that was ever granted here, in that order."""
        return await self.storage.read(rows.grants)

    async def get(self, id: str) -> GrantedMark:
        """Raises NotFound."""
        return await self.storage.read(lambda session: _found(session, id))

    async def token(self, trust_mark_type: str, subject: str) -> str:
        """The mark of this type for `subject`; raises NotFound where it has none, or none any more."""

        def body(session: Session) -> str | None:
            now = self.clock.now()
            if good_standing.is_ours(session, trust_mark_type):
                since = good_standing.since(session, subject, now)
                return None if since is None else self._good_standing(trust_mark_type, subject, since, now)
            found = rows.in_force(session, now=now, trust_mark_type=trust_mark_type, subject=subject)
            return self._token(session, found[0], now) if found else None

        token = await self.storage.read(body)
        if token is None:
            raise NotFound(
                "this entity does not have this mark of ours", found=subject[:120], expected="a holder of it"
            )
        return token

    async def marked(self, trust_mark_type: str, subject: str | None = None) -> Sequence[str]:
        """Entity ids of those who have the mark now; of `subject` alone where one is given."""

        def body(session: Session) -> list[str]:
            now = self.clock.now()
            if good_standing.is_ours(session, trust_mark_type):
                found = good_standing.members(session, now)
            else:
                granted = rows.in_force(session, now=now, trust_mark_type=trust_mark_type, subject=subject)
                found = [row.subject for row in granted]
            return sorted({each for each in found if subject is None or each == subject})

        return await self.storage.read(body)

    async def among(self, members: Sequence[str], trust_mark_type: str | None = None) -> Sequence[str]:
        """Those of `members` with a mark that is good now: of any type, or of that one, by us or as synced."""

        def body(session: Session) -> Sequence[str]:
            now = self.clock.now()
            return [each for each in members if self._is_marked(session, each, trust_mark_type, now)]

        return await self.storage.read(body)

    async def status(self, token: str) -> str:
        """A signed trust mark status response about `token` (section 8.4.2).

        Raises:
            StatementRefused: not a mark.
            NotFound: a mark that this node did not issue.
        """
        mark = parse_mark(token)
        now = self.clock.now()
        found = await self.storage.read(lambda session: self._status(session, mark, now))
        if found is None:
            raise NotFound("not a mark of this node's", found=mark.iss[:120], expected="a mark that it issued")
        status, revoked_at = found
        answer = MarkStatus(
            iss=self.configuration.entity_id, iat=now, trust_mark=token, status=status, revoked_at=revoked_at
        )
        return answer.sign(self.configuration.signer())

    def _status(self, session: Session, mark: TrustMark, now: datetime) -> tuple[Status, datetime | None] | None:
        """None: unknown. `invalid`: it bears the id of a mark of ours, and is not what we signed."""
        if mark.iss != self.configuration.entity_id:
            return None
        if good_standing.is_ours(session, mark.trust_mark_type):
            is_known, ended_at = good_standing.was_member(session, mark.sub), None
            is_ended = good_standing.since(session, mark.sub, now) is None
        else:
            row = rows.granted(session, mark.id or "")
            is_known = row is not None
            ended_at = row.revoked_at if row else None
            is_ended = ended_at is not None
            if row is not None and (row.trust_mark_type, row.subject) != (mark.trust_mark_type, mark.sub):
                return "invalid", None
        if not is_known:
            return None
        try:
            mark.verify_with(self._every_key())
        except StatementRefused:
            return "invalid", None
        if is_ended:
            return "revoked", ended_at
        return ("active" if mark.is_current(now) else "expired"), None

    def _is_marked(self, session: Session, entity_id: str, wanted: str | None, now: datetime) -> bool:
        asks_for_standing = wanted is None or good_standing.is_ours(session, wanted)
        if asks_for_standing and good_standing.since(session, entity_id, now) is not None:
            return True
        if rows.in_force(session, now=now, trust_mark_type=wanted, subject=entity_id):
            return True
        return any(wanted in (None, each.trust_mark_type) for each in good_marks(session, did_of(entity_id), now))

    def _every_key(self) -> Mapping[str, PublicKey]:
        """Federation keys of all times, but those that leaked."""
        keys = self.configuration.identity.all_keys()
        return {key.kid: key.public for key in keys if key.purpose is Purpose.FEDERATION and key.revoked_at is None}

    def _check_grantable(self, session: Session, row: GrantedMark, now: datetime) -> None:
        if good_standing.is_ours(session, row.trust_mark_type):
            raise Conflict("this mark follows from the membership", found=row.trust_mark_type, expected="another type")
        if rows.in_force(session, now=now, trust_mark_type=row.trust_mark_type, subject=row.subject):
            raise Conflict(
                "this entity has such a mark already",
                found=row.subject,
                expected="revoke that one first",
            )
        owner = network_rules(session).owners.get(row.trust_mark_type)
        if owner is not None and delegation_for(session, self.configuration, row.trust_mark_type, owner, now) is None:
            raise Conflict(
                "a type that is owned: its owner has to delegate it first",
                found="no delegation",
                expected=f"a delegation by {owner.entity_id}",
            )

    def _token(self, session: Session, row: GrantedMark, now: datetime) -> str:
        """The same token all day, and never one that outlives the grant."""
        owner = network_rules(session).owners.get(row.trust_mark_type)
        begins = _begins(row.granted_at, now)
        ends = begins + TOKEN_LIVES_FOR
        return sign_mark(
            trust_mark_type=row.trust_mark_type,
            issuer=self.configuration.entity_id,
            subject=row.subject,
            signer=self.configuration.signer(),
            iat=begins,
            exp=ends if row.ends_at is None else min(ends, row.ends_at),
            id=row.id,
            logo_uri=row.logo_uri,
            ref=row.ref,
            delegation=delegation_for(session, self.configuration, row.trust_mark_type, owner, now),
            scope=MarkScope.parse(row.scope),
        )

    def _good_standing(self, trust_mark_type: str, subject: str, since: datetime, now: datetime) -> str:
        begins = _begins(since, now)
        return sign_mark(
            trust_mark_type=trust_mark_type,
            issuer=self.configuration.entity_id,
            subject=subject,
            signer=self.configuration.signer(),
            iat=begins,
            exp=begins + TOKEN_LIVES_FOR,
        )


def _found(session: Session, id: str) -> GrantedMark:
    row = rows.granted(session, id)
    if row is None:
        raise NotFound("no such mark", found=id[:40], expected="the id of a mark that was granted here")
    return row


def _dated(scope: MarkScope, now: datetime) -> MarkScope:
    """An accreditation says since when: the day on a token is that of its last renewal."""
    return scope if scope.accredited_from is not None else replace(scope, accredited_from=now)


def _begins(granted_at: datetime, now: datetime) -> datetime:
    """When today's token begins: at midnight UTC, or later today where it was granted then."""
    return max(now.replace(hour=0, minute=0, second=0, microsecond=0), granted_at.replace(microsecond=0))
