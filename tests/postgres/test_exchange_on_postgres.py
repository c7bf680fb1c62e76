"""The whole exchange with every node on PostgreSQL, and one node as two replicas on one database."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import aiohttp
import pytest
import pytest_asyncio
from sqlmodel import select

from node.clock import entropy
from node.storage.tables.jobs import Job
from protocols.didcomm.forward import wrap_forward
from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.jose.encoding import parse_object
from tests.support.findings import lines, one
from tests.support.learners import Learner
from tests.support.network import Network
from tests.support.nodes import Node, free_places, port_of, wait_until
from tests.support.postgres import postgres_server

NODES = ("Lakes", "Lakeside", "Harbour")


@pytest.fixture
def urls() -> Iterator[dict[str, str]]:
    with ExitStack() as databases:
        yield {name: databases.enter_context(postgres_server().database()) for name in NODES}


@pytest_asyncio.fixture
async def network(urls: dict[str, str], tmp_path: Path) -> AsyncIterator[Network]:
    each = {name: {"database": {"url": url}} for name, url in urls.items()}
    async with Network(tmp_path, each=each) as made:
        yield made


@pytest_asyncio.fixture
async def replica(network: Network) -> AsyncIterator[Node]:
    """A second process of the college: the same data directory and database, another port."""
    college, [place] = network.institution, free_places(1)
    settings = college.settings.model_copy(update={"listen": f"127.0.0.1:{port_of(place)}"})
    second = Node(name=college.name, data=college.data, place=place, settings=settings, token=college.token)
    await second.start()
    yield second
    await second.stop()
    place.close()


async def test_enrol_issue_ask_consent_verify_revoke_and_hear_of_it(network: Network) -> None:
    learner = await network.learner()
    asked = await network.ask()
    await learner.answers(asked.link)
    before = await asked.report("verified")
    assert {line["outcome"] for line in lines(before)} == {"yes", "not_applicable"}
    assert await learner.receipt() == await asked.complete_receipt()

    [award] = await network.institution.items("/credentials")
    await network.institution.post(f"/credentials/{award['id']}/revoke", {"reason": "Another person's work"})
    after = await asked.report("not_verified")
    assert one(after, 6, "status: revocation")["reason"] == "revoked by its issuer"
    assert [path for node in network.nodes for path in node.data.glob("*.sqlite3*")] == []


async def test_a_message_accepted_at_one_replica_reaches_the_socket_at_the_other(
    network: Network, replica: Node
) -> None:
    learner = await network.learner()
    heard = asyncio.Event()
    [relation] = learner.wallet._ready()
    over = False
    listening = asyncio.create_task(learner.wallet.pickup.listen(relation, heard.set, until=lambda: over))
    await wait_until("the line to be open", lambda: _is_live(network.institution))
    waited_ms: list[float] = []
    for number in range(20):
        heard.clear()
        async with aiohttp.ClientSession() as session:
            envelope = _letter(learner, await _document(replica), number)
            media_type = {"Content-Type": "application/didcomm-encrypted+json"}
            async with session.post(f"{replica.url}/didcomm", data=envelope, headers=media_type) as response:
                assert response.status == 202
        accepted_at = time.monotonic()
        await asyncio.wait_for(heard.wait(), 5)
        waited_ms.append((time.monotonic() - accepted_at) * 1000)
    over = True
    await listening
    assert median(waited_ms) < 1000, "a line that nothing wakes looks every five seconds"


async def test_jobs_of_two_replicas_run_under_one_lease(network: Network, replica: Node) -> None:
    first = network.institution

    async def counted() -> tuple[int, int]:
        """How often `status.sync` ran at both, and how many leases were given on it in all."""
        leases = await first.read(lambda session: session.get_one(Job, "status.sync").fence)
        return await _runs(first, "status.sync") + await _runs(replica, "status.sync"), leases

    before = await counted()
    await asyncio.sleep(3)
    after = await counted()
    runs, leases = after[0] - before[0], after[1] - before[1]
    assert runs >= 2
    assert abs(runs - leases) <= 1, "one may be under way"
    own = await first.read(lambda session: [job.name for job in session.exec(select(Job)) if "@" in job.name])
    assert {name.partition("@")[0] for name in own} == {"identity.history", "identity.refresh"}


async def test_a_rotation_at_one_replica_is_noticed_by_the_other(network: Network, replica: Node) -> None:
    await wait_until("the job that looks once a minute to have run", lambda: _refreshed(replica))
    made = await network.institution.post("/keys/rotate", {"purpose": "assertionMethod"})

    async def noticed() -> bool:
        return (await _document(replica)).method(made["kid"], "assertionMethod") is not None

    await wait_until("the other replica to publish the new key", noticed, deadline_s=2)
    assert await replica.items("/keys") == await network.institution.items("/keys")


async def _is_live(node: Node) -> bool:
    return b"ler_live_sockets 1.0" in (await node.page("/metrics"))[1]


async def _document(node: Node) -> DidDocument:
    return parse_document(parse_object((await node.page("/.well-known/did.json"))[1]), node.did)


def _letter(learner: Learner, document: DidDocument, number: int) -> bytes:
    """Mail from a stranger for the learner: a forward to the college, whose content is nobody's."""
    keys = document.keys_for("keyAgreement", "X25519")
    inner = b'{"protected":"","ciphertext":"%d"}' % number
    return wrap_forward(inner, next=learner.mediation_did, keys=keys, id=f"letter-{number}", entropy=entropy)


async def _refreshed(node: Node) -> bool:
    return await _runs(node, "identity.refresh") > 0


async def _runs(node: Node, job: str) -> int:
    metrics = (await node.page("/metrics"))[1].decode()
    found = re.search(rf'^ler_job_runs_total{{job="{job}",outcome="done"}} (\d+)', metrics, re.M)
    return int(found[1]) if found else 0
