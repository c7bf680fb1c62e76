"""Skills of public frameworks: imported, and searched."""

from typing import Annotated

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Page, page
from node.services.tokens import Role
from node.services.wiring import Services
from protocols.skills.formats import Format
from protocols.skills.search import MAX_QUERY_CHARACTERS, MAX_RESULTS


class ImportBody(ApiModel):
    """A framework's file. One that is larger than a body may be comes in parts, each with the header."""

    format: Annotated[Format, Field(strict=False)]
    content: str = Field(min_length=1, description="The CSV as published, UTF-8.")


class ImportAnswer(ApiModel):
    added: int
    changed: int
    unchanged: int


class SearchQuery(ApiModel):
    q: str = Field(min_length=1, max_length=MAX_QUERY_CHARACTERS, description="Words of a name, a code or a URI.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)


class SkillAnswer(ApiModel):
    uri: str
    name: str
    framework: str
    code: str | None
    description: str | None


async def import_skills(services: Services, call: Call[ImportBody, Empty]) -> ImportAnswer:
    done = await services.skills.import_file(call.body.format, call.body.content.encode())
    return ImportAnswer.model_validate(done)


async def search_skills(services: Services, call: Call[Empty, SearchQuery]) -> Page[SkillAnswer]:
    found = await services.skills.search(call.query.q, call.query.limit)
    return page(SkillAnswer, found, call.query.limit, "uri")


OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/skills/import",
        "Import a framework's file; doing it again changes nothing, and a bad file changes nothing either.",
        (Role.OPERATOR,),
        import_skills,
    ),
    read("/skills", "Search the imported skills by name, code or URI, the best first.", tuple(Role), search_skills),
)
