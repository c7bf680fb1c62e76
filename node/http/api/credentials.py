"""Awards: offered, issued, revoked."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from node.errors import BadInput
from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.tokens import Role
from node.services.wiring import Services


class AwardBody(ApiModel):
    """One of `achievement` and `badge` is needed."""

    learner_id: Annotated[str, Field(min_length=1, max_length=64)]
    achievement: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The slug of a published achievement."
    )
    badge: dict[str, Any] | None = Field(
        default=None,
        description="A whole Open Badges 3.0 credential without id, issuer, holder, validity, status and proof.",
    )
    valid_until: AwareDatetime | None = None


class ReasonBody(ApiModel):
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class MessageBody(ApiModel):
    message: Annotated[
        str, Field(min_length=1, max_length=100, description="One of those that `GET /status/published` lists.")
    ]


class CredentialAnswer(ApiModel):
    """An award; `state`: waiting (for a wallet), offered, requested, issued, suspended, revoked."""

    id: str
    learner_id: str
    achievement: str
    state: str
    offered_at: datetime
    issued_at: datetime | None
    valid_until: datetime | None
    revoked_at: datetime | None
    reason: str | None
    credential: dict[str, Any] | None = Field(validation_alias="document")


class DateAnswer(ApiModel):
    """`proof` is an issuance proof, as docs/protocols/log-witness.md has it."""

    proof: dict[str, Any]


async def award_credential(services: Services, call: Call[AwardBody, Empty]) -> CredentialAnswer:
    body, issuance = call.body, services.issuance
    if body.badge is not None and body.achievement is None:
        made = await issuance.award_badge(body.learner_id, body.badge, body.valid_until)
    elif body.achievement is not None and body.badge is None:
        made = await issuance.award(body.learner_id, body.achievement, body.valid_until)
    else:
        raise BadInput("neither or both of achievement and badge", expected="one of them")
    return CredentialAnswer.model_validate(made)


async def revoke_credential(services: Services, call: Call[ReasonBody, Empty]) -> CredentialAnswer:
    return CredentialAnswer.model_validate(await services.issuance.revoke(call.path["id"], call.body.reason))


async def suspend_credential(services: Services, call: Call[ReasonBody, Empty]) -> CredentialAnswer:
    return CredentialAnswer.model_validate(await services.issuance.suspend(call.path["id"], call.body.reason))


async def reinstate_credential(services: Services, call: Call[ReasonBody, Empty]) -> CredentialAnswer:
    return CredentialAnswer.model_validate(await services.issuance.reinstate(call.path["id"], call.body.reason))


async def say_of_credential(services: Services, call: Call[MessageBody, Empty]) -> CredentialAnswer:
    return CredentialAnswer.model_validate(await services.issuance.say(call.path["id"], call.body.message))


async def show_credential(services: Services, call: Call[Empty, Empty]) -> CredentialAnswer:
    return CredentialAnswer.model_validate(await services.issuance.get(call.path["id"]))


async def show_date(services: Services, call: Call[Empty, Empty]) -> DateAnswer:
    return DateAnswer(proof=await services.issuance_log.date_of(call.path["id"]))


async def list_credentials(services: Services, call: Call[Empty, PageQuery]) -> Page[CredentialAnswer]:
    awards = await services.issuance.list(limit=call.query.limit + 1, after=call.query.after)
    return page(CredentialAnswer, awards, call.query.limit, "id")


ISSUERS = (Role.OPERATOR, Role.ISSUER)

OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/credentials",
        "Award an achievement or a whole badge to a person; their wallet is offered it.",
        ISSUERS,
        award_credential,
        status=201,
    ),
    read("/credentials", "Awards, in the order they were made.", ISSUERS, list_credentials),
    read("/credentials/{id}", "One award, with the signed badge once there is one.", ISSUERS, show_credential),
    read("/credentials/{id}/date", "The proof of when a badge was signed, by those who saw it.", ISSUERS, show_date),
    write(
        "/credentials/{id}/revoke",
        "Revoke an issued badge for good; the status list says so within seconds.",
        ISSUERS,
        revoke_credential,
    ),
    write(
        "/credentials/{id}/suspend",
        "Take an issued badge's force away until it is reinstated; the status list says so within seconds.",
        ISSUERS,
        suspend_credential,
    ),
    write("/credentials/{id}/reinstate", "End a suspension.", ISSUERS, reinstate_credential),
    write(
        "/credentials/{id}/message",
        "Set the message of an issued badge, which takes nothing from it; the status list says so within seconds.",
        ISSUERS,
        say_of_credential,
    ),
)
