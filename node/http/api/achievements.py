"""What the institution awards."""

from typing import Annotated, Any

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Uri
from node.services.achievement_lint import Linted
from node.services.tokens import Role
from node.services.wiring import Services

Text = Annotated[str, Field(min_length=1, max_length=4000)]


class AlignmentBody(ApiModel):
    """A skill that the achievement evidences, by its URI in a public framework."""

    target_url: Uri = Field(alias="targetUrl")
    target_name: str = Field(alias="targetName", min_length=1, max_length=300)
    target_framework: str | None = Field(default=None, alias="targetFramework", max_length=300)
    target_code: str | None = Field(default=None, alias="targetCode", max_length=200)
    target_type: str | None = Field(default=None, alias="targetType", max_length=100)


class LevelBody(ApiModel):
    """One level of a rubric."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    description: Text | None = None


class ResultBody(ApiModel):
    """How the achievement is assessed: what a result of it can be. `resultType` as in Open Badges 3.0."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    result_type: Annotated[str, Field(alias="resultType", pattern=r"^(ext:[a-zA-Z0-9._-]{1,60}|[A-Za-z]{1,60})$")]
    allowed_values: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default=[], alias="allowedValues", max_length=50
    )
    levels: list[LevelBody] = Field(default=[], max_length=20)


class AchievementBody(ApiModel):
    """An Open Badges 3.0 achievement, without its id: that is made from the slug."""

    name: Annotated[str, Field(min_length=1, max_length=300)]
    description: Text
    criteria: Text = Field(description="What a person did to earn it, in words.")
    achievement_type: str = Field(default="Achievement", alias="achievementType", max_length=100)
    criteria_url: Uri | None = Field(default=None, alias="criteriaUrl", description="Where the criteria are published.")
    alignments: list[AlignmentBody] = Field(default=[], max_length=50)
    results: list[ResultBody] = Field(default=[], max_length=20)
    tags: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(default=[], max_length=50)
    accredited_by: list[Uri] = Field(default=[], alias="accreditedBy", max_length=20, description="Who accredits it.")


class FindingAnswer(ApiModel):
    """Something that programs miss in an achievement; `places` are JSON pointers."""

    rule: str
    message: str
    places: list[str]


class LintAnswer(ApiModel):
    """How much an achievement tells a program, 0 to 100, and what is missing."""

    score: int
    findings: list[FindingAnswer]


class AchievementAnswer(ApiModel):
    """An achievement as published, and what is missing in it: a warning, never a refusal."""

    achievement: dict[str, Any]
    lint: LintAnswer


class LintQuery(ApiModel):
    online: bool = Field(default=False, description="Whether the addresses of skills are looked at too.")


class LintedAnswer(LintAnswer):
    id: str
    name: str


class LintedListAnswer(ApiModel):
    items: list[LintedAnswer]


class AchievementsAnswer(ApiModel):
    items: list[dict[str, Any]]


async def put_achievement(services: Services, call: Call[AchievementBody, Empty]) -> AchievementAnswer:
    body = call.body
    alignments = [
        {"type": ["Alignment"], **alignment.model_dump(mode="json", by_alias=True, exclude_none=True)}
        for alignment in body.alignments
    ]
    achievement: dict[str, Any] = {
        "type": ["Achievement"],
        "achievementType": body.achievement_type,
        "name": body.name,
        "description": body.description,
        "criteria": {"narrative": body.criteria} | ({"id": body.criteria_url} if body.criteria_url else {}),
    }
    url = services.achievements.url(call.path["slug"])
    results = [_result(result, f"{url}#result-{number}") for number, result in enumerate(body.results, 1)]
    further = {
        "alignment": alignments,
        "resultDescription": results,
        "tag": body.tags,
        "ceterms:accreditedBy": body.accredited_by,
    }
    achievement |= {name: value for name, value in further.items() if value}
    return await _answer(services, await services.achievements.put(call.path["slug"], achievement))


async def show_achievement(services: Services, call: Call[Empty, Empty]) -> AchievementAnswer:
    return await _answer(services, await services.achievements.get(call.path["slug"]))


async def list_achievement_lint(services: Services, call: Call[Empty, LintQuery]) -> LintedListAnswer:
    linted = await services.achievement_lint.all(online=call.query.online)
    return LintedListAnswer(items=[_linted(each) for each in linted])


async def _answer(services: Services, achievement: dict[str, Any]) -> AchievementAnswer:
    linted = await services.achievement_lint.one(achievement, online=False)
    return AchievementAnswer(achievement=achievement, lint=LintAnswer.model_validate(linted.lint.to_json()))


def _linted(linted: Linted) -> LintedAnswer:
    return LintedAnswer(id=linted.id, name=linted.name, **linted.lint.to_json())


async def list_achievements(services: Services, call: Call[Empty, Empty]) -> AchievementsAnswer:
    return AchievementsAnswer(items=list(await services.achievements.all()))


def _result(result: ResultBody, id: str) -> dict[str, Any]:
    """An OB 3.0 ResultDescription; its levels are named under its own id."""
    levels = [
        {"id": f"{id}-level-{number}", "type": ["RubricCriterionLevel"], **level.model_dump(exclude_none=True)}
        for number, level in enumerate(result.levels, 1)
    ]
    further = {"allowedValue": result.allowed_values, "rubricCriterionLevel": levels}
    return {
        "id": id,
        "type": ["ResultDescription"],
        "name": result.name,
        "resultType": result.result_type,
        **{name: value for name, value in further.items() if value},
    }


OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/achievements/{slug}",
        "Publish an achievement, or replace what stands under the slug.",
        (Role.OPERATOR, Role.ISSUER),
        put_achievement,
        method="PUT",
    ),
    read("/achievements/{slug}", "One achievement.", tuple(Role), show_achievement),
    read("/achievement-lint", "What programs miss in each achievement.", tuple(Role), list_achievement_lint),
    read("/achievements", "Every achievement, by slug.", tuple(Role), list_achievements),
)
