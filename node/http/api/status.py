"""Status lists: other issuers', as this node keeps them and how fresh each is, and those that it publishes."""

from datetime import datetime

from node.http.api.operation import AnyOperation, Call, read, write
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


class PublishedAnswer(ApiModel):
    """A list of this node. `bits` an entry; `taken` of its `entries` are some credential's.

    `messages` are what the values of an entry mean, the one for 0 first; none for a list that says yes or no.
    """

    id: str
    url: str
    purpose: str
    entries: int
    bits: int
    taken: int
    messages: list[str]
    changed_at: datetime
    signed_at: datetime | None


class SyncAnswer(ApiModel):
    """`lists` were looked at; `failed` of them could not be had, and say why in the listing."""

    lists: int
    failed: int


async def list_status_lists(services: Services, call: Call[Empty, PageQuery]) -> Page[ListAnswer]:
    found = await services.status_sync.lists(limit=call.query.limit + 1, after=call.query.after)
    return page(ListAnswer, found, call.query.limit, "url")


async def list_published(services: Services, call: Call[Empty, PageQuery]) -> Page[PublishedAnswer]:
    found = await services.status_lists.listed(limit=call.query.limit + 1, after=call.query.after)
    return page(PublishedAnswer, found, call.query.limit, "id")


async def sync_status_lists(services: Services, call: Call[Empty, Empty]) -> SyncAnswer:
    lists, failed = await services.status_sync.sync_now()
    return SyncAnswer(lists=lists, failed=failed)


OPERATIONS: tuple[AnyOperation, ...] = (
    read(
        "/status",
        "The status lists that reports of this node rest on, and how fresh each is.",
        tuple(Role),
        list_status_lists,
    ),
    read(
        "/status/published",
        "The status lists that this node publishes, in the order they were opened.",
        tuple(Role),
        list_published,
    ),
    write(
        "/status/sync",
        "Look at every status list now, not when it is due; returns when all have answered or failed.",
        (Role.OPERATOR, Role.VERIFIER),
        sync_status_lists,
    ),
)
