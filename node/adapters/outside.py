"""Everything of this node that touches the outside, opened and ended together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from node.adapters.did_resolver import Known, Resolver
from node.adapters.didkit_worker import Didkit, didkit_pool
from node.adapters.fetch import Fetcher
from node.adapters.keystore import Keystore, open_keystore
from node.adapters.own_contexts import own_contexts
from node.adapters.proof_worker import ProofChecker, proof_pool
from node.adapters.transport import DidcommTransport
from node.clock import Clock
from node.metrics import Metrics
from node.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What services are given of the outside."""

    keystore: Keystore
    fetcher: Fetcher
    resolver: Resolver
    transport: DidcommTransport
    proofs: ProofChecker
    didkit: Didkit


@asynccontextmanager
async def open_outside(settings: Settings, known: Known, clock: Clock, metrics: Metrics) -> AsyncGenerator[Outside]:
    """Opens what has to be open while the node runs, and ends it, worker processes too.

    Args:
        known: what this node learned about DIDs that cannot be resolved from themselves.

    Raises:
        ConfigurationError: no master key, or an own context that is not as it was pinned.
    """
    keystore, contexts = open_keystore(settings), own_contexts(settings)
    proofs, legacy = proof_pool(metrics), didkit_pool(metrics)
    async with Fetcher(settings.fetch, settings.limits, clock, metrics) as fetcher:
        try:
            yield Outside(
                keystore=keystore,
                fetcher=fetcher,
                resolver=Resolver(fetcher, clock, known=known, max_bytes=settings.limits.fetched_bytes),
                transport=DidcommTransport(fetcher),
                proofs=ProofChecker(proofs, contexts),
                didkit=Didkit(legacy),
            )
        finally:
            await proofs.close()
            await legacy.close()
