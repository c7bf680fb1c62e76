"""The people the institution knows, and how their wallets are bound."""

from datetime import datetime
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


class SignInCodeAnswer(ApiModel):
    """Hand it to the person: with it they let one app in. Shown this once; the one before it is no longer good."""

    code: str
    expires_at: datetime


class AppAnswer(ApiModel):
    """What a learner granted to an app."""

    id: str
    name: str = Field(description="As the app calls itself.")
    host: str = Field(description="Where its answers go.")
    scopes: list[str]
    granted_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_because: str | None


class AppsAnswer(ApiModel):
    items: list[AppAnswer]


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


async def rebind_learner(services: Services, call: Call[Empty, Empty]) -> EnrolmentAnswer:
    made = await services.rebinding.rebind(call.path["id"])
    return EnrolmentAnswer(learner=LearnerAnswer.model_validate(made.person), link=made.link, code=made.code)


async def make_sign_in_code(services: Services, call: Call[Empty, Empty]) -> SignInCodeAnswer:
    code, expires_at = await services.apps.sign_in_code(call.path["id"])
    return SignInCodeAnswer(code=code, expires_at=expires_at)


async def list_learner_apps(services: Services, call: Call[Empty, Empty]) -> AppsAnswer:
    return AppsAnswer(items=[AppAnswer.model_validate(app) for app in await services.apps.of_learner(call.path["id"])])


async def end_learner_app(services: Services, call: Call[Empty, Empty]) -> AppsAnswer:
    await services.apps.end(call.path["id"], call.path["app"])
    return await list_learner_apps(services, call)


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
    write(
        "/learners/{id}/rebind",
        "Unbind the lost wallet of a person and give them a one-time code for the next; badges are issued anew to it.",
        ISSUERS,
        rebind_learner,
        status=201,
    ),
    write(
        "/learners/{id}/sign-in-code",
        "Make a one-time code with which a person lets one app in.",
        ISSUERS,
        make_sign_in_code,
        status=201,
    ),
    read("/learners/{id}/apps", "The apps that a person let in, the newest first.", ISSUERS, list_learner_apps),
    write("/learners/{id}/apps/{app}/end", "End what an app may do for a person.", ISSUERS, end_learner_app),
)
