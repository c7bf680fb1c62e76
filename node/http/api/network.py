"""The trust network: founding one, inviting and deciding as its anchor, joining one, and who is in it.

Members are named in bodies, by DID or by entity id: a DID in a path would have to be percent-encoded twice.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.directory import Member
from node.services.federation import OwnStanding
from node.services.member_record import MemberRecord
from node.services.membership import Decision
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.trust.membership import EventName, Membership
from protocols.trust.network import RolesWanted

Name = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str | None, Field(max_length=500, description="Published with the event.")]
Texts = Annotated[list[str], Field(max_length=64)]
READERS = (Role.OPERATOR, Role.AUDITOR)


class CreateBody(ApiModel):
    name: Name
    relay: bool = Field(default=True, description="Whether the anchor's own node offers to relay.")


class InviteBody(ApiModel):
    expires_in_s: int = Field(default=14 * 24 * 3600, ge=60, le=90 * 24 * 3600)


class InviteAnswer(ApiModel):
    """A one-time invitation, shown this once; hand it over by a way that people trust."""

    invitation: str
    link: str
    expires_at: datetime


class IssuerBody(ApiModel):
    types: Texts = Field(description="Credential types.")


class VerifierBody(ApiModel):
    purposes: Texts = Field(description="Purpose codes.")
    claims: Texts = Field(description="A credential type, or type#/json/pointer.")
    max_retention_days: int = Field(ge=0, le=36_500)


class RolesBody(ApiModel):
    issuer: IssuerBody | None = None
    verifier: VerifierBody | None = None
    relay: bool = False

    def wanted(self) -> RolesWanted:
        """Raises StatementRefused for what no registration can hold."""
        return RolesWanted.parse(self.model_dump(exclude_none=True))


class JoinBody(ApiModel):
    invitation: Annotated[str, Field(max_length=16 * 1024, description="As given out: a word or a link.")]
    roles: RolesBody = RolesBody()


class StandingAnswer(ApiModel):
    """This node's place in a network; `state` is none, applied, member, suspended, left, removed, closed or merged."""

    anchor: str
    name: str
    role: str
    state: str
    since: datetime | None
    reason: str | None
    registration: dict[str, Any]


class NetworksAnswer(ApiModel):
    items: list[StandingAnswer]


class MemberAnswer(ApiModel):
    """A member or applicant. `roles` are those approved, or asked for where nothing was approved yet."""

    did: str
    entity_id: str
    name: str
    state: str
    since: datetime
    roles: dict[str, Any]
    events: list[dict[str, Any]]


class MembersAnswer(ApiModel):
    items: list[MemberAnswer]


class ApproveBody(ApiModel):
    member: Annotated[str, Field(max_length=520, description="DID or entity id.")]
    reason: Reason = None
    name: Name | None = Field(default=None, description="What others will see; as applied for where not given.")
    roles: RolesBody | None = Field(default=None, description="What is approved; as applied for where not given.")


class DecideBody(ApiModel):
    member: Annotated[str, Field(max_length=520, description="DID or entity id.")]
    reason: Reason = None


async def create_network(services: Services, call: Call[CreateBody, Empty]) -> NetworksAnswer:
    await services.federation_sync.found(call.body.name, actor=call.principal.name, relay=call.body.relay)
    return await _standings(services)


async def invite_node(services: Services, call: Call[InviteBody, Empty]) -> InviteAnswer:
    made = await services.members.invite(timedelta(seconds=call.body.expires_in_s))
    return InviteAnswer(invitation=made.to_compact(), link=made.to_link(), expires_at=made.expires)


async def join_network(services: Services, call: Call[JoinBody, Empty]) -> StandingAnswer:
    joined = await services.federation.join(call.body.invitation, call.body.roles.wanted())
    return _standing(joined)


async def list_networks(services: Services, call: Call[Empty, Empty]) -> NetworksAnswer:
    return await _standings(services)


async def list_members(services: Services, call: Call[Empty, Empty]) -> MembersAnswer:
    return MembersAnswer(items=[_record(record) for record in await services.members.list()])


async def approve_member(services: Services, call: Call[ApproveBody, Empty]) -> MemberAnswer:
    body = call.body
    decision = Decision(
        event="approved",
        actor=call.principal.name,
        reason=body.reason,
        name=body.name,
        roles=body.roles.wanted() if body.roles else None,
    )
    return _record(await services.members.decide(body.member, decision))


async def suspend_member(services: Services, call: Call[DecideBody, Empty]) -> MemberAnswer:
    return await _decide(services, call, "suspended")


async def reinstate_member(services: Services, call: Call[DecideBody, Empty]) -> MemberAnswer:
    return await _decide(services, call, "reinstated")


async def remove_member(services: Services, call: Call[DecideBody, Empty]) -> MemberAnswer:
    return await _decide(services, call, "removed")


async def list_directory(services: Services, call: Call[Empty, Empty]) -> MembersAnswer:
    return MembersAnswer(items=[_listed(member) for member in await services.directory.all()])


async def _standings(services: Services) -> NetworksAnswer:
    return NetworksAnswer(items=[_standing(each) for each in await services.federation.standings()])


async def _decide(services: Services, call: Call[DecideBody, Empty], event: EventName) -> MemberAnswer:
    decision = Decision(event=event, actor=call.principal.name, reason=call.body.reason)
    return _record(await services.members.decide(call.body.member, decision))


def _standing(own: OwnStanding) -> StandingAnswer:
    return StandingAnswer(
        anchor=own.anchor,
        name=own.name,
        role=own.role,
        state=own.state,
        since=own.event.at if own.event else None,
        reason=own.event.reason if own.event else None,
        registration=own.registration,
    )


def _record(record: MemberRecord) -> MemberAnswer:
    return _member(record.did, record.entity_id, record.name, record.membership)


def _listed(member: Member) -> MemberAnswer:
    return _member(member.did, member.entity_id, member.name, member.membership)


def _member(did: str, entity_id: str, name: str, membership: Membership) -> MemberAnswer:
    roles = RolesWanted(issuer=membership.issuer, verifier=membership.verifier, relay=membership.relay)
    return MemberAnswer(
        did=did,
        entity_id=entity_id,
        name=name,
        state=membership.state,
        since=membership.events[-1].at,
        roles=roles.to_json(),
        events=[event.to_json() for event in membership.events],
    )


OPERATORS = (Role.OPERATOR,)

OPERATIONS: tuple[AnyOperation, ...] = (
    write("/network", "Found a network with this node as its anchor.", OPERATORS, create_network, status=201),
    read("/network", "This node's place in its network.", tuple(Role), list_networks),
    write("/network/invitations", "Invite one node to apply.", OPERATORS, invite_node, status=201),
    write("/network/join", "Apply to the network of an invitation.", OPERATORS, join_network, status=202),
    read("/network/members", "Everybody who applied here, at the anchor.", READERS, list_members),
    write("/network/members/approve", "Admit an applicant.", OPERATORS, approve_member),
    write("/network/members/suspend", "Suspend a member, for a reason.", OPERATORS, suspend_member),
    write("/network/members/reinstate", "End a suspension.", OPERATORS, reinstate_member),
    write("/network/members/remove", "Remove a member, or refuse an applicant.", OPERATORS, remove_member),
    read("/directory", "Everybody in the network, as synced.", tuple(Role), list_directory),
)
