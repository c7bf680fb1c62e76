"""The people the institution knows, and how their wallets are bound."""

from typing import Annotated

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.tokens import Role
from node.services.wiring import Services


class EnrolBody(ApiModel):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    reference: Annotated[str, Field(min_length=1, max_length=100, description="The institution's own id.")]


class LearnerAnswer(ApiModel):
    id: str
    name: str
    reference: str
    enrolled: bool = Field(description="Whether a wallet is bound to this person.")
    suspended: bool = Field(description="Whether this node relays nothing for them, for now.")


class EnrolmentAnswer(ApiModel):
    """Hand link and code to the person by different ways; the code is shown this once."""

    learner: LearnerAnswer
    link: str
    code: str


async def enrol_learner(services: Services, call: Call[EnrolBody, Empty]) -> EnrolmentAnswer:
    made = await services.learners.enrol(call.body.name, call.body.reference)
    return EnrolmentAnswer(learner=LearnerAnswer.model_validate(made.person), link=made.link, code=made.code)


async def list_learners(services: Services, call: Call[Empty, PageQuery]) -> Page[LearnerAnswer]:
    people = await services.learners.list(limit=call.query.limit + 1, after=call.query.after)
    return page(LearnerAnswer, people, call.query.limit, "id")


async def suspend_learner(services: Services, call: Call[Empty, Empty]) -> LearnerAnswer:
    return LearnerAnswer.model_validate(await services.learners.set_suspended(call.path["id"], True))


async def reinstate_learner(services: Services, call: Call[Empty, Empty]) -> LearnerAnswer:
    return LearnerAnswer.model_validate(await services.learners.set_suspended(call.path["id"], False))


ISSUERS = (Role.OPERATOR, Role.ISSUER)

OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/learners",
        "Make a person known and give them a one-time code for their wallet.",
        ISSUERS,
        enrol_learner,
        status=201,
    ),
    read("/learners", "The people this institution knows.", ISSUERS, list_learners),
    write("/learners/{id}/suspend", "Relay nothing more for a person, for now.", ISSUERS, suspend_learner),
    write("/learners/{id}/reinstate", "Relay for a suspended person again.", ISSUERS, reinstate_learner),
)
