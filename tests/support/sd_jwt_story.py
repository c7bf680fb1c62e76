"""A member that issues SD-JWT VCs, a holder, and the node of an employer whom they are shown to."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.metrics import Metrics
from node.services.credential_evidence import Credentials
from node.services.did_document import Purpose
from node.services.signature_evidence import Brought, Signatures
from node.services.status_reading import ListReader
from node.services.status_sync import store_list
from node.services.verification import Verification
from node.storage.repos import status_snapshots
from node.storage.unit import Session
from protocols.credentials.enveloped import as_envelope, issue_sd_jwt_vc, present_sd_jwt
from protocols.dids.document import DidDocument
from protocols.dids.key import did_key
from protocols.dids.parse import parse_document
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import PrivateKey, Signer
from protocols.status.acceptance import Snapshot
from tests.support.badges import key_of
from tests.support.envelopes import entropy_of
from tests.support.findings import faults
from tests.support.status_world import signed_token
from tests.support.trust_network import COLLEGE, COLLEGE_DID, EMPLOYER, Internet, small_network

VCT = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential"
LIST = f"{COLLEGE}/tokens/1"
KEPT_AS = f"{LIST}#statuslist+jwt"
AUDIENCE, NONCE = "https://employer.example", "n-0S6_WzA2Mj"
ASKED = {"challenge": NONCE, "domain": AUDIENCE}
SKILL = "https://frameworks.example/skills/forecasting"
HOLDER = key_of("did:web:learner.example")
HOLDER_DID = did_key(HOLDER.public)
SUBJECT: dict[str, Any] = {
    "achievement": {
        "id": f"{COLLEGE}/achievements/1",
        "type": ["Achievement"],
        "name": "Cash-flow forecasting",
        "description": "Can forecast cash flow.",
        "criteria": {"narrative": "An examination."},
        "alignment": [{"type": ["Alignment"], "targetName": "Forecasting", "targetUrl": SKILL}],
    }
}
CLAIMS: dict[str, Any] = {"sub": HOLDER_DID, "given_name": "Ada", "credentialSubject": {"type": ["AchievementSubject"]}}
PATHS = [("given_name",), ("credentialSubject", "achievement")]


@dataclass(frozen=True)
class Story:
    """`verification` is the employer's; the college's `signer` is of its key for credentials."""

    internet: Internet
    verification: Verification
    proofs: ProofChecker
    didkit: Didkit
    signer: Signer

    @property
    def now(self) -> datetime:
        return self.internet.clock.now()

    def at(self, **delta: float) -> int:
        return int((self.now + timedelta(**delta)).timestamp())

    def issued(self, more: Mapping[str, Any] | None = None, **options: Any) -> str:
        """As its holder gets it, with `more` claims."""
        arguments: dict[str, Any] = {
            "vct": VCT,
            "signer": self.signer,
            "holder": HOLDER.public,
            "disclosable": PATHS,
            "issued_at": self.now - timedelta(minutes=1),
            "entropy": entropy_of("story"),
            "status": {"status_list": {"idx": 7, "uri": LIST}},
            **options,
        }
        claims = {**CLAIMS, "credentialSubject": {**CLAIMS["credentialSubject"], **SUBJECT}, **(more or {})}
        return issue_sd_jwt_vc(claims, **arguments)

    def shown(self, text: str | None = None, by: PrivateKey = HOLDER, **options: Any) -> str:
        """All of it, bound to the employer who asked."""
        arguments: dict[str, Any] = {
            "disclose": PATHS,
            "signer": by,
            "audience": AUDIENCE,
            "nonce": NONCE,
            "signed_at": self.now,
            **options,
        }
        return present_sd_jwt(text or self.issued(), **arguments)

    async def report(
        self, token: str, asked: Mapping[str, Any] = ASKED, statuses: Mapping[int, int] | None = None
    ) -> JsonObject:
        """The employer's report; `statuses` are in the college's list, which is at hand unless they are None."""
        snapshots = {} if statuses is None else {KEPT_AS: await self.snapshot(statuses)}
        brought = Brought(snapshots=snapshots)
        made = await self.verification.report_on_credential(as_envelope(token), "report-1", brought, **asked)
        return made.to_json()

    async def answer(self, token: str, asked: Mapping[str, Any] = ASKED) -> tuple[str, list[tuple[int, str, str]]]:
        """The verdict, and every line that is no yes."""
        report = await self.report(token, asked, statuses={})
        return report["verdict"], faults(report)

    async def snapshot(self, statuses: Mapping[int, int]) -> Snapshot:
        """The college's list as the employer reads it."""
        return (await self._read(statuses))[1]

    async def sync(self, statuses: Mapping[int, int]) -> None:
        """The employer keeps the college's list."""
        document, snapshot = await self._read(statuses)

        def body(session: Session) -> None:
            found = status_snapshots.get(session, KEPT_AS)
            row = found or status_snapshots.StatusSnapshot(url=KEPT_AS, next_at=self.now)
            row.checked_at = self.now
            store_list(row, document, snapshot)
            status_snapshots.keep(session, row)

        await self.internet.nodes[EMPLOYER].storage.run("test.keep", body)

    async def _read(self, statuses: Mapping[int, int]) -> tuple[bytes, Snapshot]:
        body = signed_token(self.internet.clock, statuses, by=self.signer, url=LIST)  # pyright: ignore[reportArgumentType]
        college = self.internet.nodes[COLLEGE].identity
        keys = _Keys(parse_document(college.did_document(), COLLEGE_DID))
        reader = ListReader(keys, self.proofs, self.internet.clock)
        return await reader.read(KEPT_AS, body, kept=None, pointed_by=COLLEGE_DID)


@dataclass(frozen=True)
class _Keys:
    """Implements `node.services.status_reading.Keys`."""

    document: DidDocument

    async def resolve(self, did: str) -> DidDocument:
        assert did == COLLEGE_DID
        return self.document

    async def refresh(self, did: str) -> DidDocument:
        return await self.resolve(did)


@asynccontextmanager
async def sd_jwt_story(folder: Path) -> AsyncIterator[Story]:
    async with small_network(folder) as internet:
        employer, college = internet.nodes[EMPLOYER], internet.nodes[COLLEGE]
        internet.clock.advance(timedelta(minutes=5))
        metrics = Metrics()
        pool, legacy = proof_pool(metrics), didkit_pool(metrics)
        proofs = ProofChecker(pool)
        signatures = Signatures(employer.storage, employer.directory, proofs, Didkit(legacy))
        credentials = Credentials(employer.storage, employer.directory, signatures)
        verification = Verification(credentials, proofs, internet.clock)
        try:
            yield Story(internet, verification, proofs, Didkit(legacy), college.identity.signer(Purpose.ASSERTION))
        finally:
            await pool.close()
            await legacy.close()
