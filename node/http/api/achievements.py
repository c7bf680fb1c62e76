"""What the institution awards."""

from typing import Annotated, Any

from pydantic import Field

from node.http.api.operation import AnyOperation, Call, read, write
from node.http.api.schema import ApiModel, Empty, Uri
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


class AchievementBody(ApiModel):
    """An Open Badges 3.0 achievement, without its id: that is made from the slug."""

    name: Annotated[str, Field(min_length=1, max_length=300)]
    description: Text
    criteria: Text = Field(description="What a person did to earn it, in words.")
    achievement_type: str = Field(default="Achievement", alias="achievementType", max_length=100)
    alignments: list[AlignmentBody] = Field(default=[], max_length=50)


class AchievementAnswer(ApiModel):
    """An achievement as published."""

    achievement: dict[str, Any]


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
        "criteria": {"narrative": body.criteria},
    }
    if alignments:
        achievement["alignment"] = alignments
    return AchievementAnswer(achievement=await services.achievements.put(call.path["slug"], achievement))


async def show_achievement(services: Services, call: Call[Empty, Empty]) -> AchievementAnswer:
    return AchievementAnswer(achievement=await services.achievements.get(call.path["slug"]))


async def list_achievements(services: Services, call: Call[Empty, Empty]) -> AchievementsAnswer:
    return AchievementsAnswer(items=list(await services.achievements.all()))


OPERATIONS: tuple[AnyOperation, ...] = (
    write(
        "/achievements/{slug}",
        "Publish an achievement, or replace what stands under the slug.",
        (Role.OPERATOR, Role.ISSUER),
        put_achievement,
        method="PUT",
    ),
    read("/achievements/{slug}", "One achievement.", tuple(Role), show_achievement),
    read("/achievements", "Every achievement, by slug.", tuple(Role), list_achievements),
)
