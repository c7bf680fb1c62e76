"""What all bodies, queries and answers of the API share: unknown members are refused, lists come in pages."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

MAX_PAGE_ITEMS = 200


class ApiModel(BaseModel):
    """The base of every body, query and answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Empty(ApiModel):
    """No body, no query, or an answer that says nothing more than its status."""


class PageQuery(ApiModel):
    """The query of every listing. `after` is the `next` of the page before, taken as it came."""

    limit: int = Field(default=50, ge=1, le=MAX_PAGE_ITEMS, description="items a page")
    after: str | None = Field(default=None, max_length=200, description="`next` of the page before")


class Page(ApiModel, Generic[Item]):
    """One page of a listing, oldest first; `next` is null on the last one."""

    items: list[Item]
    next: str | None = None


class Problem(BaseModel):
    """An RFC 9457 problem document, as node/http/problem.py writes it. For the OpenAPI document only."""

    type: str
    title: str
    status: int
    detail: str
    found: str | None = None
    expected: str | None = None


def page(items: list[Item], limit: int, key: str) -> Page[Item]:
    """A page from `limit + 1` rows or fewer: the row too many only tells that there is a next page.

    Args:
        key: the attribute that the listing is ordered by, given back as `after`.
    """
    shown = items[:limit]
    return Page[Item](items=shown, next=str(getattr(shown[-1], key)) if len(items) > limit else None)
