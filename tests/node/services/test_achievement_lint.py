"""The addresses of skills are looked at only when asked, and by the guarded way out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest_asyncio

from node.adapters.fetch import Fetched, Posted
from node.errors import AddressForbidden, NodeError, PayloadTooLarge, Rejected, Unreachable
from node.services.achievement_lint import MAX_LOOKED_AT, AchievementLint
from node.services.achievements import Achievements
from tests.support.trust_network import COLLEGE, Internet, running

OUTCOMES: dict[str, NodeError | None] = {
    "https://here.example": None,
    "https://large.example": PayloadTooLarge("too large"),
    "https://gone.example": Rejected("status 404"),
    "https://silent.example": Unreachable("no answer"),
    "https://localhost.example": AddressForbidden("loopback"),
}


@dataclass
class Pages:
    """Implements `node.services.web.Web`."""

    asked: list[str] = field(default_factory=list[str])

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        self.asked.append(url)
        outcome = OUTCOMES.get(url)
        if outcome is not None:
            raise outcome
        return Fetched(status=200, body=b"", etag=None, content_type="text/html", final_url=url, max_age_s=None)

    async def post(self, url: str, body: bytes, *, content_type: str) -> Posted:
        raise AssertionError("nothing is sent")


@pytest_asyncio.fixture
async def achievements(tmp_path: Path) -> AsyncIterator[Achievements]:
    async with running(Internet(), tmp_path, COLLEGE) as (college,):
        yield college.achievements


async def test_dead_addresses_are_found_online_and_nothing_is_called_otherwise(achievements: Achievements) -> None:
    pages = Pages()
    lint = AchievementLint(achievements, pages)
    targets = [{"targetUrl": url, "targetType": "CFItem"} for url in OUTCOMES]
    await achievements.put("welding", {"name": "Welding", "criteria": {"narrative": "x"}, "alignment": targets})
    (offline,) = await lint.all(online=False)
    assert pages.asked == []
    assert (offline.id, offline.name) == (f"{COLLEGE}/achievements/welding", "Welding")
    assert [each.rule for each in offline.lint.found] == ["no_assessment", "no_level"]
    (online,) = await lint.all(online=True)
    assert sorted(pages.asked) == sorted(OUTCOMES)
    assert next((each.rule, each.places) for each in online.lint.found) == (
        "dead_target_url",
        ("/alignment/2", "/alignment/3", "/alignment/4"),
    )


async def test_only_so_many_addresses_are_called_for_one_achievement(achievements: Achievements) -> None:
    pages = Pages()
    targets = [{"targetUrl": f"https://skill{number}.example"} for number in range(500)]
    await AchievementLint(achievements, pages).one({"alignment": targets}, online=True)
    assert len(pages.asked) == MAX_LOOKED_AT
