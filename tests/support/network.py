"""A trust network of real nodes in one process, each with its own data, keys and port; wallets are programs beside it.

    async with Network(folder) as network:
        learner = await network.learner()          # enrolled at the institution, with a badge
        asked = await network.ask()                # the employer's request and its link
        ...

Nothing is faked but the public names: `https://localhost:PORT` leads to where the node listens, by the origins table.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit

from sqlmodel import Session, select

from node.demo.wallet import Wallet
from node.storage.tables.exchange import ConsentUse
from node.storage.tables.learners import Learner as LearnerRow
from node.storage.tables.messages import (
    FlowThread,
    InboxEntry,
    KnownDid,
    MailboxGrant,
    MailboxMessage,
)
from tests.support.findings import faults
from tests.support.learners import Learner
from tests.support.nodes import Late, Node, free_places, node_in, port_of, wait_until

T = TypeVar("T")

ISSUES = {"issuer": {"types": ["OpenBadgeCredential"]}, "relay": True}
ASKS = {
    "verifier": {"purposes": ["hiring"], "claims": ["OpenBadgeCredential"], "max_retention_days": 90},
    "relay": False,
}
NAMES = ("Lakes Credential Network", "Lakeside College", "Harbour Foods", "Hillside College")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    uri: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """An achievement with the one skill that it evidences."""

    slug: str
    name: str
    skill: Skill


BUDGETS = Skill(uri="http://data.europa.eu/esco/skill/21c5790c-0930-4d74-b3b0-84caf5af12ea", name="manage budgets")
WRITING = Skill(uri="https://www.onetcenter.org/content/2.A.1.c", name="Writing")
FORECASTING = Award(slug="cash-flow-forecasting", name="Cash-Flow Forecasting", skill=BUDGETS)
BUSINESS_WRITING = Award(slug="business-writing", name="Business Writing", skill=WRITING)
AWARDS = (FORECASTING, BUSINESS_WRITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as the employer made it."""

    id: str
    link: str
    employer: Node

    async def learners(self) -> dict[str, int]:
        """How far the learners who opened the link have come."""
        return (await self.employer.get(f"/requests/{self.id}"))["learners"]

    async def reports(self) -> list[dict[str, Any]]:
        """The reports, oldest first."""
        return [item["report"] for item in await self.employer.items(f"/requests/{self.id}/reports")]

    async def receipts(self) -> list[dict[str, Any]]:
        """`{"state", "receipt"}` of each."""
        return await self.employer.items(f"/requests/{self.id}/receipts")

    async def report(self, verdict: str | None = None) -> dict[str, Any]:
        """The newest report, once it is one with that verdict."""

        async def look() -> dict[str, Any] | None:
            found = await self.reports()
            return found[-1] if found and verdict in (None, found[-1]["verdict"]) else None

        try:
            return await wait_until(f"the newest report to say {verdict or 'anything'}", look)
        except Late as late:
            lists = [(item["freshness"], item["error"]) for item in await self.employer.items("/status")]
            found = [faults(report) for report in await self.reports()]
            raise Late(f"{late}; it says {found}; status lists: {lists}") from None

    async def complete_receipt(self) -> dict[str, Any]:
        """The receipt, once it has both signatures."""

        async def look() -> dict[str, Any] | None:
            found = await self.receipts()
            return found[0]["receipt"] if [item["state"] for item in found] == ["complete"] else None

        return await wait_until("a receipt with both signatures", look)


DATES_SOON = {"federation_every_s": 0.4, "status_every_s": 0.3, "log_every_s": 0.5}
"""`sync` of nodes that make a head of their log twice a second."""


