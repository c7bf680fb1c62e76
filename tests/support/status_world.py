"""A node's keeping of others' status lists, with everything real but the way out, which answers what a test says."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetched
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.errors import Unreachable
from node.log import create_log
from node.metrics import Metrics
from node.services.directory import Directory
from node.services.status_sync import SYNCED, StatusSync
from node.storage.repos import status_snapshots
from node.storage.unit import Session, Storage
from protocols.credentials.proofs import add_proof
from protocols.dids.key import did_key
from protocols.dids.multiformats import encode_multikey
from protocols.jose.encoding import canonical_json
from protocols.jose.keys import PrivateKey
from protocols.status.bitstring import new_bits, set_bit
from protocols.status.freshness import FreshnessPolicy
from protocols.status.publish import status_list_credential
from protocols.status.token_list import sign_status_list
from protocols.status.token_status import pack
from tests.support.clock import StandingClock
from tests.support.storage import storage_in

URL = "https://college.example/status/1"


def issuer(name: str) -> PrivateKey:
    """A signing key, the same in every run; its kid is a did:key's."""
    key = PrivateKey.from_secret("Ed25519", name.encode().ljust(32, b".")[:32])
    return key.named(f"{did_key(key.public)}#{encode_multikey(key.public)}")


COLLEGE, STRANGER = issuer("college"), issuer("stranger")


def did_of(key: PrivateKey) -> str:
    return key.kid.partition("#")[0]


def signed_list(clock: StandingClock, *set_: int, by: PrivateKey = COLLEGE, url: str = URL, **changes: Any) -> bytes:
    """A list of revocations as of now, with some bits set."""
    bits = new_bits()
    for index in set_:
        bits = set_bit(bits, index)
    arguments: dict[str, Any] = {
        "url": url,
        "issuer": did_of(by),
        "purpose": "revocation",
        "bits": bits,
        "valid_from": clock.now(),
        "valid_until": None,
        "ttl_ms": None,
    }
    document = status_list_credential(**{**arguments, **changes})
    options: Any = {"signer": by, "purpose": "assertionMethod", "created": clock.now()}
    return canonical_json(add_proof(document, suite="eddsa-jcs-2022", **options))


def signed_token(
    clock: StandingClock, statuses: Mapping[int, int], *, by: PrivateKey = COLLEGE, url: str = URL
) -> bytes:
    """A Status List Token of two bits an entry as of now."""
    token = sign_status_list(
        pack(statuses, entries=1024, size=2),
        uri=url,
        size=2,
        signer=by,
        issued_at=clock.now(),
        expires_at=None,
        ttl_s=None,
    )
    return token.encode()


@dataclass
class Answers:
    """The way out: what stands at each URL, or why nothing does; `asked` are (URL, Accept, ETag) as they came."""

    at: dict[str, bytes | Exception] = field(default_factory=dict[str, bytes | Exception])
    etag: str | None = None
    media_type: str = "application/vc"
    asked: list[tuple[str, str, str | None]] = field(default_factory=list[tuple[str, str, str | None]])

    async def get(self, url: str, *, max_bytes: int, accept: str, etag: str | None = None) -> Fetched:
        self.asked.append((url, accept, etag))
        answer = self.at.get(url, Unreachable("no connection"))
        if isinstance(answer, Exception):
            raise answer
        is_known = etag is not None and etag == self.etag
        return Fetched(
            status=304 if is_known else 200,
            body=b"" if is_known else answer,
            etag=self.etag,
            content_type=self.media_type,
            final_url=url,
            max_age_s=None,
        )


@dataclass
class StatusWorld:
    sync: StatusSync
    storage: Storage
    clock: StandingClock
    out: Answers
    log: io.StringIO
    changed: list[str]

    async def want(self, url: str = URL, issuer: PrivateKey = COLLEGE) -> None:
        def body(session: Session) -> None:
            status_snapshots.want(session, url, issuer=did_of(issuer), now=self.clock.now())

        await self.storage.run("test.want", body)

    async def row(self, url: str = URL) -> status_snapshots.StatusSnapshot:
        found = await self.storage.read(lambda session: status_snapshots.get(session, url))
        assert found is not None
        return found


@dataclass
class Commits:
    """Counts commits, and the bodies in them, by name."""

    count: int = 0
    bodies: list[str] = field(default_factory=list[str])

    def before(self, names: Sequence[str]) -> None: ...

    def after(self, names: Sequence[str], duration_s: float) -> None:
        self.count += 1
        self.bodies.extend(names)


@asynccontextmanager
async def status_world(
    folder: Path, *, commits: Commits | None = None, policy: FreshnessPolicy = SYNCED
) -> AsyncIterator[StatusWorld]:
    clock, out, log, changed = StandingClock(), Answers(), io.StringIO(), list[str]()
    storage, pool = storage_in(folder, points=commits or Commits()), proof_pool(Metrics())
    await storage.start()
    try:
        anything: Any = out
        sync = StatusSync(
            storage,
            Directory(storage, clock),
            anything,
            Resolver(anything, clock, known=lambda _: asyncio.sleep(0)),
            ProofChecker(pool),
            3600,
            clock,
            create_log("info", "json", log),
            lambda _, presentation: changed.append(presentation),
            policy,
        )
        yield StatusWorld(sync, storage, clock, out, log, changed)
    finally:
        await pool.close()
        await storage.close()
