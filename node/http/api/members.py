"""What the anchor of a network decides and keeps: whom it invites, about whom it decided what, and its terms.

Members are named in bodies, by DID or by entity id: a DID in a path would have to be percent-encoded twice.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from node.errors import BadInput
from node.http.api.network import MemberAnswer, MembersAnswer, Name, Reason, RolesBody, member_answer
from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.member_record import MemberRecord
from node.services.membership import Decision
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.trust.entity import entity_id_of
from protocols.trust.membership import EventName

OPERATORS = (Role.OPERATOR,)
READERS = (Role.OPERATOR, Role.AUDITOR)


class InviteBody(ApiModel):
    expires_in_s: int = Field(default=14 * 24 * 3600, ge=60, le=90 * 24 * 3600)
    approve: Annotated[
        str | None, Field(max_length=520, description="DID or entity id of who alone may use it, approved with it.")
    ] = None


class InviteAnswer(ApiModel):
    """A one-time invitation, shown this once; hand it over by a way that people trust."""

    invitation: str
    link: str
    expires_at: datetime


class TermsBody(ApiModel):
    version: Annotated[str, Field(min_length=1, max_length=40)]
    text: Annotated[str, Field(min_length=1, max_length=128 * 1024, description="What applicants agree to.")]


class TermsAnswer(ApiModel):
    """Terms as they are known from now on: `sha256` is of the text, base64url without padding."""

    version: str
    sha256: str


class MembershipLogAnswer(ApiModel):
    """The whole membership log, each entry over the hash of the one before; `head` is a JWS over size and last hash."""

    type: str
    version: int
    anchor: str
    name: str
    jwks: dict[str, Any]
    head: str
    entries: list[dict[str, Any]]


class ApproveBody(ApiModel):
    member: Annotated[str, Field(max_length=520, description="DID or entity id.")]
    reason: Reason = None
    name: Name | None = Field(default=None, description="What others will see; as applied for where not given.")
    roles: RolesBody | None = Field(default=None, description="What is approved; as applied for where not given.")


class DecideBody(ApiModel):
    member: Annotated[str, Field(max_length=520, description="DID or entity id.")]
    reason: Reason = None


class SuspendBody(DecideBody):
    until: datetime | None = Field(default=None, description="When it ends by itself; until it is ended otherwise.")


class EndBody(DecideBody):
    successor: Annotated[
        str | None, Field(max_length=520, description="DID or entity id of whom to turn to from now on.")
    ] = None


async def invite_node(services: Services, call: Call[InviteBody, Empty]) -> InviteAnswer:
    body = call.body
    made = await services.members.invite(
        timedelta(seconds=body.expires_in_s), approve=body.approve, actor=call.principal.name
    )
    return InviteAnswer(invitation=made.to_compact(), link=made.to_link(), expires_at=made.expires)


async def set_terms(services: Services, call: Call[TermsBody, Empty]) -> TermsAnswer:
    terms = await services.members.set_terms(call.body.version, call.body.text)
    return TermsAnswer(version=terms.version, sha256=terms.sha256)


async def show_log(services: Services, call: Call[Empty, Empty]) -> MembershipLogAnswer:
    return MembershipLogAnswer.model_validate(await services.membership_log.export())


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


async def suspend_member(services: Services, call: Call[SuspendBody, Empty]) -> MemberAnswer:
    body = call.body
    if body.until is not None and (body.until.tzinfo is None or body.until <= services.members.clock.now()):
        raise BadInput("an end that is no later instant", found=body.until.isoformat(), expected="2027-01-31T09:00:00Z")
    decision = Decision(event="suspended", actor=call.principal.name, reason=body.reason, until=body.until)
    return _record(await services.members.decide(body.member, decision))


async def reinstate_member(services: Services, call: Call[DecideBody, Empty]) -> MemberAnswer:
    return await _decide(services, call, "reinstated")


async def remove_member(services: Services, call: Call[DecideBody, Empty]) -> MemberAnswer:
    return await _decide(services, call, "removed")


async def close_member(services: Services, call: Call[EndBody, Empty]) -> MemberAnswer:
    return await _end(services, call, "closed")


async def merge_member(services: Services, call: Call[EndBody, Empty]) -> MemberAnswer:
    if call.body.successor is None:
        raise BadInput("a merger without the member it leads to", expected="successor")
    return await _end(services, call, "merged")


async def _decide(services: Services, call: Call[DecideBody, Empty], event: EventName) -> MemberAnswer:
    decision = Decision(event=event, actor=call.principal.name, reason=call.body.reason)
    return _record(await services.members.decide(call.body.member, decision))


async def _end(services: Services, call: Call[EndBody, Empty], event: EventName) -> MemberAnswer:
    body = call.body
    successor = entity_id_of(body.successor) if body.successor and body.successor.startswith("did:") else body.successor
    decision = Decision(event=event, actor=call.principal.name, reason=body.reason, successor=successor)
    return _record(await services.members.decide(body.member, decision))


def _record(record: MemberRecord) -> MemberAnswer:
    answer = member_answer(record.did, record.entity_id, record.name, record.membership)
    update: dict[str, Any] = {"agreement": record.agreement.to_json() if record.agreement else None}
    if record.state == "applied":  # who decides sees what is asked for, not what was approved before
        update |= {"name": record.asked_name, "roles": record.asked_roles.to_json()}
    return answer.model_copy(update=update)


OPERATIONS: tuple[AnyOperation, ...] = (
    write("/network/invitations", "Invite one node to apply.", OPERATORS, invite_node, status=201),
    read("/network/members", "Everybody who applied here, at the anchor.", READERS, list_members),
    write("/network/members/approve", "Admit an applicant.", OPERATORS, approve_member),
    write("/network/members/suspend", "Suspend a member, for a reason.", OPERATORS, suspend_member),
    write("/network/members/reinstate", "End a suspension.", OPERATORS, reinstate_member),
    write("/network/members/remove", "Remove a member, or refuse an applicant.", OPERATORS, remove_member),
    write("/network/members/close", "A member has closed; who answers for it from now on.", OPERATORS, close_member),
    write("/network/members/merge", "A member has merged into another.", OPERATORS, merge_member),
    write("/network/terms", "Set what applicants agree to, at the anchor.", OPERATORS, set_terms),
    read("/network/log", "The membership log, its head signed: who decided what, and when.", READERS, show_log),
)
