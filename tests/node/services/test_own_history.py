"""The did:webvh that a node publishes: it holds for whoever reads it, follows every change, and forgets its keys."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from node.adapters.did_resolver import Resolver
from node.services.did_document import Purpose
from node.services.own_history import OwnHistory
from node.settings import Publish, Settings
from node.storage.repos import history as rows
from node.storage.tables.history import HistoryEntry
from protocols.dids.webvh import History, Wanted, history_of, log_url, read_log, scid_of
from protocols.jose.encoding import JsonObject, parse_object
from tests.support.loopback import fetching, serving
from tests.support.served import DID, Served, make_node, served_node
from tests.support.webvh import changed, keys, lines

LOG = "/.well-known/did.jsonl"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_node(tmp_path / "node").model_copy(update={"publish": Publish(webvh=True)})


@pytest_asyncio.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    async with served_node(settings) as node:
        await kept_up(node)
        yield node


async def kept_up(node: Served, *, after: timedelta = timedelta(seconds=1)) -> None:
    node.clock.advance(after)
    await node.services.own_history.keep_up()


async def published(node: Served, path: str = LOG) -> list[JsonObject]:
    response = await node.client.get(path)
    assert (response.status, response.content_type) == (200, "text/jsonl")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return [parse_object(line) for line in (await response.read()).splitlines()]


def read(node: Served, entries: list[JsonObject]) -> History:
    did, now = entries[0]["state"]["id"], node.clock.now()
    history = history_of(read_log(lines(entries), did, now=now), None, now=now)
    assert history.fault is None
    return history


async def test_the_log_is_that_of_a_did_at_the_same_place_and_each_names_the_other(served: Served) -> None:
    entries = await published(served)
    history = read(served, entries)
    scid = scid_of(history.did)
    assert (history.did, log_url(history.did)) == (f"did:webvh:{scid}:localhost%3A8101", f"https://localhost:8101{LOG}")
    assert len(entries) == 1
    document = await (await served.client.get("/.well-known/did.json")).json(content_type=None)
    assert document["alsoKnownAs"] == ["https://localhost:8101", history.did]
    assert history.document().also_known_as == ("https://localhost:8101", DID)
    as_web = parse_object(lines([entries[0]["state"]]).replace(history.did.encode(), DID.encode()))
    assert {**as_web, "alsoKnownAs": document["alsoKnownAs"]} == document


async def test_a_node_that_is_not_told_to_publishes_none(settings: Settings) -> None:
    async with served_node(settings.model_copy(update={"publish": Publish()})) as node:
        await kept_up(node)
        response = await node.client.get(LOG)
        assert (response.status, (await response.json())["expected"]) == (404, "publish.webvh = true")
        assert node.services.identity.did_document()["alsoKnownAs"] == ["https://localhost:8101"]


async def test_it_begins_by_itself(settings: Settings) -> None:
    async with served_node(settings) as node:
        for _ in range(200):
            if (await node.client.get(LOG)).status == 200:
                break
            await asyncio.sleep(0.05)
        assert len(await published(node)) == 1


async def test_every_change_of_the_document_is_an_entry_and_nothing_else_is(served: Served) -> None:
    identity = served.services.identity
    begun = served.clock.now()
    for _ in range(3):
        await kept_up(served)
    await identity.rotate(Purpose.ASSERTION)
    await kept_up(served)
    await identity.rotate(Purpose.FEDERATION)
    await kept_up(served)
    await identity.rotate(Purpose.AGREEMENT)
    await kept_up(served)
    await kept_up(served, after=timedelta(days=9))
    entries = await published(served)
    history = read(served, entries)
    assert len(entries) == 4
    agreeing = [
        [kid.partition("#")[2] for kid in history.document(Wanted(number=number)).relationships["keyAgreement"]]
        for number in (1, 2, 3, 4)
    ]
    assert agreeing == [["agree-1"], ["agree-1"], ["agree-2", "agree-1"], ["agree-2"]]
    assert history.document(Wanted(at=begun)).method(f"{history.did}#issue-2") is None
    assert history.document().method(f"{history.did}#issue-2") is not None
    assert history.document().method(f"{history.did}#issue-1", "assertionMethod") is not None


async def test_two_changes_in_one_second_are_entries_of_two_seconds(served: Served) -> None:
    await served.services.identity.rotate(Purpose.ASSERTION)
    await served.services.own_history.keep_up()
    assert len(await published(served)) == 1
    await kept_up(served)
    history = read(served, await published(served))
    assert [version.number for version in history.versions] == [1, 2]


async def test_a_resolver_is_not_told_to_keep_it_longer_than_a_new_key_waits(served: Served) -> None:
    assert read(served, await published(served)).version().parameters.ttl_s == 300


async def test_every_key_was_announced_by_its_hash_and_is_forgotten_once_it_has_signed(served: Served) -> None:
    for _ in range(2):
        await served.services.identity.rotate(Purpose.ASSERTION)
        await kept_up(served)
    entries = await published(served)
    signers = [entry["parameters"]["updateKeys"] for entry in entries]
    assert len({key for each in signers for key in each}) == 3
    assert all(entry["parameters"]["nextKeyHashes"] for entry in entries)
    stored = await served.services.own_history.storage.read(
        lambda session: [session.get_one(HistoryEntry, ("main", number)).next_sealed for number in (1, 2, 3)]
    )
    assert [sealed is None for sealed in stored] == [True, True, False]


async def test_who_has_an_earlier_key_cannot_write_on(served: Served) -> None:
    await served.services.identity.rotate(Purpose.ASSERTION)
    await kept_up(served)
    entries = await published(served)
    thief = changed(entries, 2, by="thief", parameters=keys("thief", "thief too"))
    log = read_log(lines(thief), entries[0]["state"]["id"], now=served.clock.now())
    assert (len(log.versions), log.fault and log.fault.rule) == (1, "pre_rotation")


async def test_a_node_that_starts_again_goes_on_where_it_was(settings: Settings) -> None:
    async with served_node(settings) as node:
        await kept_up(node)
        before = await published(node)
    async with served_node(settings) as node:
        await node.services.identity.rotate(Purpose.ASSERTION)
        await kept_up(node, after=timedelta(minutes=1))
        entries = await published(node)
        assert entries[:1] == before
        assert [version.number for version in read(node, entries).versions] == [1, 2]


async def test_of_two_replicas_that_write_at_once_one_is_first(served: Served) -> None:
    own = served.services.own_history
    other = OwnHistory(
        storage=own.storage, keystore=own.keystore, identity=own.identity, clock=served.clock, is_published=True
    )
    await served.services.identity.rotate(Purpose.ASSERTION)
    served.clock.advance(timedelta(seconds=1))
    await asyncio.gather(*(each.keep_up() for each in (own, other, own, other)))
    assert [version.number for version in read(served, await published(served)).versions] == [1, 2]


@pytest.fixture
def path_settings(tmp_path: Path) -> Settings:
    return make_node(tmp_path / "node", "did:web:example.edu:north:campus")


async def test_a_log_with_a_path_stands_under_it(path_settings: Settings) -> None:
    async with served_node(path_settings.model_copy(update={"publish": Publish(webvh=True)})) as node:
        await kept_up(node)
        entries = await published(node, "/north/campus/did.jsonl")
        assert log_url(read(node, entries).did) == "https://example.edu/north/campus/did.jsonl"
        assert (await node.client.get(LOG)).status == 404


async def test_another_node_resolves_it_and_its_past(served: Served) -> None:
    begun = served.clock.now()
    await served.services.identity.rotate(Purpose.ASSERTION)
    await kept_up(served)
    entries = await published(served)
    did = entries[0]["state"]["id"]

    async def file(_: web.Request) -> web.Response:
        return web.Response(body=lines(entries), content_type="text/jsonl")

    async def unknown(_: str) -> None:
        return None

    async with (
        serving(("GET", LOG, file)) as origin,
        fetching({"https://localhost:8101": origin}, clock=served.clock) as fetcher,
    ):
        resolver = Resolver(fetcher, served.clock, known=unknown)
        assert (await resolver.resolve(did)).method(f"{did}#issue-2") is not None
        assert (await resolver.as_of(did, begun)).method(f"{did}#issue-2") is None


async def test_the_lock_on_numbers_is_the_databases(served: Served) -> None:
    storage = served.services.own_history.storage
    newest = await storage.read(rows.newest)
    assert newest is not None
    entry = rows.NewEntry(
        number=newest.number,
        version_id="1-x",
        line="{}",
        written_at=served.clock.now(),
        next_kid="k",
        next_public_jwk={},
        next_sealed=b"",
    )
    assert await storage.run("again", lambda session: rows.append(session, entry)) is False
    assert await storage.read(rows.lines) == [newest.line]
