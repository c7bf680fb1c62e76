"""Trust marks: granting and revoking them, those held, and those of members.

Entities are named in bodies, by DID or by entity id: neither fits into a path as it is.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.tokens import Role
from node.services.trust_marks import MarkGrant
from node.services.wiring import Services
from node.storage.repos.trust_marks import GrantedMark
from protocols.trust.entity import entity_id_of
from protocols.trust.mark_scope import MarkScope

OPERATORS = (Role.OPERATOR,)
READERS = (Role.OPERATOR, Role.AUDITOR)
Type = Annotated[str, Field(min_length=1, max_length=512, description="A URI, best an https URL of who owns it.")]
Entity = Annotated[str, Field(min_length=1, max_length=520, description="DID or entity id.")]
MAX_ENTRIES = 64
Url = Annotated[str | None, Field(max_length=2048)]


class ScopeBody(ApiModel):
    """What a mark accredits for; an empty list limits nothing."""

    credential_types: list[str] = Field(default_factory=list[str], max_length=MAX_ENTRIES)
    jurisdictions: list[str] = Field(default_factory=list[str], max_length=MAX_ENTRIES)
    programmes: list[str] = Field(default_factory=list[str], max_length=MAX_ENTRIES)
    frameworks: list[str] = Field(default_factory=list[str], max_length=MAX_ENTRIES)
    accredited_from: AwareDatetime | None = Field(default=None, description="Now, where not given.")
    accredited_until: AwareDatetime | None = None
    status: Literal["accredited", "probation", "candidate", "withdrawn"] = "accredited"

    def scope(self) -> MarkScope:
        """Raises StatementRefused for what no mark can hold."""
        return _checked(MarkScope(**{name: _frozen(value) for name, value in self}))


class GrantBody(ApiModel):
    trust_mark_type: Type
    subject: Entity
    scope: ScopeBody | None = Field(default=None, description="For an accreditation; a mark only, where not given.")
    ref: Url = Field(default=None, description="Where people read about it.")
    logo_uri: Url = None
    ends_at: AwareDatetime | None = None


class RevokeBody(ApiModel):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class HeldBody(ApiModel):
    issuer: Entity
    trust_mark_type: Type


class MarkAnswer(ApiModel):
    """A mark granted here. `scope` are its claims about what it accredits for."""

    id: str
    trust_mark_type: str
    subject: str
    scope: dict[str, Any]
    ref: str | None
    logo_uri: str | None
    granted_at: datetime
    granted_by: str
    ends_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoked_reason: str | None


class MarksAnswer(ApiModel):
    items: list[MarkAnswer]


class HeldAnswer(ApiModel):
    """A mark about this node that is looked for; `trust_mark` null: its issuer has none for us."""

    issuer: str
    trust_mark_type: str
    is_wanted: bool
    trust_mark: str | None = Field(validation_alias="token")
    fetched_at: datetime | None
    next_at: datetime
    problem: str | None


class HeldListAnswer(ApiModel):
    items: list[HeldAnswer]


class MemberMarkAnswer(ApiModel):
    """A mark that a member publishes, or did. `ended_because`: withdrawn, revoked, unknown, or a rule it broke."""

    did: str
    trust_mark_type: str
    issuer: str
    since: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    ended_because: str | None
    trust_mark: str = Field(validation_alias="token")


class MemberMarksAnswer(ApiModel):
    items: list[MemberMarkAnswer]


class EndorsementAnswer(ApiModel):
    credential: dict[str, Any]


async def grant_mark(services: Services, call: Call[GrantBody, Empty]) -> MarkAnswer:
    body = call.body
    given = MarkGrant(
        trust_mark_type=body.trust_mark_type,
        subject=entity_of(body.subject),
        actor=call.principal.name,
        scope=body.scope.scope() if body.scope else None,
        ref=body.ref,
        logo_uri=body.logo_uri,
        ends_at=body.ends_at,
    )
    return MarkAnswer.model_validate(await services.trust_marks.grant(given))


async def revoke_mark(services: Services, call: Call[RevokeBody, Empty]) -> MarkAnswer:
    revoked = await services.trust_marks.revoke(call.path["mark"], call.body.reason, actor=call.principal.name)
    return MarkAnswer.model_validate(revoked)


async def list_marks(services: Services, call: Call[Empty, Empty]) -> MarksAnswer:
    granted: Iterable[GrantedMark] = await services.trust_marks.list()
    return MarksAnswer(items=[MarkAnswer.model_validate(row) for row in granted])


async def endorse_mark(services: Services, call: Call[Empty, Empty]) -> EndorsementAnswer:
    return EndorsementAnswer(credential=await services.mark_endorsements.endorse(call.path["mark"]))


async def hold_mark(services: Services, call: Call[HeldBody, Empty]) -> HeldAnswer:
    held = await services.held_marks.want(entity_of(call.body.issuer), call.body.trust_mark_type)
    return HeldAnswer.model_validate(held)


async def drop_mark(services: Services, call: Call[HeldBody, Empty]) -> HeldListAnswer:
    await services.held_marks.drop(entity_of(call.body.issuer), call.body.trust_mark_type)
    return await _held(services)


async def list_held_marks(services: Services, call: Call[Empty, Empty]) -> HeldListAnswer:
    return await _held(services)


async def list_member_marks(services: Services, call: Call[Empty, Empty]) -> MemberMarksAnswer:
    found = await services.peer_marks.list()
    return MemberMarksAnswer(items=[MemberMarkAnswer.model_validate(row) for row in found])


async def _held(services: Services) -> HeldListAnswer:
    return HeldListAnswer(items=[HeldAnswer.model_validate(row) for row in await services.held_marks.list()])


def entity_of(named: str) -> str:
    """The entity id of whoever is named by it, or by its DID."""
    return entity_id_of(named) if named.startswith("did:") else named


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _checked(scope: MarkScope) -> MarkScope:
    """The same, read as everybody will read it."""
    return MarkScope.parse(scope.to_claims()) or scope


OPERATIONS: tuple[AnyOperation, ...] = (
    write("/marks", "Grant a trust mark.", OPERATORS, grant_mark, status=201),
    read("/marks", "Every mark that was ever granted here.", READERS, list_marks),
    write("/marks/{mark}/revoke", "Revoke a mark for good; it stays, with the day and why.", OPERATORS, revoke_mark),
    write("/marks/{mark}/endorse", "A mark as a signed Open Badges 3.0 endorsement.", OPERATORS, endorse_mark),
    write("/marks/held", "Look for a mark about this node.", OPERATORS, hold_mark),
    write("/marks/held/drop", "Publish a mark no longer.", OPERATORS, drop_mark),
    read("/marks/held", "Marks about this node.", READERS, list_held_marks),
    read("/marks/members", "The marks of members, ended ones too.", READERS, list_member_marks),
)
