"""The people the institution knows, and how their wallets are bound."""

from typing import Annotated

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, Operation
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.learners import Person
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


class EnrolmentAnswer(ApiModel):
    """Hand link and code to the person by different ways; the code is shown this once."""

    learner: LearnerAnswer
    link: str
    code: str


async def enrol(services: Services, call: Call[EnrolBody, Empty]) -> EnrolmentAnswer:
    made = await services.learners.enrol(call.body.name, call.body.reference)
    return EnrolmentAnswer(learner=_answer(made.person), link=made.link, code=made.code)


async def show(services: Services, call: Call[Empty, PageQuery]) -> Page[LearnerAnswer]:
    people = await services.learners.list(limit=call.query.limit + 1, after=call.query.after)
    return page([_answer(person) for person in people], call.query.limit, "id")


def _answer(person: Person) -> LearnerAnswer:
    return LearnerAnswer(id=person.id, name=person.name, reference=person.reference, enrolled=person.enrolled)


OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        method="POST",
        path="/learners",
        summary="Make a person known and give them a one-time code for their wallet.",
        roles=(Role.OPERATOR, Role.ISSUER),
        body=EnrolBody,
        query=Empty,
        response=EnrolmentAnswer,
        handler=enrol,
        status=201,
    ),
    Operation(
        method="GET",
        path="/learners",
        summary="The people this institution knows.",
        roles=(Role.OPERATOR, Role.ISSUER),
        body=Empty,
        query=PageQuery,
        response=Page[LearnerAnswer],
        handler=show,
    ),
)
