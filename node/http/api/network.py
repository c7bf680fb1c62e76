"""The trust network: founding one, inviting and deciding as its anchor, joining one, and this node's place in it.

Members are named in bodies, by DID or by entity id: a DID in a path would have to be percent-encoded twice.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.federation import OwnStanding
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.trust.membership import Membership
from protocols.trust.network import RolesWanted

Name = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str | None, Field(max_length=500, description="Published with the event.")]
Texts = Annotated[list[str], Field(max_length=64)]
OPERATORS = (Role.OPERATOR,)


class CreateBody(ApiModel):
    name: Name
    relay: bool = Field(default=True, description="Whether the anchor's own node offers to relay.")


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
    agree: Annotated[str | None, Field(max_length=40, description="Version of the network's terms you agree to.")] = (
        None
    )


class LeaveBody(ApiModel):
    reason: Reason = None


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
    agreement: dict[str, Any] | None = Field(default=None, description="The terms that it agreed to; at the anchor.")


class MembersAnswer(ApiModel):
    items: list[MemberAnswer]


async def create_network(services: Services, call: Call[CreateBody, Empty]) -> NetworksAnswer:
    await services.federation_sync.found(call.body.name, actor=call.principal.name, relay=call.body.relay)
    return await _standings(services)


async def join_network(services: Services, call: Call[JoinBody, Empty]) -> StandingAnswer:
    joined = await services.federation.join(call.body.invitation, call.body.roles.wanted(), call.body.agree)
    return _standing(joined)


async def leave_network(services: Services, call: Call[LeaveBody, Empty]) -> StandingAnswer:
    return _standing(await services.federation.leave(call.body.reason))


async def list_networks(services: Services, call: Call[Empty, Empty]) -> NetworksAnswer:
    return await _standings(services)


async def _standings(services: Services) -> NetworksAnswer:
    return NetworksAnswer(items=[_standing(each) for each in await services.federation.standings()])


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


def member_answer(did: str, entity_id: str, name: str, membership: Membership) -> MemberAnswer:
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


OPERATIONS: tuple[AnyOperation, ...] = (
    write("/network", "Found a network with this node as its anchor.", OPERATORS, create_network, status=201),
    read("/network", "This node's place in its network.", tuple(Role), list_networks),
    write("/network/join", "Apply to the network of an invitation.", OPERATORS, join_network, status=202),
    write("/network/leave", "Leave the network; its anchor is told.", OPERATORS, leave_network),
)
