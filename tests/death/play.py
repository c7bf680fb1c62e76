"""The death of an institution, played by real services: what it signed while it lived, and what others make of that.

A college issues, names an archive as its custodian, hands over, and closes. Years later somebody has its domain and all
of its keys. An employer is shown credentials: those of then, and those made now that claim to be.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.log import create_log
from node.metrics import Metrics
from node.services.credential_evidence import Credentials
from node.services.did_document import Purpose
from node.services.signature_evidence import Brought, Signatures
from node.services.status_lists import REVOCATION
from node.services.status_sync import StatusSync
from node.services.verification import Verification
from node.services.web import get_did_document, object_in
from node.storage.repos import issuance, status_snapshots
from node.storage.repos import status_lists as list_rows
from node.storage.unit import Session
from protocols.credentials.proofs import add_proof, signed_digest
from protocols.dids.document import DidDocument
from protocols.dids.parse import parse_document
from protocols.jose.encoding import JsonObject
from protocols.trust.entity import entity_id_of
from tests.support.badges import badge
from tests.support.trust_network import (
    ASKS,
    COLLEGE,
    COLLEGE_DID,
    EMPLOYER,
    ISSUES,
    NETWORK,
    Internet,
    Node,
    admit,
    running,
)

ARCHIVE = "https://archive.example"
LEARNER = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"


@dataclass(frozen=True)
class Shown:
    """A credential as somebody shows it to the employer, with what there is for its date."""

    document: JsonObject
    dates: tuple[JsonObject, ...] = ()


@dataclass
class Story:
    internet: Internet
    verification: Verification
    status_sync: StatusSync
    closed_at: datetime
    kept: dict[str, Shown] = field(default_factory=dict[str, Shown])

    @property
    def college(self) -> Node:
        return self.internet.nodes[COLLEGE]

    @property
    def archive(self) -> Node:
        return self.internet.nodes[ARCHIVE]

    @property
    def employer(self) -> Node:
        return self.internet.nodes[EMPLOYER]

    @property
    def now(self) -> datetime:
        return self.internet.clock.now().replace(microsecond=0)

    async def issues(self, *names: str) -> None:
        """The college issues badges of these names, each with its places in the lists, and they are dated."""
        made: dict[str, JsonObject] = {}
        for name in names:
            await self.college.storage.run(
                "play.places",
                lambda session, name=name: self.college.status_lists.allocate(session, name, now=self.now),
            )
            made[name] = self.signed(name, await self.statuses(name), created=self.now)

        def body(session) -> None:
            for document in made.values():
                key = self.college.identity.signer(Purpose.ASSERTION).public
                self.college.issuance_log.add(session, None, signed_digest(document, key), now=self.now)

        await self._in_college(body)
        await self._keep_for_custody(made)
        await self.publishes_lists()
        await self.college.issuance_log.seal()
        await self.internet.deliver()
        for name, document in made.items():
            key = self.college.identity.signer(Purpose.ASSERTION).public
            found = signed_digest(document, key)
            date = await self.college.storage.read(
                lambda session, found=found: self.college.issuance_log.proof_of(session, found)
            )
            assert date is not None
            self.kept[name] = Shown(document, (date,))

    def signed(
        self, name: str, statuses: list[JsonObject], *, created: datetime, key: Any = None, **changes: Any
    ) -> JsonObject:
        """A badge by the college's key, or by whatever key is given."""
        unsigned = badge(
            id=f"urn:uuid:{name}",
            issuer={"id": COLLEGE_DID, "type": ["Profile"], "name": "Example College"},
            validFrom=created.isoformat().replace("+00:00", "Z"),
            credentialStatus=statuses,
            **changes,
        )
        del unsigned["validUntil"]
        signer = key or self.college.identity.signer(Purpose.ASSERTION)
        return add_proof(unsigned, suite="eddsa-jcs-2022", signer=signer, purpose="assertionMethod", created=created)

    async def revokes(self, name: str) -> None:
        lists = self.college.status_lists
        await self._in_college(lambda session: lists.set(session, name, REVOCATION, True, now=self.now))
        await self.publishes_lists()

    async def publishes_lists(self) -> None:
        lists = await self.college.storage.read(lambda session: list_rows.page(session, limit=10, after=None))
        for row in lists:
            stored = await self.college.status_lists.publish({"list": row.id})
            await self._in_college(stored)

    async def verdict(self, shown: Shown) -> tuple[str, dict[int, str]]:
        """The verdict, and what steps 4 (signed), 6 (status) and 7 (standing) say."""
        report = await self.verification.report_on_credential(shown.document, "report", Brought(dates=shown.dates))
        steps: dict[int, list[str]] = {}
        for line in report.checks:
            steps.setdefault(line.number, []).append(line.outcome.value)
        worst = ("no", "could_not_tell", "yes", "not_applicable")
        return report.verdict.value, {n: min(steps[n], key=worst.index) for n in (4, 6, 7)}

    async def everybody_syncs(self) -> None:
        await self.internet.sync(NETWORK, EMPLOYER, ARCHIVE)
        for entity_id in (NETWORK, EMPLOYER, ARCHIVE):
            await self.internet.nodes[entity_id].witnessing.sync()
        await self.employer.successors.sync()
        await self.employer.storage.run(
            "play.due", lambda session: status_snapshots.make_due(session, now=self.internet.clock.now())
        )
        await self.status_sync.run_due()

    async def wants_list(self, url: str) -> None:
        """The employer keeps a list of the college's fresh from now on, as if it were named on its page."""
        await self.employer.storage.run(
            "play.wanted", lambda session: status_snapshots.want(session, url, issuer=COLLEGE_DID, now=self.now)
        )

    async def hands_over(self) -> None:
        """Everything for the custodian, in envelopes that only it can open."""
        async for envelope in self.college.escrow.envelopes():
            await self.archive.custody.take(envelope)

    async def _in_college(self, body: Callable[[Session], Any]) -> None:
        await self.college.storage.run("play.college", body)

    async def statuses(self, name: str) -> list[JsonObject]:
        return await self.college.storage.read(lambda session: self.college.status_lists.entries(session, name))

    async def _keep_for_custody(self, made: Mapping[str, JsonObject]) -> None:
        """As awards, so that they are among what is handed over."""

        def body(session) -> None:
            for name, document in made.items():
                row = issuance.add(session, name, "learner", "x", thread_id=name, valid_until=None, now=self.now)
                issuance.issued(session, row, document, now=self.now)

        await self._in_college(body)


