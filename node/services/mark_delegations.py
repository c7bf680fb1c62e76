"""Delegations: an owner of a type of marks lets another issue them, and the other keeps that to show with each mark.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-7.2
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from node.clock import Clock
from node.errors import BadInput
from node.services.entity_configuration import OwnConfiguration
from node.services.mark_rules import network_rules
from node.storage.repos import trust_marks as rows
from node.storage.repos.trust_marks import MarkDelegation
from node.storage.unit import Session, UnitOfWork
from protocols.jose.encoding import digest
from protocols.trust.entity import check_entity_id
from protocols.trust.mark_validation import MarkOwner
from protocols.trust.marks import Delegation, check_mark_type, parse_delegation, sign_delegation
from protocols.trust.refusal import StatementRefused


@dataclass(frozen=True, slots=True)
class MarkDelegations:
    storage: UnitOfWork
    configuration: OwnConfiguration
    clock: Clock

    async def delegate(
        self, trust_mark_type: str, issuer: str, *, ends_at: datetime | None, ref: str | None, actor: str
    ) -> MarkDelegation:
        """A delegation by this node, to be handed to `issuer`. It counts where the anchor names us as the owner.

        Raises:
            StatementRefused: not a type, an entity id or a URL.
            BadInput: it would have ended already.
        """
        now = self.clock.now()
        if ends_at is not None and ends_at <= now:
            raise BadInput("the delegation would have ended already", expected="a later day")
        token = sign_delegation(
            trust_mark_type=check_mark_type(trust_mark_type),
            owner=self.configuration.entity_id,
            issuer=check_entity_id(issuer),
            signer=self.configuration.signer(),
            iat=now.replace(microsecond=0),
            exp=ends_at,
            ref=ref,
        )
        return await self._keep(parse_delegation(token), actor)

    async def accept(self, token: str, *, actor: str) -> MarkDelegation:
        """Keeps a delegation that an owner gave to this node; it goes into the marks of that type from now on.

        Raises:
            StatementRefused: not a delegation, or not by a key of whom the anchor names as the owner.
            BadInput: a delegation to another.
        """
        delegation = parse_delegation(token)
        if delegation.sub != self.configuration.entity_id:
            raise BadInput("a delegation to another", found=delegation.sub, expected=self.configuration.entity_id)
        rules = await self.storage.read(network_rules)
        owner = rules.owners.get(delegation.trust_mark_type)
        if owner is not None:
            _check_owner(delegation, owner)
        return await self._keep(delegation, actor)

    async def list(self) -> Sequence[MarkDelegation]:
        """Delegations that this node gave and got, the newest first."""
        return await self.storage.read(rows.delegations)

    async def _keep(self, delegation: Delegation, actor: str) -> MarkDelegation:
        id = digest(delegation.token.encode("ascii"))

        def body(session: Session) -> MarkDelegation:
            known = rows.delegation(session, id)
            if known is not None:
                return known
            row = MarkDelegation(
                id=id,
                trust_mark_type=delegation.trust_mark_type,
                owner=delegation.iss,
                issuer=delegation.sub,
                token=delegation.token,
                ends_at=delegation.exp,
                added_at=self.clock.now(),
                added_by=actor,
            )
            rows.add(session, row)
            return row

        return await self.storage.run("marks.delegation", body)


def delegation_for(
    session: Session, configuration: OwnConfiguration, trust_mark_type: str, owner: MarkOwner | None, now: datetime
) -> str | None:
    """The delegation that a mark of ours of this type carries now.

    None where nobody owns the type or the owner gave us none that holds. An owner delegates to itself, by the day.
    """
    if owner is None:
        return None
    own = configuration.entity_id
    if owner.entity_id == own:
        begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return sign_delegation(
            trust_mark_type=trust_mark_type, owner=own, issuer=own, signer=configuration.signer(), iat=begins
        )
    for row in rows.delegations(session, trust_mark_type=trust_mark_type):
        is_current = row.ends_at is None or row.ends_at > now
        if is_current and (row.owner, row.issuer) == (owner.entity_id, own) and _holds(row.token, owner):
            return row.token
    return None


def _check_owner(delegation: Delegation, owner: MarkOwner) -> None:
    if delegation.iss != owner.entity_id:
        raise StatementRefused(
            "a delegation by another than the owner",
            rule="delegation_owner",
            found=delegation.iss,
            expected=owner.entity_id,
        )
    delegation.verify_with(owner.jwks)


def _holds(token: str, owner: MarkOwner) -> bool:
    try:
        parse_delegation(token).verify_with(owner.jwks)
    except StatementRefused:
        return False  # the owner has other keys by now: it has to delegate anew
    return True
