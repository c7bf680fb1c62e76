"""The anchor's side of a trust network: who is invited, applied, was admitted, suspended and removed, and by whom.

Everything is an event in one append-only log (protocols/trust/membership_log.py). What anybody is told about a member
is made from it, so "was it a member on that day?" has one answer, for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from node.clock import Clock, entropy, new_id
from node.errors import Conflict, NotFound
from node.services.entity_configuration import OwnConfiguration
from node.services.identity import Identity
from node.services.member_record import MemberRecord, find_record, record_of, records_of
from node.storage.repos import federation, membership
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import JsonObject, b64url_encode, digest
from protocols.trust.entity import check_entity_id, did_of, entity_id_of
from protocols.trust.jwks import to_jwks
from protocols.trust.membership import EventName, MembershipEvent, apply_event
from protocols.trust.membership_log import GENESIS, append
from protocols.trust.network import JoinApplication, NetworkInvite, RolesWanted
from protocols.trust.refusal import StatementRefused

TOKEN_BYTES = 32
INVITED_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an operator of the anchor decided about a member.

    Args:
        event: approved, suspended, reinstated or removed.
        reason: published with the event.
        name, roles: what is approved, where it differs from what was applied for.
    """

    event: EventName
    actor: str
    reason: str | None = None
    name: str | None = None
    roles: RolesWanted | None = None


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

    async def invite(self, lives_for: timedelta = INVITED_FOR) -> NetworkInvite:
        """A one-time invitation to apply. It is shown once: only the hash of its token is kept.

        Raises:
            Conflict: this node is not the anchor of a network.
        """
        token = b64url_encode(entropy(TOKEN_BYTES))

        def body(session: Session) -> NetworkInvite:
            now = self.clock.now()
            network = self._own_network(session)
            expires = (now + lives_for).replace(microsecond=0)
            membership.invite(session, digest(token.encode("utf-8")), now=now, expires_at=expires)
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
        entity_id = entity_id_of(member) if member.startswith("did:") else check_entity_id(member)

        def body(session: Session) -> MemberRecord:
            network = self._own_network(session)
            if entity_id == network.anchor:
                raise Conflict("the anchor decides about its members, not about itself", found=entity_id)
            if not membership.about(session, entity_id):
                raise NotFound("nobody with this id applied", found=entity_id[:120], expected="an applicant or member")
            detail: JsonObject = {}
            if decision.name is not None:
                detail["name"] = decision.name
            if decision.roles is not None:
                detail["roles"] = decision.roles.to_json()
            return self._append(
                session, entity_id, decision.event, actor=decision.actor, reason=decision.reason, detail=detail
            )

        return await self.storage.run(f"membership.{decision.event}", body)

    def apply(self, session: Session, application: JoinApplication) -> MemberRecord:
        """Appends `applied` for a checked application."""
        self._own_network(session)
        detail: JsonObject = {
            "name": application.name,
            "jwks": to_jwks(application.jwks),
            "roles": application.roles.to_json(),
            "application": application.token,
        }
        return self._append(session, application.entity_id, "applied", actor=application.did, detail=detail)

    def _own_network(self, session: Session) -> federation.NetworkConfig:
        network = federation.network(session)
        if network is None or network.role != federation.ANCHOR:
            raise Conflict(
                "this node is not the anchor of a network",
                found="a member" if network else "no network",
                expected="ler-node network create first",
            )
        return network

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
        before = find_record(session, entity_id)
        try:
            apply_event(before.state if before else "none", name)
        except StatementRefused as refusal:
            raise Conflict(refusal.detail, found=refusal.found, expected=refusal.expected) from refusal
        head = membership.head(session)
        now = self.clock.now()
        event = MembershipEvent(event=name, at=now if head is None else max(now, head.at), reason=reason)
        previous = GENESIS if head is None else head.hash
        new = membership.NewEvent(
            entity_id=entity_id,
            did=did_of(entity_id),
            event=name,
            at=event.at,
            actor=actor,
            reason=reason,
            detail=detail or {},
        )
        membership.append(
            session,
            new_id(),
            new,
            seq=1 if head is None else head.seq + 1,
            previous_hash=previous,
            hash=append(previous, event, subject=entity_id),
        )
        return record_of(membership.about(session, entity_id))
