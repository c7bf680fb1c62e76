"""What this employer asks for, who answered, and the reports."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, Uri, page
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.requests.request import Purpose


class SkillBody(ApiModel):
    uri: Uri
    name: Annotated[str, Field(min_length=1, max_length=300)]


class ItemBody(ApiModel):
    """One thing asked: a skill, or any credential of a type."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,64}$")]
    skill: SkillBody | None = None
    type: str = Field(default="OpenBadgeCredential", max_length=100, description="A credential type.")
    required: bool = True


class PurposeBody(ApiModel):
    code: Annotated[str, Field(min_length=1, max_length=100, description="One this node is registered for.")]
    text: Annotated[str, Field(min_length=1, max_length=500, description="As the learner will read it.")]


class RequestBody(ApiModel):
    items: list[ItemBody] = Field(min_length=1, max_length=20)
    purpose: PurposeBody
    retention_days: int = Field(ge=0, le=3660)
    expires_in_s: int = Field(default=14 * 24 * 3600, ge=60, le=90 * 24 * 3600)


class RequestAnswer(ApiModel):
    """A request and its link; `learners` counts how far those who opened it have come."""

    id: str
    link: str
    query: dict[str, Any]
    purpose: dict[str, Any]
    retention_days: int
    created_at: datetime
    expires_at: datetime
    learners: dict[str, int]


class ReportAnswer(ApiModel):
    """A report; `report` is null once its day of deletion has come: the verdict stays."""

    id: str
    request_id: str
    presentation_id: str
    verdict: str
    created_at: datetime
    delete_at: datetime
    report: dict[str, Any] | None = Field(validation_alias="document")


class ReportsAnswer(ApiModel):
    items: list[ReportAnswer]


class ReceiptsAnswer(ApiModel):
    """Receipts as both sides keep them; `state`: sent (the learner's half is out), complete."""

    items: list[dict[str, Any]]


async def create_request(services: Services, call: Call[RequestBody, Empty]) -> RequestAnswer:
    body = call.body
    asked = await services.requests.create(
        {"items": [item.model_dump(mode="json", exclude_none=True) for item in body.items]},
        Purpose(code=body.purpose.code, text=body.purpose.text),
        body.retention_days,
        timedelta(seconds=body.expires_in_s),
    )
    return RequestAnswer.model_validate(asked)


async def list_requests(services: Services, call: Call[Empty, PageQuery]) -> Page[RequestAnswer]:
    asked = await services.requests.list(limit=call.query.limit + 1, after=call.query.after)
    return page(RequestAnswer, asked, call.query.limit, "id")


async def show_request(services: Services, call: Call[Empty, Empty]) -> RequestAnswer:
    return RequestAnswer.model_validate(await services.requests.get(call.path["id"]))


async def list_reports(services: Services, call: Call[Empty, Empty]) -> ReportsAnswer:
    await services.requests.get(call.path["id"])
    found = await services.presentations.reports(call.path["id"])
    return ReportsAnswer(items=[ReportAnswer.model_validate(report) for report in found])


async def list_receipts(services: Services, call: Call[Empty, Empty]) -> ReceiptsAnswer:
    await services.requests.get(call.path["id"])
    return ReceiptsAnswer(items=list(await services.presentations.receipts(call.path["id"])))


async def show_report(services: Services, call: Call[Empty, Empty]) -> ReportAnswer:
    return ReportAnswer.model_validate(await services.presentations.report(call.path["id"]))


async def verify_presentation(services: Services, call: Call[Empty, Empty]) -> Empty:
    await services.presentations.again(call.path["id"])
    return Empty()


VERIFIERS = (Role.OPERATOR, Role.VERIFIER)
READERS = (*VERIFIERS, Role.AUDITOR)

OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/requests",
        "Ask for skills or credentials; the answer has one link for any number of learners.",
        VERIFIERS,
        create_request,
        status=201,
    ),
    read("/requests", "Requests, in the order they were made.", READERS, list_requests),
    read("/requests/{id}", "One request, and how far the learners who opened it have come.", READERS, show_request),
    read(
        "/requests/{id}/reports",
        "Every verification report on what came for a request, oldest first.",
        READERS,
        list_reports,
    ),
    read(
        "/requests/{id}/receipts",
        "The receipts given for a request, with both signatures once the learner has signed.",
        READERS,
        list_receipts,
    ),
    read("/reports/{id}", "One verification report.", READERS, show_report),
    write(
        "/presentations/{id}/verify",
        "Have a presentation verified again, as things stand now; a new report is added.",
        VERIFIERS,
        verify_presentation,
        status=202,
    ),
)
