"""Status lists as published, and the list of them."""

from node.storage.unit import Session
from tests.support.served import Served


async def published(served: Served) -> list[str]:
    """The ids of the lists that a credential got places in, signed."""
    lists = served.services.status_lists
    now = served.clock.now()

    def body(session: Session) -> list[str]:
        lists.allocate(session, "credential", now=now)
        return [lists.id_of(entry["statusListCredential"]) or "" for entry in lists.entries(session, "credential")]

    ids = await lists.storage.run("test.place", body)
    for list_id in ids:
        await lists.storage.run("test.publish", await lists.publish({"list": list_id}))
    return ids


async def test_all_lists_are_named_at_one_address(served: Served) -> None:
    path = "/status/aggregation"
    empty = await served.client.get(path)
    assert (empty.status, empty.content_type, await empty.json()) == (200, "application/json", {"status_lists": []})

    ids = await published(served)
    named = await served.client.get(path)
    assert await named.json() == {"status_lists": [f"https://localhost:8101/status/{list_id}" for list_id in ids]}
    assert named.headers["Access-Control-Allow-Origin"] == "*"
    assert "max-age=5" in named.headers["Cache-Control"]
    known = await served.client.get(path, headers={"If-None-Match": named.headers["ETag"]})
    assert (known.status, await known.read()) == (304, b"")


async def test_a_list_is_served_in_both_media_types_and_not_twice_to_who_has_it(served: Served) -> None:
    path = f"/status/{(await published(served))[0]}"
    for accept, content_type in (
        ("*/*", "application/vc"),
        ("application/json", "application/json"),
        ("application/vc, application/json", "application/vc"),
    ):
        answer = await served.client.get(path, headers={"Accept": accept})
        assert (answer.status, answer.content_type) == (200, content_type)
        assert "proof" in await answer.json(content_type=None)
        known = await served.client.get(path, headers={"Accept": accept, "If-None-Match": answer.headers["ETag"]})
        assert known.status == 304
    assert (await served.client.get("/status/none")).status == 404