@dataclass(frozen=True)
class _Resolver:
    """Fetches did.json as it is served now (implements `node.services.status_reading.Keys`)."""

    internet: Internet

    async def resolve(self, did: str) -> DidDocument:
        return parse_document(object_in(await get_did_document(self.internet, entity_id_of(did))), did)

    async def refresh(self, did: str) -> DidDocument:
        return await self.resolve(did)


@asynccontextmanager
async def story(folder: Path) -> AsyncIterator[Story]:
    """A network of an anchor, a college, an employer and an archive, all synced once."""
    internet = Internet()
    async with running(internet, folder, NETWORK, COLLEGE, EMPLOYER, ARCHIVE) as (anchor, college, employer, archive):
        await anchor.members.create("Example Network", actor="operator")
        await admit(anchor, college, ISSUES, name="Example College")
        await admit(anchor, employer, ASKS, name="Example Employer")
        await admit(anchor, archive, ISSUES, name="State Archive")
        await internet.sync()
        metrics = Metrics()
        pool, legacy = proof_pool(metrics), didkit_pool(metrics)
        proofs = ProofChecker(pool)
        signatures = Signatures(employer.storage, employer.directory, proofs, Didkit(legacy))
        credentials = Credentials(employer.storage, employer.directory, signatures)
        status_sync = StatusSync(
            employer.storage,
            employer.directory,
            internet,  # pyright: ignore[reportArgumentType]
            _Resolver(internet),  # pyright: ignore[reportArgumentType]
            proofs,
            60.0,
            internet.clock,
            create_log("info", "json", employer.log),
            lambda session, presentation_id: None,
        )
        try:
            verification = Verification(credentials, proofs, internet.clock)
            yield Story(internet, verification, status_sync, internet.clock.now())
        finally:
            await pool.close()
            await legacy.close()
