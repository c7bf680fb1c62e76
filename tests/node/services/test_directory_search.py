"""The directory as it is searched: what members publish is found after a sync, and nothing else than that."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from node.errors import BadInput
from node.services import directory_search as module
from node.services.directory_search import DirectorySearch
from node.services.member_listing import MAX_OFFERS, MAX_SKILLS, listed
from node.storage.repos import federation as rows
from protocols.jose.encoding import canonical_json, parse_object
from protocols.jose.jws import parse_compact, sign_compact
from protocols.trust.finding import Wanted
from protocols.trust.statement import MAX_STATEMENT_BYTES, STATEMENT_TYP
from tests.support.trust_network import (
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    NETWORK,
    Internet,
    Node,
    small_network,
)

SKILL = "https://www.onetcenter.org/dictionary/2.B.3.e"
MARK = "https://network.example/marks/accredited"
GOOD_STANDING = "https://network.example/marks/member-good-standing"
ADDRESS = {"type": ["Address"], "addressLocality": "Duluth", "addressRegion": "Minnesota", "addressCountryCode": "US"}


def achievement(**changes: Any) -> dict[str, Any]:
    plain = {
        "type": ["Achievement"],
        "achievementType": "MicroCredential",
        "name": "Forecasting",
        "description": "Builds a forecast.",
        "criteria": {"narrative": "It held."},
        "alignment": [{"type": ["Alignment"], "targetName": "Gestión financiera", "targetUrl": SKILL}],
    }
    return {**plain, **changes}


@pytest_asyncio.fixture
async def internet(tmp_path: Path) -> AsyncIterator[Internet]:
    async with small_network(tmp_path) as internet:
        yield internet


@pytest.fixture
def employer(internet: Internet) -> Node:
    return internet.nodes[EMPLOYER]


@pytest.fixture
def search(internet: Internet, employer: Node) -> DirectorySearch:
    return DirectorySearch(employer.storage, internet.clock)


async def found(search: DirectorySearch, **wanted: str) -> list[str]:
    return [member.entity_id for member in (await search.search(Wanted(**wanted), limit=50)).members]


async def publish(internet: Internet, **changes: Any) -> None:
    """The college's `/issuer` with other members, synced by the employer."""

    def changed(text: str) -> bytes:
        return canonical_json({**parse_object(text), **changes})

    internet.altered[f"{COLLEGE}/issuer"] = changed
    await internet.sync(COLLEGE, EMPLOYER)


async def test_everybody_is_found_by_the_approved_name_in_its_order(search: DirectorySearch) -> None:
    assert await found(search) == [COLLEGE, EMPLOYER, NETWORK]
    assert await found(search, name="éxample COLL") == [COLLEGE]
    assert await found(search, role="verifier") == [EMPLOYER]
    assert await found(search, type="openbadgecredential") == [COLLEGE]
    assert await found(search, name="nobody") == []


async def test_what_a_member_publishes_is_found_after_a_sync_and_shown_under_its_approved_name(
    internet: Internet, search: DirectorySearch
) -> None:
    assert await found(search, skill=SKILL) == []
    await internet.nodes[COLLEGE].achievements.put("forecasting", achievement())
    await publish(internet, address=ADDRESS, **{"ceterms:name": {"es": "Universidad del Lago", "en": "Lakeside"}})
    for wanted in (
        {"skill": SKILL},
        {"skill": "gestion fin"},
        {"place": "duluth us"},
        {"type": "MicroCredential"},
        {"name": "universidad"},
    ):
        assert await found(search, **wanted) == [COLLEGE], wanted
    (member,) = (await search.search(Wanted(name="universidad"), limit=1)).members
    assert member.name == "Example College"


async def test_a_place_in_the_other_vocabulary_is_one_too(internet: Internet, search: DirectorySearch) -> None:
    place = {"type": "ceterms:Place", "ceterms:addressLocality": {"en": "Duluth"}, "ceterms:addressRegion": "Minnesota"}
    await publish(internet, **{"ceterms:address": place})
    assert await found(search, place="minnesota dul") == [COLLEGE]


async def test_members_are_found_by_the_marks_that_hold(internet: Internet, search: DirectorySearch) -> None:
    assert await found(search, mark=GOOD_STANDING) == []
    await internet.nodes[COLLEGE].held_marks.run()
    await internet.sync(EMPLOYER)
    assert await found(search, mark=GOOD_STANDING) == [COLLEGE]


