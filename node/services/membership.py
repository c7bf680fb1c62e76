"""The anchor's side of a trust network: who is invited, applied, was admitted, suspended and removed, and by whom.

Everything is an event in one append-only log (protocols/trust/membership_log.py). What anybody is told about a member
is made from it, so "was it a member on that day?" has one answer, for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from node.clock import Clock, entropy
from node.errors import Conflict, NotFound
from node.services.entity_configuration import OwnConfiguration
from node.services.identity import Identity
from node.services.member_record import MemberRecord, find_record, records_of
from node.services.membership_log import append_event, own_network
from node.storage.repos import federation, membership
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject, b64url_encode, digest
from protocols.trust.agreement import Agreement
from protocols.trust.entity import check_entity_id, did_of, entity_id_of
from protocols.trust.jwks import to_jwks
from protocols.trust.leaving import LeaveNotice
from protocols.trust.membership import EventName
from protocols.trust.network import JoinApplication, NetworkInvite, RolesWanted
from protocols.trust.refusal import StatementRefused
from protocols.trust.times import format_instant

TOKEN_BYTES = 32
INVITED_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an operator of the anchor decided about a member.

    Args:
        event: approved, suspended, reinstated, removed, closed or merged.
        reason: published with the event.
        name, roles: what is approved, where it differs from what was applied for.
        successor: entity id of whom a closed or merged member points to.
        until: when a suspension ends by itself.
    """

    event: EventName
    actor: str
    reason: str | None = None
    name: str | None = None
    roles: RolesWanted | None = None
    successor: str | None = None
    until: datetime | None = None

    def detail(self) -> JsonObject:
        """As it stands in the log."""
        given: JsonObject = {
            "name": self.name,
            "roles": None if self.roles is None else self.roles.to_json(),
            "successor": None if self.successor is None else check_entity_id(self.successor),
            "until": None if self.until is None else format_instant(self.until),
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the network that this node is the anchor of."""

    storage: UnitOfWork
    identity: Identity
    configuration: OwnConfiguration
    clock: Clock

    async def create(self, name: str, *, actor: str, relay: bool = True) -> None:
        """Makes this node the anchor of a new network and its first member, as a relay only.

        Raises:
            Conflict: this node is in a network already.
        """
        anchor = check_entity_id(self.identity.base_url)
        jwks, roles = to_jwks(self.configuration.keys()), RolesWanted(relay=relay).to_json()

        def body(session: Session) -> None:
            now = self.clock.now()
            known = federation.network(session)
            if known is not None:
                raise Conflict("this node is in a network already", found=known.anchor, expected="one network a node")
            federation.add_network(
                session,
                anchor=anchor,
                role=federation.ANCHOR,
                name=name,
                jwks=jwks,
                state="member",
                registration=roles,
                now=now,
            )
            detail: JsonObject = {"name": name, "jwks": jwks, "roles": roles}
            self._append(session, anchor, "applied", actor=actor, detail=detail)
            self._append(session, anchor, "approved", actor=actor)

        await self.storage.run("membership.create", body)

    async def set_terms(self, version: str, text: str) -> Agreement:
        """What applicants agree to from now on; members agreed to what there was when they applied.

        Raises:
            Conflict: this node is not the anchor of a network, or other terms have this version.
            StatementRefused: `agreement`, no text or no version.
        """
        agreement = Agreement.of(version, text)

        def body(session: Session) -> None:
            network = own_network(session)
            known = None if network.terms is None else Agreement.parse(network.terms)
            if known is not None and known.version == version and known != agreement:
                raise Conflict("other terms have this version", found=version, expected="another version")
            terms = {**agreement.to_json(), "text": text}
            federation.change_network(session, network.anchor, now=self.clock.now(), terms=terms)

        await self.storage.run("membership.terms", body)
        return agreement

    async def terms(self) -> JsonObject:
        """{version, sha256, text} of what applicants agree to; raises NotFound where there is nothing."""
        network = await self.storage.read(federation.network)
        if network is None or network.terms is None:
            raise NotFound("this network has no terms to agree to")
        return network.terms

    async def invite(
        self, lives_for: timedelta = INVITED_FOR, *, approve: str | None = None, actor: str | None = None
    ) -> NetworkInvite:
        """A one-time invitation to apply. It is shown once: only the hash of its token is kept.

        Args:
            approve: DID or entity id of the only one who may use it, and who is admitted as it applies, with the roles
                that it applies for. None: anybody may apply, and waits for a decision.
            actor: who approves it.

        Raises:
            Conflict: this node is not the anchor of a network, or is the one to be approved.
            StatementRefused: `approve` is no id of a node.
        """
        token = b64url_encode(entropy(TOKEN_BYTES))
        invitee = None if approve is None else _entity_id(approve)

        def body(session: Session) -> NetworkInvite:
            now = self.clock.now()
            network = own_network(session)
            if invitee == network.anchor:
                raise Conflict("the anchor is a member already", found=invitee, expected="another node")
            expires = (now + lives_for).replace(microsecond=0)
            row = membership.JoinInvitation(
                token_hash=digest(token.encode("utf-8")),
                created_at=now,
                expires_at=expires,
                invitee=invitee,
                approved_by=None if invitee is None else actor,
            )
            membership.invite(session, row)
            return NetworkInvite(
                anchor=network.anchor,
                jwks=self.configuration.keys(),
                token=token,
                name=network.name,
                expires=expires,
            )

        return await self.storage.run("membership.invite", body)

    async def list(self) -> Sequence[MemberRecord]:
        """Everybody who ever applied, by entity id; this node too. Nobody where it is not an anchor."""
        return await self.storage.read(lambda session: records_of(membership.log(session)))

    async def decide(self, member: str, decision: Decision) -> MemberRecord:
        """Appends an event; what is published follows from it at once.

        Args:
            member: its DID or its entity id.

        Raises:
            Conflict: the event cannot follow, or is about this node itself.
            NotFound: nobody of that name applied.
        """
        entity_id = _entity_id(member)

        def body(session: Session) -> MemberRecord:
            network = own_network(session)
            if entity_id == network.anchor:
                raise Conflict("the anchor decides about its members, not about itself", found=entity_id)
            if not membership.about(session, entity_id):
                raise NotFound("nobody with this id applied", found=entity_id[:120], expected="an applicant or member")
            return self._append(
                session,
                entity_id,
                decision.event,
                actor=decision.actor,
                reason=decision.reason,
                detail=decision.detail(),
            )

        return await self.storage.run(f"membership.{decision.event}", body)

    def apply(self, session: Session, application: JoinApplication) -> MemberRecord:
        """Appends `applied` for a checked application.

        Raises:
            StatementRefused: `agreement`, it agrees to other terms than there are.
        """
        _check_terms(own_network(session).terms, application.agreement)
        detail: JsonObject = {
            "name": application.name,
            "jwks": to_jwks(application.jwks),
            "roles": application.roles.to_json(),
            "agreement": None if application.agreement is None else application.agreement.to_json(),
            "application": application.token,
        }
        return self._append(session, application.entity_id, "applied", actor=application.did, detail=detail)

    def admit(self, session: Session, record: MemberRecord, invitation: membership.JoinInvitation) -> MemberRecord:
        """Appends `approved` where the invitation was made with somebody's yes; else the applicant waits."""
        if invitation.approved_by is None:
            return record
        return self._append(session, record.entity_id, "approved", actor=invitation.approved_by)

    def leave(self, session: Session, notice: LeaveNotice) -> MemberRecord:
        """Appends `left` for a checked notice; the same one again changes nothing.

        Raises:
            NotFound: no member.
            Conflict: a notice of an earlier membership, or nothing to leave.
        """
        own_network(session)
        record = find_record(session, notice.entity_id)
        if record is None:
            raise NotFound("nobody with this id applied", found=notice.entity_id, expected="an applicant or member")
        if record.state == "left":
            return record
        if notice.since != record.applied_at:
            raise Conflict(
                "a notice that ends another membership than this",
                found=format_instant(notice.since),
                expected=format_instant(record.applied_at),
            )
        detail: JsonObject = {"notice": notice.token}
        return self._append(session, notice.entity_id, "left", actor=notice.did, reason=notice.reason, detail=detail)

    def _append(
        self,
        session: Session,
        entity_id: str,
        name: EventName,
        *,
        actor: str,
        reason: str | None = None,
        detail: JsonObject | None = None,
    ) -> MemberRecord:
        new = membership.NewEvent(
            entity_id=entity_id,
            did=did_of(entity_id),
            event=name,
            at=self.clock.now(),
            actor=actor,
            reason=reason,
            detail=detail or {},
        )
        return append_event(session, new)


def _entity_id(member: str) -> str:
    """Of a DID or an entity id."""
    return entity_id_of(member) if member.startswith("did:") else check_entity_id(member)


def _check_terms(terms: JsonObject | None, agreed: Agreement | None) -> None:
    asked = None if terms is None else Agreement.parse(terms)
    if asked is not None and asked != agreed:
        raise StatementRefused(
            "an application that does not agree to the network's terms as they are now",
            rule="agreement",
            found="none" if agreed is None else agreed.version,
            expected=f"version {asked.version}, of SHA-256 {asked.sha256}",
        )
