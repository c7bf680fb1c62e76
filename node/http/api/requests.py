"""What this employer asks for, who answered, and the reports."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AnyUrl, Field

from node.errors import Conflict
from node.http.api.operation import AnyOperation, Call, Operation
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.presentations import Reported
from node.services.requests import Asked
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.requests.request import Purpose


class SkillBody(ApiModel):
    uri: AnyUrl
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
    report: dict[str, Any] | None


class ReportsAnswer(ApiModel):
    items: list[ReportAnswer]


class ReceiptsAnswer(ApiModel):
    """Receipts as both sides keep them; `state`: sent (the learner's half is out), complete."""

    items: list[dict[str, Any]]


async def create(services: Services, call: Call[RequestBody, Empty]) -> RequestAnswer:
    body = call.body
    chain = await services.federation.own_chain()
    if chain is None:
        raise Conflict("this node is in no trust network", expected="ler-node network join, and an approval")
    asked = await services.requests.create(
        _query(body.items),
        Purpose(code=body.purpose.code, text=body.purpose.text),
        body.retention_days,
        timedelta(seconds=body.expires_in_s),
        chain,
    )
    return _answer(asked)


async def show(services: Services, call: Call[Empty, PageQuery]) -> Page[RequestAnswer]:
    asked = await services.requests.list(limit=call.query.limit + 1, after=call.query.after)
    return page([_answer(item) for item in asked], call.query.limit, "id")


async def find(services: Services, call: Call[Empty, Empty]) -> RequestAnswer:
    return _answer(await services.requests.get(call.path["id"]))


async def reports(services: Services, call: Call[Empty, Empty]) -> ReportsAnswer:
    await services.requests.get(call.path["id"])
    found = await services.presentations.reports(call.path["id"])
    return ReportsAnswer(items=[_report(report) for report in found])


async def receipts(services: Services, call: Call[Empty, Empty]) -> ReceiptsAnswer:
    await services.requests.get(call.path["id"])
    return ReceiptsAnswer(items=list(await services.presentations.receipts(call.path["id"])))


async def report(services: Services, call: Call[Empty, Empty]) -> ReportAnswer:
    return _report(await services.presentations.report(call.path["id"]))


async def verify_again(services: Services, call: Call[Empty, Empty]) -> Empty:
    await services.presentations.again(call.path["id"])
    return Empty()


def _query(items: list[ItemBody]) -> dict[str, Any]:
    """The items as a PresentationQuery (protocols.requests.query)."""
    return {"items": [item.model_dump(mode="json", exclude_none=True) for item in items]}


def _answer(asked: Asked) -> RequestAnswer:
    return RequestAnswer(
        id=asked.id,
        link=asked.link,
        query=asked.query,
        purpose=asked.purpose,
        retention_days=asked.retention_days,
        created_at=asked.created_at,
        expires_at=asked.expires_at,
        learners=asked.learners,
    )


def _report(reported: Reported) -> ReportAnswer:
    return ReportAnswer(
        id=reported.id,
        request_id=reported.request_id,
        presentation_id=reported.presentation_id,
        verdict=reported.verdict,
        created_at=reported.created_at,
        delete_at=reported.delete_at,
        report=reported.document,
    )


VERIFIERS = (Role.OPERATOR, Role.VERIFIER)
READERS = (*VERIFIERS, Role.AUDITOR)

OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        method="POST",
        path="/requests",
        summary="Ask for skills or credentials; the answer has one link for any number of learners.",
        roles=VERIFIERS,
        body=RequestBody,
        query=Empty,
        response=RequestAnswer,
        handler=create,
        status=201,
    ),
    Operation(
        method="GET",
        path="/requests",
        summary="Requests, in the order they were made.",
        roles=READERS,
        body=Empty,
        query=PageQuery,
        response=Page[RequestAnswer],
        handler=show,
    ),
    Operation(
        method="GET",
        path="/requests/{id}",
        summary="One request, and how far the learners who opened it have come.",
        roles=READERS,
        body=Empty,
        query=Empty,
        response=RequestAnswer,
        handler=find,
    ),
    Operation(
        method="GET",
        path="/requests/{id}/reports",
        summary="Every verification report on what came for a request, oldest first.",
        roles=READERS,
        body=Empty,
        query=Empty,
        response=ReportsAnswer,
        handler=reports,
    ),
    Operation(
        method="GET",
        path="/requests/{id}/receipts",
        summary="The receipts given for a request, with both signatures once the learner has signed.",
        roles=READERS,
        body=Empty,
        query=Empty,
        response=ReceiptsAnswer,
        handler=receipts,
    ),
    Operation(
        method="GET",
        path="/reports/{id}",
        summary="One verification report.",
        roles=READERS,
        body=Empty,
        query=Empty,
        response=ReportAnswer,
        handler=report,
    ),
    Operation(
        method="POST",
        path="/presentations/{id}/verify",
        summary="Have a presentation verified again, as things stand now; a new report is added.",
        roles=VERIFIERS,
        body=Empty,
        query=Empty,
        response=Empty,
        handler=verify_again,
        status=202,
    ),
)
