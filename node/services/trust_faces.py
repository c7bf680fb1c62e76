"""What the network says of an entity, for every face it shows: one lookup and one rule, so that no two faces differ.

The anchor answers from its own log, at once; any other node of the network from its synced copy, as long as that is
fresh. An applicant that was never approved is nobody: nothing is published about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from node.clock import Clock
from node.errors import NotFound
from node.services.directory import Directory, Member
from node.services.member_record import MemberRecord, find_record, records_of
from node.storage.repos import federation, membership
from node.storage.unit import Session, UnitOfWork
from protocols.trust.entity import check_entity_id, did_of, entity_id_of
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused
from protocols.trust.standing import Role, TrustDecision, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Somebody who is or was a member. `fresh_until` is None at the anchor, whose own log does not go stale."""

    entity_id: str
    did: str
    name: str
    membership: Membership
    fresh_until: datetime | None


@dataclass(frozen=True, slots=True)
class TrustFaces:
    storage: UnitOfWork
    directory: Directory
    clock: Clock

    async def standing(
        self,
        entity: str,
        *,
        role: Role | None,
        at: datetime | None = None,
        credential_type: str | None = None,
        claim: str | None = None,
    ) -> TrustDecision:
        """Whether `entity`, an entity id or a DID, was in good standing and registered for `role` as of `at`.

        The day is the asker's, not a signature's: a yes for a day before the standing changed says in its reason that
        a signer's own word for that day would not be enough.

        Args:
            role, credential_type, claim: as in `protocols.trust.standing`.
            at: None asks for now.

        Raises:
            NotFound: this node is in no network.
        """

        def body(session: Session) -> TrustDecision:
            network, now = network_of(session), self.clock.now()
            entity_id = _entity_id(entity)
            known = None if entity_id is None else self._find(session, network, entity_id)

            day = now if at is None else at

            def decided(attested_at: datetime | None) -> TrustDecision:
                return standing(
                    known.membership if known else None,
                    role=role,
                    at=day,
                    now=now,
                    credential_type=credential_type,
                    claim=claim,
                    statement_fresh_until=known.fresh_until if known else None,
                    is_synced=self._can_tell(session, network, entity_id),
                    attested_at=attested_at,
                )

            decision, of_a_signature = decided(day), decided(None)
            if decision.outcome == "yes" and of_a_signature.outcome != "yes":
                return replace(decision, reason=f"{decision.reason} {of_a_signature.reason}")
            return decision

        return await self.storage.read(body)

    async def in_good_standing(self, role: Role | None = None) -> Sequence[Known]:
        """Everybody who is a member now, registered for `role` where one is given, by entity id; the anchor too.

        Raises:
            NotFound: this node is in no network, or has not synced yet.
        """
        known, now = await self.everybody(), self.clock.now()
        return [each for each in known if _is_good(each, role, now)]

    async def everybody(self) -> Sequence[Known]:
        """Everybody who is or was a member, by entity id; raises as `in_good_standing`."""

        def body(session: Session) -> list[Known]:
            if _is_anchor(network_of(session)):
                records = records_of(membership.log(session))
                return [_of_record(record) for record in records if record.was_approved]
            if federation.synced_at(session) is None:
                raise NotFound("this node has not synced its network yet", expected="a member that has synced once")
            return [_of_member(member) for member in self.directory.members(session)]

        return await self.storage.read(body)

    def _find(self, session: Session, network: federation.NetworkConfig, entity_id: str) -> Known | None:
        if _is_anchor(network):
            record = find_record(session, entity_id)
            return None if record is None or not record.was_approved else _of_record(record)
        member = self.directory.member(session, did_of(entity_id))
        return None if member is None else _of_member(member)

    def _can_tell(self, session: Session, network: federation.NetworkConfig, entity_id: str | None) -> bool:
        """Whether somebody who is not found can be said not to be a member."""
        if _is_anchor(network):
            return True
        is_pending = entity_id is not None and federation.stamp(session, did_of(entity_id)) is not None
        return self.directory.is_synced(session) and not is_pending


def network_of(session: Session) -> federation.NetworkConfig:
    """The network that this node is the anchor or a member of; raises NotFound where it is in none."""
    network = federation.network(session)
    if network is None:
        raise NotFound("this node is in no network", expected="an anchor or a member of a network")
    return network


def _is_anchor(network: federation.NetworkConfig) -> bool:
    return network.role == federation.ANCHOR


def _entity_id(entity: str) -> str | None:
    """None for whatever no member can be called: a DID of another method, another spelling of a URL."""
    try:
        return entity_id_of(entity) if entity.startswith("did:") else check_entity_id(entity)
    except StatementRefused:
        return None


def _is_good(known: Known, role: Role | None, now: datetime) -> bool:
    decision = standing(known.membership, role=role, at=now, now=now, statement_fresh_until=known.fresh_until)
    return decision.outcome == "yes"


def _of_record(record: MemberRecord) -> Known:
    return Known(
        entity_id=record.entity_id,
        did=record.did,
        name=record.name,
        membership=record.membership,
        fresh_until=None,
    )


def _of_member(member: Member) -> Known:
    return Known(
        entity_id=member.entity_id,
        did=member.did,
        name=member.name,
        membership=member.membership,
        fresh_until=member.fresh_until,
    )
