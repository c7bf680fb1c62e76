"""The directory of the network, as synced: everybody, or those who fit what is looked for."""

from typing import Annotated, Literal

from pydantic import Field

from node.http.api.network import MemberAnswer, member_answer
from node.http.api.operation import AnyOperation, Call, read
from node.http.api.schema import MAX_PAGE_ITEMS, ApiModel, Empty
from node.services.member_listing import Listed
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.trust.entity import MAX_ENTITY_ID_CHARACTERS
from protocols.trust.finding import MAX_IDENTIFIER_CHARACTERS, MAX_QUERY_CHARACTERS, Wanted

MAX_TYPES = 64

Words = Annotated[str | None, Field(min_length=1, max_length=MAX_QUERY_CHARACTERS)]
Identifier = Annotated[str | None, Field(min_length=1, max_length=MAX_IDENTIFIER_CHARACTERS)]
State = Literal["applied", "member", "suspended", "left", "removed", "closed", "merged"]


class DirectoryQuery(ApiModel):
    """What is looked for; all that is given has to fit. Words are beginnings of words, without case and accents."""

    q: Words = Field(default=None, description="Words of a name.")
    place: Words = Field(default=None, description="Words of a country, region or town.")
    skill: Identifier = Field(
        default=None, description="URI or code of a skill, URI of a framework, or words of a name."
    )
    type: Words = Field(default=None, description="A credential type, registered for or offered.")
    role: Literal["issuer", "verifier", "relay"] | None = None
    state: State | None = Field(default=None, description="State as of now.")
    mark: Identifier = Field(default=None, description="A type of trust mark.")
    limit: int = Field(default=50, ge=1, le=MAX_PAGE_ITEMS, description="items a page")
    cursor: str | None = Field(
        default=None, max_length=MAX_ENTITY_ID_CHARACTERS, description="`next` of the page before"
    )

    def wanted(self) -> Wanted:
        return Wanted(
            name=self.q,
            place=self.place,
            skill=self.skill,
            type=self.type,
            role=self.role,
            state=self.state,
            mark=self.mark,
        )


class ListedAnswer(MemberAnswer):
    """A member; `name` is the one its anchor approved, `place` and what is offered beside `roles` are its own words."""

    place: list[str]
    types: list[str]
    marks: list[str] = Field(description="Types of the trust marks that it publishes.")


class DirectoryAnswer(ApiModel):
    """A page, by name and then by entity id; `next` is null on the last one, `total` counts all pages."""

    items: list[ListedAnswer]
    total: int
    next: str | None


async def list_directory(services: Services, call: Call[Empty, DirectoryQuery]) -> DirectoryAnswer:
    query = call.query
    found = await services.directory_search.search(query.wanted(), limit=query.limit, cursor=query.cursor)
    return DirectoryAnswer(items=[_listed(member) for member in found.members], total=found.total, next=found.next)


def _listed(member: Listed) -> ListedAnswer:
    answer = member_answer(member.did, member.entity_id, member.name, member.membership)
    return ListedAnswer(
        **answer.model_dump(),
        place=list(member.place),
        types=list(member.types[:MAX_TYPES]),
        marks=list(member.marks),
    )


OPERATIONS: tuple[AnyOperation, ...] = (
    read("/directory", "Everybody in the network, as synced, or those who fit.", tuple(Role), list_directory),
)
