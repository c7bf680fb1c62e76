"""Importing and searching skills: whole files or nothing, again without harm, on the real tables."""

from collections.abc import AsyncIterator
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from node.services.skills import Imported, Skills
from node.storage.unit import Storage
from protocols.skills.formats import Format
from protocols.skills.framework import Fault, MalformedFramework, Skill
from protocols.skills.onet import uri_of
from tests.support.clock import StandingClock
from tests.support.storage import storage_in

HEADER = "element_id,type,element_name,description\n"
WRITING = "2.A.1.c,skills,Writing,In words.\n"
PROGRAMMING = "2.B.3.e,skills,Programming,In code.\n"


@pytest_asyncio.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = storage_in(tmp_path)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def skills(storage: Storage, clock: StandingClock) -> Skills:
    return Skills(storage, clock)


async def import_onet(skills: Skills, *rows: str) -> tuple[int, int, int]:
    return astuple(await skills.import_file(Format.ONET, (HEADER + "".join(rows)).encode()))


async def names(skills: Skills, query: str) -> list[str]:
    return [skill.name for skill in await skills.search(query, 10)]


async def test_the_published_tables_are_imported_and_again_without_a_change(skills: Skills, shared_dir: Path) -> None:
    files = {
        Format.ONET: (shared_dir / "data/onet/onet_content_model_elements.csv", 207),
        Format.ESCO: (shared_dir / "data/esco/esco_skills_sample.csv", 600),
        Format.ESCO_GROUPS: (shared_dir / "data/esco/tabiya_esco_v1.1.1_skillGroups.csv", 640),
    }
    for layout, (path, count) in files.items():
        data = path.read_bytes()
        assert await skills.import_file(layout, data) == Imported(added=count, changed=0, unchanged=0)
        assert await skills.import_file(layout, data) == Imported(added=0, changed=0, unchanged=count)
    found = await skills.search("writing and composing", 3)
    assert found[0] == Skill(
        uri="http://data.europa.eu/esco/skill/2f661409-3e56-46ab-95d7-6ec7786fc1c0",
        name="writing and composing",
        framework="ESCO",
        code="S1.13",
        description="Writing text or composing music, creating original work with regard to format, style and content.",
    )


async def test_an_import_adds_changes_and_leaves_what_it_does_not_mention(skills: Skills, clock: StandingClock) -> None:
    assert await import_onet(skills, WRITING, PROGRAMMING) == (2, 0, 0)
    clock.advance(timedelta(seconds=1))
    reworded = PROGRAMMING.replace("In code.", "In any language.")
    assert await import_onet(skills, reworded, "2.B.5.b,skills,Management of Financial Resources,\n") == (1, 1, 0)
    assert await skills.search("2.B.3.e", 1) == (
        Skill(
            uri=uri_of("2.B.3.e"),
            name="Programming",
            framework="O*NET",
            code="2.B.3.e",
            description="In any language.",
        ),
    )
    assert await names(skills, "writing") == ["Writing"]


async def test_a_bad_file_names_each_fault_by_its_row_and_changes_nothing(skills: Skills) -> None:
    await import_onet(skills, WRITING)
    with pytest.raises(MalformedFramework) as refusal:
        await import_onet(skills, PROGRAMMING, "2-B,skills,Science,\n", "2.A.2.a,skills\n")
    assert refusal.value.faults == (
        Fault(row=3, found="element_id '2-B'", expected="an element id such as 2.A.1.a"),
        Fault(row=4, found="2 cells", expected="4 cells"),
    )
    assert await names(skills, "programming") == []
    assert await names(skills, "writing") == ["Writing"]


async def test_what_another_replica_imported_is_found_by_the_next_search(
    skills: Skills, storage: Storage, clock: StandingClock
) -> None:
    other = Skills(storage, clock)
    await import_onet(skills, WRITING)
    assert await names(other, "writing") == ["Writing"]
    clock.advance(timedelta(seconds=1))
    await import_onet(skills, WRITING.replace("Writing", "Composition"))
    assert await names(other, "writing") == []
    assert await names(other, "composition") == ["Composition"]


async def test_a_part_of_a_name_a_code_and_a_uri_find_it_and_nothing_finds_nothing(skills: Skills) -> None:
    await import_onet(skills, WRITING, PROGRAMMING)
    for query in ("prog", "2.B.3.e", uri_of("2.B.3.e")):
        assert await names(skills, query) == ["Programming"]
    assert await names(skills, "  ") == []
    assert await names(skills, "welding") == []
