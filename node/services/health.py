"""Whether this node can take a message in and make it durable, right now."""

import asyncio
from dataclasses import dataclass

from node.errors import NodeError
from node.metrics import Metrics
from node.storage.repos import gauges
from node.storage.unit import UnitOfWork

ANSWER_WITHIN_S = 3.0


class NotReady(NodeError):
    """This process lives, but must not be sent anything now."""

    retryable = True
    status = 503


@dataclass(slots=True)
class Health:
    """`draining` is set when the node was told to stop: it finishes what it has and wants nothing new."""

    storage: UnitOfWork
    metrics: Metrics
    draining: bool = False

    async def check(self) -> None:
        """Raises NotReady with what is missing."""
        if self.draining:
            raise NotReady("the node is stopping", expected="another replica, or this one once it is up again")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self.storage.read(lambda _: None)
        except TimeoutError as error:
            raise NotReady(
                "the database does not answer", found=f"nothing in {ANSWER_WITHIN_S:.0f} s", expected="an answer"
            ) from error

    async def measure(self) -> None:
        """Brings the gauges that are counts of rows up to now; asked at each scrape."""
        counts = await self.storage.read(gauges.counts)
        self.metrics.mailbox_rows.set(counts.mailbox)
        self.metrics.outbox_rows.labels("waiting").set(counts.outbox_waiting)
        self.metrics.outbox_rows.labels("dead").set(counts.outbox_dead)
        self.metrics.peers.set(counts.peers)
