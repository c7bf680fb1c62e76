"""Too much at once: a disk that is full, and a body that unpacks to more than anybody may send."""

import gzip
import resource

from node.storage.unit import Session
from tests.support.served import Served

PROBLEM = "https://w3id.org/ler-exchange/problems/"
BOMB_BYTES = 200 * 1024 * 1024
NOT_JSON = "application/didcomm-encrypted+json"


async def test_a_full_disk_is_507_while_reading_goes_on_and_mends_itself(served: Served) -> None:
    made = [await enrol(served, f"before-{number}") for number in range(3)]
    assert [status for status, _ in made] == [201] * 3

    await served.services.outbox.storage.run("test.limit", lambda session: limit_pages(session, more=0))
    answers = [await enrol(served, f"full-{number}") for number in range(200)]
    status, problem = answers[-1]
    assert (status, problem["type"], problem["title"]) == (507, f"{PROBLEM}full", "No room left")
    taken = [status for status, _ in answers].count(201)

    for path in ("/health/live", "/.well-known/did.json", "/metrics"):
        assert (await served.client.get(path)).status == 200, path
    assert await learners(served) == 3 + taken, "what was answered 201 is there, and nothing else"

    await served.services.outbox.storage.run("test.limit", lambda session: limit_pages(session, more=1000))
    assert (await enrol(served, "after"))[0] == 201
    assert await learners(served) == 4 + taken
    assert "Traceback" not in served.log.getvalue()


async def test_a_body_that_unpacks_to_200_mb_is_413_and_costs_little(served: Served) -> None:
    bomb = gzip.compress(bytes(BOMB_BYTES), compresslevel=9)
    assert len(bomb) < 300_000, "well below the limit of what is sent"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path, media_type, headers in (
        ("/didcomm", NOT_JSON, {}),
        ("/api/v1/learners", "application/json", served.bearer),
        ("/federation/join", "application/ler-join-application+jwt", {}),
    ):
        packed = {"Content-Encoding": "gzip", "Content-Type": media_type, **headers}
        response = await served.client.post(path, data=bomb, headers=packed)
        assert response.status == 413, path
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mib < 60
    assert (await served.client.get("/health/ready")).status == 200


def limit_pages(session: Session, *, more: int) -> None:
    """SQLite takes so many pages more and then says that there is no room, as it does on a full disk."""
    connection = session.connection()
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")


async def enrol(served: Served, reference: str) -> tuple[int, dict[str, str]]:
    body = {"name": "Somebody " * 20, "reference": reference}
    response = await served.client.post("/api/v1/learners", json=body, headers=served.bearer)
    return response.status, await response.json()


async def learners(served: Served) -> int:
    count, after = 0, ""
    while True:
        response = await served.client.get(f"/api/v1/learners?limit=200{after}", headers=served.bearer)
        page = await response.json()
        count += len(page["items"])
        if page.get("next") is None:
            return count
        after = f"&after={page['next']}"
