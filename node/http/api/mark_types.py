"""Types of trust marks: who may issue one and who owns it, at the anchor; and delegations by owners.

Entities are named in bodies, by DID or by entity id: neither fits into a path as it is.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from node.http.api.marks import OPERATORS, READERS, Entity, Type, Url, entity_of
from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.wiring import Services


class TypeBody(ApiModel):
    trust_mark_type: Type
    issuers: Annotated[list[Entity], Field(max_length=64, description="None: anybody in the network.")]
    owner: Entity | None = Field(default=None, description="Who has to delegate it.")
    owner_jwks: dict[str, Any] | None = Field(default=None, description="For an owner outside the network.")


class NamedTypeBody(ApiModel):
    trust_mark_type: Type


class DelegateBody(ApiModel):
    trust_mark_type: Type
    issuer: Entity
    ends_at: AwareDatetime | None = None
    ref: Url = None


class AcceptBody(ApiModel):
    delegation: Annotated[str, Field(min_length=1, max_length=4096, description="As its owner handed it over.")]


class TypeAnswer(ApiModel):
    trust_mark_type: str
    issuers: list[str]
    owner: str | None
    owner_jwks: dict[str, Any] | None
    changed_at: datetime
    changed_by: str


class TypesAnswer(ApiModel):
    items: list[TypeAnswer]


class DelegationAnswer(ApiModel):
    """A delegation given or got; `delegation` is the token to hand to `issuer`."""

    trust_mark_type: str
    owner: str
    issuer: str
    ends_at: datetime | None
    added_at: datetime
    added_by: str
    delegation: str = Field(validation_alias="token")


class DelegationsAnswer(ApiModel):
    items: list[DelegationAnswer]


async def set_mark_type(services: Services, call: Call[TypeBody, Empty]) -> TypeAnswer:
    body = call.body
    made = await services.mark_types.set(
        body.trust_mark_type,
        [entity_of(issuer) for issuer in body.issuers],
        owner=None if body.owner is None else entity_of(body.owner),
        owner_jwks=body.owner_jwks,
        actor=call.principal.name,
    )
    return TypeAnswer.model_validate(made)


async def remove_mark_type(services: Services, call: Call[NamedTypeBody, Empty]) -> TypesAnswer:
    await services.mark_types.remove(call.body.trust_mark_type)
    return await _types(services)


async def list_mark_types(services: Services, call: Call[Empty, Empty]) -> TypesAnswer:
    return await _types(services)


async def delegate_marks(services: Services, call: Call[DelegateBody, Empty]) -> DelegationAnswer:
    body = call.body
    made = await services.mark_delegations.delegate(
        body.trust_mark_type,
        entity_of(body.issuer),
        ends_at=body.ends_at,
        ref=body.ref,
        actor=call.principal.name,
    )
    return DelegationAnswer.model_validate(made)


async def accept_delegation(services: Services, call: Call[AcceptBody, Empty]) -> DelegationAnswer:
    kept = await services.mark_delegations.accept(call.body.delegation, actor=call.principal.name)
    return DelegationAnswer.model_validate(kept)


async def list_delegations(services: Services, call: Call[Empty, Empty]) -> DelegationsAnswer:
    found = await services.mark_delegations.list()
    return DelegationsAnswer(items=[DelegationAnswer.model_validate(row) for row in found])


async def _types(services: Services) -> TypesAnswer:
    return TypesAnswer(items=[TypeAnswer.model_validate(row) for row in await services.mark_types.list()])


OPERATIONS: tuple[AnyOperation, ...] = (
    write("/marks/types", "Recognise a type of marks, at the anchor.", OPERATORS, set_mark_type),
    write("/marks/types/remove", "Recognise a type of marks no longer.", OPERATORS, remove_mark_type),
    read("/marks/types", "The types that were set here, at the anchor.", READERS, list_mark_types),
    write("/marks/delegations", "Let another issue a type of ours.", OPERATORS, delegate_marks, status=201),
    write("/marks/delegations/accept", "Keep what the owner of a type gave us.", OPERATORS, accept_delegation),
    read("/marks/delegations", "Delegations given and got.", READERS, list_delegations),
)
