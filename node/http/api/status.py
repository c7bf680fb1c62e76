"""Other issuers' status lists, as this node keeps them: how fresh each is, and when it is looked at again."""

from datetime import datetime

from node.http.api.operation import AnyOperation, Call, Operation
from node.http.api.schema import ApiModel, Empty, Page, PageQuery, page
from node.services.tokens import Role
from node.services.wiring import Services


class ListAnswer(ApiModel):
    """A list. `fetched_at` is when its bytes came, `checked_at` when its issuer last said that they hold."""

    url: str
    issuer: str | None
    freshness: str
    fetched_at: datetime | None
    checked_at: datetime | None
    next_at: datetime
    failures: int
    error: str | None


class SyncAnswer(ApiModel):
    """`lists` were looked at; `failed` of them could not be had, and say why in the listing."""

    lists: int
    failed: int


async def show(services: Services, call: Call[Empty, PageQuery]) -> Page[ListAnswer]:
    found = await services.status_sync.lists(limit=call.query.limit + 1, after=call.query.after)
    answers = [
        ListAnswer(
            url=item.url,
            issuer=item.issuer,
            freshness=item.freshness,
            fetched_at=item.fetched_at,
            checked_at=item.checked_at,
            next_at=item.next_at,
            failures=item.failures,
            error=item.error,
        )
        for item in found
    ]
    return page(answers, call.query.limit, "url")


async def sync(services: Services, call: Call[Empty, Empty]) -> SyncAnswer:
    lists, failed = await services.status_sync.sync_now()
    return SyncAnswer(lists=lists, failed=failed)


OPERATIONS: tuple[AnyOperation, ...] = (
    Operation(
        method="GET",
        path="/status",
        summary="The status lists that reports of this node rest on, and how fresh each is.",
        roles=tuple(Role),
        body=Empty,
        query=PageQuery,
        response=Page[ListAnswer],
        handler=show,
    ),
    Operation(
        method="POST",
        path="/status/sync",
        summary="Look at every status list now, not when it is due; returns when all have answered or failed.",
        roles=(Role.OPERATOR, Role.VERIFIER),
        body=Empty,
        query=Empty,
        response=SyncAnswer,
        handler=sync,
    ),
)
