"""What all bodies, queries and answers of the API share: unknown members are refused, lists come in pages."""

import re
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Item = TypeVar("Item", bound=BaseModel)

MAX_PAGE_ITEMS = 200
MAX_URI_CHARACTERS = 2048
URI = re.compile(r"(?:https?://[A-Za-z0-9\[]|urn:)[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)


def _absolute(text: str) -> str:
    if not URI.fullmatch(text):
        raise PydanticCustomError("uri", "an absolute URI with http, https or urn")
    return text


Uri = Annotated[
    str, Field(max_length=MAX_URI_CHARACTERS, json_schema_extra={"format": "uri"}), AfterValidator(_absolute)
]
"""Kept as it was sent: skills are compared code point by code point, so nothing may be put in a normal form."""


class ApiModel(BaseModel):
    """The base of every body, query and answer. An answer is made of the value of a service that has its members."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


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


def page(answer: type[Item], rows: Sequence[object], limit: int, key: str) -> Page[Item]:
    """A page from `limit + 1` rows or fewer: the row too many only tells that there is a next page.

    Args:
        answer: what each row becomes.
        key: the attribute that the listing is ordered by, given back as `after`.
    """
    shown = [answer.model_validate(row) for row in rows[:limit]]
    return Page[Item](items=shown, next=str(getattr(shown[-1], key)) if len(rows) > limit else None)
