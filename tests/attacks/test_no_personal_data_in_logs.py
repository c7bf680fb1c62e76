"""A whole exchange of a person with telling names: what logs, metrics and plain columns say of it afterwards.

M7 of the threats: the names, the person's own id at the college, one-time codes, tokens and the DIDs of people stand in
no log and no metric, and in the databases only where somebody has to have them.
"""

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from node.demo.wallet.errors import WalletError
from protocols.consent.letters import DeclineReason
from tests.support.learners import Learner
from tests.support.network import Network
from tests.support.nodes import Node, Refusal, wait_until

NAME = "Zephyrine Quackenbush-Nightingale"
REFERENCE = "REF-7741-CANARY"
BADGE = "Advanced Kanarienvogel Keeping"
BADGE_TEXT = "Kept a canary for a year, in the coal mine."
PURPOSE = "To fill the position of canary keeper"
REVOKED = "The canary was another person's"
PROBE = "probe-canary@example.org"
"""What a stranger writes into every field that there is."""
SKILL = "http://data.europa.eu/esco/skill/canary-keeping"
PUBLIC = {"achievement", "peer"}
"""Tables of what an institution publishes about its badges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An exchange that is over. `people` are DIDs, and every other identifier of the learner, by what they are."""

    network: Network
    secrets: Mapping[str, str]
    people: Mapping[str, str]
    library_log: str


@pytest_asyncio.fixture
async def told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Told]:
    caplog.set_level(logging.DEBUG)
    async with Network(tmp_path, log={"level": "debug"}) as network:
        college = network.institution
        achievement = {
            "name": BADGE,
            "description": BADGE_TEXT,
            "criteria": BADGE_TEXT,
            "alignments": [{"targetUrl": SKILL, "targetName": "canary keeping"}],
        }
        await college.put("/achievements/canaries", achievement)
        made = await college.post("/learners", {"name": NAME, "reference": REFERENCE})
        folder, wallet = await network.wallet()
        with suppress(WalletError):
            await wallet.enrol(made["link"], "WR0N-GC0D-E123")
        await wallet.enrol(made["link"], made["code"])
        learner = Learner(id=made["learner"]["id"], institution=college, folder=folder, wallet=wallet)
        award = await learner.award("canaries")
        await _shared(network, learner, award)
        await _probed(network)
        secrets = {"code": made["code"], **{f"token of {node.name}": node.token for node in network.nodes}}
        yield Told(network=network, secrets=secrets, people=_people(learner), library_log=caplog.text)


async def test_logs_and_metrics_say_nothing_of_people(told: Told) -> None:
    texts = {"NAME": NAME, "REFERENCE": REFERENCE, "BADGE": BADGE, "BADGE_TEXT": BADGE_TEXT, "PURPOSE": PURPOSE}
    needles = {**texts, "REVOKED": REVOKED, "PROBE": PROBE, "SKILL": SKILL, **told.secrets, **told.people}
    said = {"libraries": told.library_log}
    for node in told.network.nodes:
        said[f"log of {node.name}"] = node.log.getvalue()
        said[f"metrics of {node.name}"] = (await node.page("/metrics"))[1].decode()
        assert len(node.lines()) > 50, "there is a log to look at"
    found = [(where, what) for where, text in said.items() for what, needle in needles.items() if needle in text]
    assert found == []


async def test_databases_hold_in_the_open_only_what_somebody_has_to_have(told: Told) -> None:
    """The college knows its learner, the exit a per-asker DID and its way back, the employer what it was shown."""
    needles = {"NAME": NAME, "REFERENCE": REFERENCE, "BADGE": BADGE, "REVOKED": REVOKED, **told.secrets, **told.people}
    needed = {
        told.network.anchor.did: {"per-asker DID", "mailbox key"},
        told.network.institution.did: {
            "NAME",
            "REFERENCE",
            "BADGE",
            "REVOKED",
            "mediation DID",
            "holder DID",
            "mailbox key",
        },
        told.network.employer.did: {"BADGE", "per-asker DID", "holder DID"},
    }
    for node in told.network.nodes:
        found: dict[str, set[str]] = {}
        for table, cells in _cells(node).items():
            for what, needle in needles.items():
                if any(needle in cell for cell in cells) and not (what == "BADGE" and table in PUBLIC):
                    found.setdefault(what, set()).add(table)
        assert found.keys() <= needed[node.did], {what: found[what] for what in found.keys() - needed[node.did]}
        if node is told.network.institution:
            assert (found["NAME"], found["REFERENCE"]) == ({"learner"}, {"learner"})
            assert found["REVOKED"] == {"issued_credential"}
        if node is told.network.employer:
            assert found["BADGE"] == found["holder DID"] == {"report"}, "the presentation itself is sealed"


async def _shared(network: Network, learner: Learner, award: str) -> None:
    """Asked, answered, verified, receipted, revoked; and asked again, and declined."""
    asked = await network.ask(purpose={"code": "hiring", "text": PURPOSE}, items=_items())
    await learner.answers(asked.link)
    await asked.report("verified")
    await learner.receipt()
    await asked.complete_receipt()
    await network.institution.post(f"/credentials/{award}/revoke", {"reason": REVOKED})
    await asked.report("not_verified")
    again = await network.ask(purpose={"code": "hiring", "text": PURPOSE}, items=_items())
    await learner.declines(again.link, DeclineReason.TOO_LONG_KEPT)
    await wait_until("the no to arrive", lambda: _declined(again))


async def _declined(asked: Any) -> bool:
    return "declined: too-long-kept" in await asked.learners()


async def _probed(network: Network) -> None:
    """Things that go wrong, each with something telling in it."""
    for node in network.nodes:
        bodies = ({"name": NAME, "email": PROBE}, {"name": [PROBE]}, {PROBE: PROBE})
        for body in bodies:
            with pytest.raises(Refusal):
                await node.post("/learners", body)
        with pytest.raises(Refusal):
            await node.get(f"/requests/{PROBE}")
        with pytest.raises(Refusal):
            await node.get(f"/learners?email={PROBE}")
        for path in (f"/i/{PROBE}", f"/{PROBE}?{PROBE}", f"/federation/fetch?sub=https://{PROBE}", f"/status/{PROBE}"):
            assert (await node.page(path))[0] >= 400
        async with aiohttp.ClientSession() as session:
            media_type = {"Content-Type": "application/didcomm-encrypted+json", "X-Canary": PROBE}
            for data in (PROBE.encode(), json.dumps({"id": PROBE, "type": PROBE, "body": {}}).encode()):
                async with session.post(f"{node.url}/didcomm", data=data, headers=media_type) as response:
                    assert response.status >= 400


def _items() -> list[dict[str, Any]]:
    return [{"id": "skill-0", "skill": {"uri": SKILL, "name": "canary keeping"}, "required": True}]


def _people(learner: Learner) -> dict[str, str]:
    """The part of each identifier that is this person's alone."""
    [asker] = learner.rows("SELECT subject, mailbox FROM askers")
    named = {
        "mediation DID": learner.mediation_did,
        "holder DID": learner.holder,
        "per-asker DID": asker["subject"],
        "mailbox key": asker["mailbox"],
    }
    return {what: did.partition("#")[0].rpartition(":")[2][:40] for what, did in named.items()}


def _cells(node: Node) -> dict[str, list[str]]:
    """Every value of every table, as text."""
    with closing(sqlite3.connect(f"file:{node.data / 'node.sqlite3'}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [
                cell.decode("latin-1") if isinstance(cell, bytes) else str(cell)
                for row in db.execute(f'SELECT * FROM "{table}"')
                for cell in row
            ]
            for table in tables
        }