async def test_nobody_is_found_by_a_mark_that_it_gave_itself(internet: Internet, search: DirectorySearch) -> None:
    signer = internet.nodes[COLLEGE].configuration.signer()

    def marked(token: str) -> str:
        claims = parse_compact(token, max_bytes=MAX_STATEMENT_BYTES).claims
        mark = sign_compact({"trust_mark_type": MARK}, signer, typ="trust-mark+jwt")
        marks = [{"trust_mark_type": MARK, "trust_mark": mark}]
        return sign_compact({**claims, "trust_marks": marks}, signer, typ=STATEMENT_TYP)

    internet.altered[f"{COLLEGE}/.well-known/openid-federation"] = marked
    await internet.sync(EMPLOYER)
    assert await found(search, mark=MARK) == []


async def test_states_follow_the_anchor_at_the_next_sync(internet: Internet, search: DirectorySearch) -> None:
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    assert await found(search, state="suspended") == []
    await internet.sync(NETWORK, EMPLOYER)
    assert await found(search, state="suspended") == [COLLEGE]
    assert await found(search, state="member") == [EMPLOYER, NETWORK]


async def test_pages_follow_one_another_and_a_cursor_that_no_page_had_is_refused(search: DirectorySearch) -> None:
    first = await search.search(Wanted(name="example"), limit=2)
    assert ([member.entity_id for member in first.members], first.total, first.next) == (
        [COLLEGE, EMPLOYER],
        3,
        EMPLOYER,
    )
    last = await search.search(Wanted(name="example"), limit=2, cursor=first.next)
    assert ([member.entity_id for member in last.members], last.total, last.next) == ([NETWORK], 3, None)
    whole = await search.search(Wanted(), limit=3)
    assert whole.next is None
    with pytest.raises(BadInput):
        await search.search(Wanted(), limit=2, cursor="https://nobody.example")


async def test_only_who_changed_is_listed_anew_and_nobody_where_nothing_did(
    internet: Internet, search: DirectorySearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew: list[str] = []

    def counting(member: Any) -> Any:
        anew.append(member.entity_id)
        return listed(member)

    monkeypatch.setattr(module, "listed", counting)
    for _ in range(3):
        await found(search)
    assert anew == [COLLEGE, EMPLOYER, NETWORK]
    anew.clear()
    await internet.sync()
    await found(search)
    assert anew == []
    await internet.nodes[COLLEGE].achievements.put("forecasting", achievement())
    await internet.sync(EMPLOYER)
    assert await found(search, skill=SKILL) == [COLLEGE]
    assert anew == [COLLEGE]


async def test_who_searches_while_a_snapshot_is_made_sees_the_one_before(
    internet: Internet, search: DirectorySearch
) -> None:
    await found(search)
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    await internet.sync(NETWORK, EMPLOYER)
    async with search._turn:
        async with asyncio.timeout(5):
            assert await found(search, state="suspended") == []
    assert await found(search, state="suspended") == [COLLEGE]


async def test_however_much_a_member_publishes_only_so_much_is_listed(employer: Node) -> None:
    members = await employer.storage.read(employer.directory.members)
    member = next(each for each in members if each.entity_id == COLLEGE)
    alignments = [{"targetName": f"{number} " + "x" * 5000, "targetUrl": f"u:{number}"} for number in range(50)]
    hostile = {
        "ceterms:offers": [{"alignment": alignments, "achievementType": f"T{number}"} for number in range(1000)],
        "ceterms:alternateName": [f"n{number}" for number in range(10_000)],
        "name": 7,
        "address": {"addressCountry": ["x"] * 1000, "addressLocality": {"a": {"b": "c"}}, "addressRegion": None},
    }
    listing = listed(replace(member, metadata=hostile)).listing
    assert len(listing.types) == MAX_OFFERS + 1
    assert len(listing.skills) < MAX_SKILLS * 210
    assert len(listing.names) < 32 * 10 + 100
    assert listing.place == " x x x x"


async def test_the_revision_counts_only_what_members_are_found_by(internet: Internet, employer: Node) -> None:
    before = await employer.storage.read(rows.revision)
    await internet.sync()
    assert await employer.storage.read(rows.revision) == before
    await internet.nodes[NETWORK].decide("suspended", COLLEGE_DID)
    await internet.sync()
    assert await employer.storage.read(rows.revision) > before