class Network:
    """An anchor, an institution and an employer, all members; `second_institution` on demand.

    Args:
        each: what `node_in` gets for one node alone, by the first word of its name: `{"Harbour": {"path": ":shop"}}`.
        settings: tables of `node.toml` for every node, over the ones a test wants: little holding, frequent syncs.
    """

    def __init__(self, folder: Path, *, each: Mapping[str, Mapping[str, Any]] | None = None, **settings: Any) -> None:
        self.folder = folder
        own = each or {}
        self._settings = {
            "sync": {"federation_every_s": 0.4, "status_every_s": 0.3},
            "relay": {"hold_ms_max": 5},
            **settings,
        }
        self._places = free_places(len(NAMES))
        self.origins = {
            f"https://localhost:{port_of(place)}": f"http://127.0.0.1:{port_of(place)}" for place in self._places
        }
        self.anchor, self.institution, self.employer, self._second = (
            node_in(folder / word.lower(), name, place, self.origins, **{**self._settings, **own.get(word, {})})
            for name, word, place in zip(NAMES, [name.split()[0] for name in NAMES], self._places, strict=True)
        )
        self._running: list[Node] = []
        self._ends = contextlib.AsyncExitStack()
        self._learners = self._wallets = 0

    async def __aenter__(self) -> "Network":
        try:
            await self.start(self.anchor, self.institution, self.employer)
            await self.anchor.post("/network", {"name": NAMES[0], "relay": True})
            await self.join(self.institution, ISSUES)
            await self.join(self.employer, ASKS)
            await self.everybody_knows(self.anchor, self.institution, self.employer)
            await self.publish(self.institution)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._ends.aclose()
        await asyncio.gather(*(node.stop() for node in reversed(self._running)))
        for place in self._places:
            place.close()

    @property
    def nodes(self) -> Sequence[Node]:
        return tuple(self._running)

    def node_of(self, did: str) -> Node:
        """The running node with this DID."""
        return next(node for node in self._running if node.did == did)

    async def second_institution(self, *, joins: bool = True) -> Node:
        """Another college with the same achievements, a member unless told otherwise."""
        if self._second not in self._running:
            await self.start(self._second)
            await self.publish(self._second)
        if joins and not (await self._second.items("/network")):
            await self.join(self._second, ISSUES)
            await self.everybody_knows(*self._running)
        return self._second

    async def person(self, institution: Node | None = None) -> tuple[str, str, str]:
        """A new person at the institution: id, enrolment link and code."""
        institution = institution or self.institution
        self._learners += 1
        body = {"name": f"Learner {self._learners}", "reference": f"S-{self._learners:05}"}
        made = await institution.post("/learners", body)
        return made["learner"]["id"], made["link"], made["code"]

    async def wallet(self, **options: Any) -> tuple[Path, Wallet]:
        """A new wallet, open until the network ends."""
        self._wallets += 1
        folder = self.folder / f"wallet-{self._wallets}"
        opened = Wallet.open(folder, origins=self.origins, **options)
        return folder, await self._ends.enter_async_context(opened)

    async def close_wallets(self) -> None:
        """Ends every wallet that was opened here; their folders stay."""
        await self._ends.aclose()

    async def learner(self, *awards: Award, institution: Node | None = None) -> Learner:
        """Enrolled at the institution, with these badges (the one about budgets where none is named)."""
        id, link, code = await self.person(institution)
        folder, wallet = await self.wallet()
        await wallet.enrol(link, code)
        learner = Learner(id=id, institution=institution or self.institution, folder=folder, wallet=wallet)
        for award in awards or (FORECASTING,):
            await learner.award(award.slug)
        return learner

    async def start(self, *nodes: Node) -> None:
        for node in nodes:
            await node.init()
            await node.start()
            self._running.append(node)

    async def join(self, node: Node, roles: Mapping[str, Any]) -> None:
        """Invited, applied, approved."""
        invited = await self.anchor.post("/network/invitations")
        await node.post("/network/join", {"invitation": invited["invitation"], "roles": roles})
        await self.anchor.post("/network/members/approve", {"member": node.did})

    async def everybody_knows(self, *nodes: Node) -> None:
        """Returns when each of `nodes` has synced the standing and the keys of all of them, by its own job."""
        wanted = {node.did for node in nodes}

        async def look() -> bool:
            return all([wanted <= await self._listed(node) for node in nodes])

        await wait_until("everybody to know everybody", look)

    async def waiting_for(self, learner: Learner) -> int:
        """How many envelopes wait at the institution for a learner's phone."""
        owner = learner.mediation_did

        def count(session: Session) -> int:
            return len(session.exec(select(MailboxMessage.id).where(MailboxMessage.owner == owner)).all())

        return await learner.institution.read(count)

    async def uses(self, node: Node, learner: Learner) -> int:
        """How often `node` counted a use of a consent that this learner gave."""
        hashes = {asked["record_hash"] for asked in learner.wallet.history() if "record_hash" in asked}
        hashes |= set(learner.hashes)

        def count(session: Session) -> int:
            return len([use for use in session.exec(select(ConsentUse)) if use.record_hash in hashes])

        return await node.read(count)

    async def contents(self, node: Node) -> dict[str, int]:
        """How much a node keeps of what others send: what bad input must leave as it was."""
        tables = (InboxEntry, FlowThread, MailboxMessage, MailboxGrant, KnownDid, LearnerRow)

        def count(session: Session) -> dict[str, int]:
            return {table.__name__: len(session.exec(select(table)).all()) for table in tables}

        return await node.read(count)

    async def until(self, what: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """`wait_until`, for stories that have nothing else to import it for."""
        return await wait_until(what, look)

    async def knows_state(self, node: Node, member: Node, state: str) -> None:
        """Returns when `node` has synced that `member` is in `state`."""

        async def look() -> bool:
            known = {each["did"]: each["state"] for each in await node.items("/directory")}
            return known.get(member.did) == state

        await wait_until(f"{node.name} to know that {member.name} is {state}", look)

    async def publish(self, node: Node) -> None:
        for award in AWARDS:
            body = {
                "name": award.name,
                "description": "What was learned.",
                "criteria": "What was shown.",
                "alignments": [{"targetUrl": award.skill.uri, "targetName": award.skill.name}],
            }
            await node.put(f"/achievements/{award.slug}", body)

    async def ask(
        self,
        *skills: Skill,
        optional: Sequence[Skill] = (),
        employer: Node | None = None,
        **changes: Any,
    ) -> Asked:
        """The employer's request for `skills` (budgets where none is named)."""
        employer = employer or self.employer
        wanted = [(skill, True) for skill in skills or (BUDGETS,)] + [(skill, False) for skill in optional]
        items = [
            {"id": f"skill-{number}", "skill": {"uri": skill.uri, "name": skill.name}, "required": required}
            for number, (skill, required) in enumerate(wanted)
        ]
        body = {
            "items": items,
            "purpose": {"code": "hiring", "text": "To fill the position of finance assistant"},
            "retention_days": 30,
            "expires_in_s": 3600,
            **changes,
        }
        made = await employer.post("/requests", body)
        return Asked(id=made["id"], link=made["link"], employer=employer)

    async def _listed(self, node: Node) -> set[str]:
        """Whom `node` hands on to wallets: members with statements and keys that hold."""
        if {network["state"] for network in await node.items("/network")} != {"member"}:
            return set()
        status, page = await node.page(urlsplit(node.origin).path + "/federation/directory")
        return {member["did"] for member in json.loads(page)["members"]} if status == 200 else set()


@contextlib.asynccontextmanager
async def network_in(folder: Path, **settings: Any) -> AsyncGenerator[Network]:
    """`Network` as a function, for fixtures."""
    async with Network(folder, **settings) as network:
        yield network
