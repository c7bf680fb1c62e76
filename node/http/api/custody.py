"""The end of an institution: naming a custodian and handing over before; keeping, confirming, revoking after."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty
from node.services.tokens import Role
from node.services.wiring import Services
from node.storage.repos.custody import Succession
from protocols.trust.entity import check_entity_id, entity_id_of

Member = Annotated[str, Field(max_length=2048, description="DID or entity id.")]
OPERATORS = (Role.OPERATOR,)


class NameBody(ApiModel):
    custodian: Member


class EnvelopeBody(ApiModel):
    envelope: Annotated[str, Field(max_length=1024 * 1024, description="One line of what was handed over.")]


class InstitutionBody(ApiModel):
    institution: Member


class RevokeBody(ApiModel):
    institution: Member
    credential: Annotated[str, Field(max_length=64, description="The id of the award at the institution.")]


class SuccessionAnswer(ApiModel):
    """`is_dated` once others have seen the naming: only then does it count."""

    custodian: str
    named_at: datetime
    is_dated: bool


class EnvelopesAnswer(ApiModel):
    items: list[str] = Field(description="Each encrypted for the custodian; in this order.")


class TakenAnswer(ApiModel):
    institution: str
    credentials: int


class ConfirmedAnswer(ApiModel):
    custodian: str


class CustodyAnswer(ApiModel):
    institution: str
    custodian: str
    credentials: int
    confirmations: int


class CustodiesAnswer(ApiModel):
    items: list[CustodyAnswer]


async def name_custodian(services: Services, call: Call[NameBody, Empty]) -> SuccessionAnswer:
    return _named(await services.escrow.name(_entity(call.body.custodian)))


async def show_succession(services: Services, call: Call[Empty, Empty]) -> SuccessionAnswer:
    return _named(await services.escrow.named())


async def list_succession_envelopes(services: Services, call: Call[Empty, Empty]) -> EnvelopesAnswer:
    return EnvelopesAnswer(items=[envelope.decode() async for envelope in services.escrow.envelopes()])


async def take_envelope(services: Services, call: Call[EnvelopeBody, Empty]) -> TakenAnswer:
    institution, count = await services.custody.take(call.body.envelope.encode())
    return TakenAnswer(institution=institution, credentials=count)


async def confirm_end(services: Services, call: Call[InstitutionBody, Empty]) -> ConfirmedAnswer:
    return ConfirmedAnswer(custodian=await services.successors.confirm(_entity(call.body.institution)))


async def revoke_entrusted(services: Services, call: Call[RevokeBody, Empty]) -> Empty:
    await services.custody.revoke(_entity(call.body.institution), call.body.credential)
    return Empty()


async def list_custodies(services: Services, call: Call[Empty, Empty]) -> CustodiesAnswer:
    return CustodiesAnswer(
        items=[
            CustodyAnswer(
                institution=row.institution,
                custodian=row.custodian,
                credentials=count,
                confirmations=len(row.confirmations),
            )
            for row, count in await services.custody.all()
        ]
    )


def _named(row: Succession) -> SuccessionAnswer:
    return SuccessionAnswer(custodian=row.custodian, named_at=row.named_at, is_dated=row.date is not None)


def _entity(member: str) -> str:
    return entity_id_of(member) if member.startswith("did:") else check_entity_id(member)


OPERATIONS: tuple[AnyOperation, ...] = (
    write("/succession", "Name who publishes your status lists when you have closed.", OPERATORS, name_custodian),
    read("/succession", "Whom this node named, and whether that is dated.", tuple(Role), show_succession),
    read("/succession/envelopes", "What the custodian will need, for it alone.", OPERATORS, list_succession_envelopes),
    read("/custody", "Who looks after whose records, as far as known here.", tuple(Role), list_custodies),
    write("/custody/envelopes", "Take in what an institution handed over.", OPERATORS, take_envelope),
    write("/custody/confirm", "Confirm that an institution has closed.", OPERATORS, confirm_end),
    write("/custody/revoke", "Revoke a credential of an institution in your custody.", OPERATORS, revoke_entrusted),
)
