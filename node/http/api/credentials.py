"""Awards: offered, issued, revoked."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from node.http.api.operation import AnyOperation, Call, Operation
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.issuance import Award
from node.services.tokens import Role
from node.services.wiring import Services


class AwardBody(ApiModel):
    learner_id: Annotated[str, Field(min_length=1, max_length=64)]
    achievement: Annotated[str, Field(min_length=1, max_length=100, description="The slug of an achievement.")]
    valid_until: AwareDatetime | None = None


class RevokeBody(ApiModel):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class CredentialAnswer(ApiModel):
    """An award; `state`: waiting (for a wallet), offered, requested, issued, revoked."""

    id: str
    learner_id: str
    achievement: str
    state: str
    offered_at: datetime
    issued_at: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    reason: str | None
    credential: dict[str, Any] | None


async def award(services: Services, call: Call[AwardBody, Empty]) -> CredentialAnswer:
    made = await services.issuance.award(call.body.learner_id, call.body.achievement, call.body.valid_until)
    return _answer(made)


async def revoke(services: Services, call: Call[RevokeBody, Empty]) -> CredentialAnswer:
    return _answer(await services.issuance.revoke(call.path["id"], call.body.reason))


async def find(services: Services, call: Call[Empty, Empty]) -> CredentialAnswer:
    return _answer(await services.issuance.get(call.path["id"]))


async def show(services: Services, call: Call[Empty, PageQuery]) -> Page[CredentialAnswer]:
    awards = await services.issuance.list(limit=call.query.limit + 1, after=call.query.after)
    return page([_answer(award) for award in awards], call.query.limit, "id")


def _answer(award: Award) -> CredentialAnswer:
    return CredentialAnswer(
        id=award.id,
        learner_id=award.learner_id,
        achievement=award.achievement,
        state=award.state,
        offered_at=award.offered_at,
        issued_at=award.issued_at,
        valid_until=award.valid_until,
        revoked_at=award.revoked_at,
        reason=award.reason,
        credential=award.document,
    )


ISSUERS = (Role.OPERATOR, Role.ISSUER)

OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        method="POST",
        path="/credentials",
        summary="Award an achievement to a person; their wallet is offered the badge.",
        roles=ISSUERS,
        body=AwardBody,
        query=Empty,
        response=CredentialAnswer,
        handler=award,
        status=201,
    ),
    Operation(
        method="GET",
        path="/credentials",
        summary="Awards, in the order they were made.",
        roles=ISSUERS,
        body=Empty,
        query=PageQuery,
        response=Page[CredentialAnswer],
        handler=show,
    ),
    Operation(
        method="GET",
        path="/credentials/{id}",
        summary="One award, with the signed badge once there is one.",
        roles=ISSUERS,
        body=Empty,
        query=Empty,
        response=CredentialAnswer,
        handler=find,
    ),
    Operation(
        method="POST",
        path="/credentials/{id}/revoke",
        summary="Revoke an issued badge for good; the status list says so within seconds.",
        roles=ISSUERS,
        body=RevokeBody,
        query=Empty,
        response=CredentialAnswer,
        handler=revoke,
    ),
)
