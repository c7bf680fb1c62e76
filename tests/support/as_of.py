"""Badges of one institution after another, signed on days before, between and after what happens to them, and dated in
every way there is: what a verification report makes of each of them.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.metrics import Metrics
from node.services.credential_evidence import Credentials
from node.services.did_document import Purpose
from node.services.signature_evidence import Brought, Signatures
from node.services.verification import Verification
from node.storage.repos import issuance_log as rows
from node.storage.unit import Session
from protocols.credentials.proofs import add_proof, signed_digest
from protocols.jose.encoding import JsonObject, b64url_decode
from protocols.jose.keys import Signer
from protocols.trust.issuance_log.head import cosign, parse_head, sign_head
from protocols.trust.issuance_log.inclusion import proof_json
from protocols.trust.issuance_log.merkle import Tree, leaf_hash
from protocols.trust.times import format_instant
from protocols.verification.report import VerificationReport
from tests.support.badges import badge
from tests.support.trust_network import EMPLOYER, NETWORK, Internet, Node, running

Dated = Literal["none", "then", "late", "fork"]
"""With no proof of its date; with one that is of the day it was signed, or of a later one; with one from a log that is
not the one that was synced.
"""


@dataclass(frozen=True)
class Signed:
    """A badge, and what there is for its date so far."""

    document: JsonObject
    digest: str
    proofs: dict[Dated, Sequence[JsonObject]]


@dataclass
class World:
    """`signed` by issuer and day; the employer reports on all of it.

    `witnessed` is what its own witnesses signed for that day. `old_keys` were in use, and others have them.
    """

    internet: Internet
    verification: Verification
    witnessed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    signed: dict[tuple[str, str], Signed] = field(default_factory=dict[tuple[str, str], Signed])
    old_keys: dict[str, Signer] = field(default_factory=dict[str, Signer])

    @property
    def now(self) -> datetime:
        return self.internet.clock.now().replace(microsecond=0)

    async def sign(self, issuer: str, day: str, *, signer: Signer | None = None) -> None:
        """A badge of today by the issuer's key in use or any other, in its log under a head that witnesses are shown.

        Witnesses sign for a member in good standing only; for everybody else there are two in league with it.
        """
        node = self.internet.nodes[issuer]
        document = badge(
            id=f"https://badges.example/{day}",
            issuer={"id": node.did, "type": ["Profile"], "name": "Its name"},
            validFrom=format_instant(self.now),
        )
        signer = signer or node.identity.signer(Purpose.ASSERTION)
        document = add_proof(
            document, suite="eddsa-jcs-2022", signer=signer, purpose="assertionMethod", created=self.now
        )
        signed = Signed(document, signed_digest(document, signer.public), {"none": ()})
        await node.storage.run(
            "as_of.sign", lambda session: node.issuance_log.add(session, None, signed.digest, now=self.now)
        )
        await node.issuance_log.seal()
        await self.internet.deliver()
        honest = await node.storage.read(lambda session: node.issuance_log.proof_of(session, signed.digest))
        if honest is not None:
            self.witnessed.add((issuer, day))
        signed.proofs["then"] = (honest or await self._in_league(node, signed),)
        signed.proofs["fork"] = (await self._in_league(node, signed, is_fork=True),)
        self.signed[issuer, day] = signed

    async def date_late(self, issuer: str, day: str) -> None:
        """What was signed on `day` is dated now."""
        signed = self.signed[issuer, day]
        signed.proofs["late"] = (await self._in_league(self.internet.nodes[issuer], signed),)

    async def sync(self, *others: str) -> None:
        """The anchor, the employer and `others` have all members, and those two all heads."""
        await self.internet.sync(NETWORK, EMPLOYER, *others)
        for entity_id in (NETWORK, EMPLOYER):
            await self.internet.nodes[entity_id].witnessing.sync()

    async def report(self, issuer: str, day: str, dated: Dated) -> VerificationReport | None:
        """On the badge of that day; None where it, or that proof, does not exist yet."""
        signed = self.signed.get((issuer, day))
        if signed is None or dated not in signed.proofs:
            return None
        brought = Brought(dates=signed.proofs[dated])
        return await self.verification.report_on_credential(signed.document, "report", brought)

    async def _in_league(self, node: Node, signed: Signed, *, is_fork: bool = False) -> JsonObject:
        """A proof under the head that the log has, cosigned now by the anchor and the employer.

        A fork has a tree of the same size in which everything else is something else.
        """

        def place(session: Session) -> tuple[int, bytes, list[bytes]]:
            leaf = rows.leaf_of(session, signed.digest)
            assert leaf is not None
            assert leaf.position is not None
            size = rows.heads(session, node.entity_id, after=leaf.position, limit=1)[0].size
            leaves = [b64url_decode(each) for each in rows.leaves_from(session, 0)[:size]]
            return leaf.position, b64url_decode(leaf.salt), leaves

        position, salt, leaves = await node.storage.read(place)
        if is_fork:
            leaves = [
                leaf if number == position else leaf_hash(str(number).encode()) for number, leaf in enumerate(leaves)
            ]
        tree = Tree(leaves)
        signer = node.configuration.signer()
        head = parse_head(sign_head(node.entity_id, tree.size, tree.root(), signer=signer, at=self.now))
        witnesses = [self.internet.nodes[entity_id] for entity_id in (NETWORK, EMPLOYER)]
        return proof_json(
            log=node.entity_id,
            digest=signed.digest,
            salt=salt,
            position=position,
            size=tree.size,
            path=tree.inclusion(position, tree.size),
            cosignatures=[
                cosign(head, witness=each.entity_id, signer=each.configuration.signer(), at=self.now)
                for each in witnesses
            ],
        )


@asynccontextmanager
async def fresh_world(folder: Path, *others: str) -> AsyncIterator[World]:
    """The anchor of a new network, the employer and `others`, none of them a member yet."""
    internet = Internet()
    async with running(internet, folder, NETWORK, EMPLOYER, *others) as (anchor, employer, *_):
        await anchor.members.create("Example Network", actor="operator")
        metrics = Metrics()
        pool, legacy = proof_pool(metrics), didkit_pool(metrics)
        proofs = ProofChecker(pool)
        signatures = Signatures(employer.storage, employer.directory, proofs, Didkit(legacy))
        credentials = Credentials(employer.storage, employer.directory, signatures)
        try:
            yield World(internet, Verification(credentials, proofs, internet.clock))
        finally:
            await pool.close()
            await legacy.close()
