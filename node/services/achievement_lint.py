"""What programs miss in the achievements of this node; and whether the addresses of their skills lead anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from node.errors import NodeError, PayloadTooLarge
from node.services.achievements import Achievements
from node.services.web import Web, at_once
from protocols.credentials.open_badges.lint import Lint, lint, target_urls
from protocols.jose.encoding import JsonObject

MAX_LOOKED_AT = 50
AT_ONCE = 4
MAX_PAGE_BYTES = 256 * 1024
ANY_PAGE = "text/html, application/xhtml+xml, application/ld+json, application/json, application/pdf, text/plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """One achievement by its id."""

    id: str
    name: str
    lint: Lint


@dataclass(frozen=True, slots=True)
class AchievementLint:
    achievements: Achievements
    web: Web

    async def all(self, *, online: bool) -> Sequence[Linted]:
        """Every published achievement, by slug; `online`: the addresses of their skills are looked at too."""
        return [await self.one(each, online=online) for each in await self.achievements.all()]

    async def one(self, achievement: JsonObject, *, online: bool) -> Linted:
        """One achievement, published or not. Up to 50 addresses are looked at, by the guarded way out."""
        dead = await self._dead(target_urls(achievement)[:MAX_LOOKED_AT]) if online else ()
        return Linted(
            id=str(achievement.get("id", "")), name=str(achievement.get("name", "")), lint=lint(achievement, dead=dead)
        )

    async def _dead(self, urls: Sequence[str]) -> Sequence[str]:
        dead: list[str] = []

        async def look(url: str) -> None:
            try:
                await self.web.get(url, max_bytes=MAX_PAGE_BYTES, accept=ANY_PAGE)
            except PayloadTooLarge:
                return  # something is there, and a lot of it
            except NodeError:
                dead.append(url)

        await at_once(AT_ONCE, urls, look)
        return dead
