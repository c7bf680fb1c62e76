"""The history of a did:webvh, fetched: its log, and the proofs of its witnesses where it has any.

The newest version that was seen of each DID is remembered, so that a log that was cut off or written anew from an
earlier entry is refused, even by whoever has the keys of that time. The memory is that of this process: it is bounded,
and begins anew with the node.
"""

import asyncio
from collections import OrderedDict
from functools import partial

from node.adapters.fetch import Fetched, Fetcher
from node.clock import Clock
from node.errors import Rejected
from protocols.dids.webvh import History, history_of, log_url, read_log, witness_url
from protocols.dids.webvh.log import MAX_LOG_BYTES
from protocols.dids.webvh.witness import MAX_WITNESS_BYTES

ACCEPT_LOG = "text/jsonl, application/jsonl, application/json;q=0.9, */*;q=0.5"
"""A log proves itself, whatever a file server calls it."""
ACCEPT_WITNESSES = "application/json, */*;q=0.5"
MAX_REMEMBERED = 4096


class HistoryReader:
    """Reads logs through the guarded way out. Safe to share."""

    def __init__(self, fetcher: Fetcher, clock: Clock, *, max_bytes: int, max_remembered: int = MAX_REMEMBERED) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_remembered = max_remembered
        self._newest: OrderedDict[str, tuple[int, str]] = OrderedDict()

    async def read(self, did: str, known: History | None, etag: str | None) -> tuple[History, Fetched]:
        """The history of `did`, and how its log was answered.

        Args:
            known: the one that was fetched with `etag`.

        Raises:
            DidError, LogRefused: not a did:webvh, or a log that is not believed; `forked` where another was seen.
            NodeError: as `Fetcher.get`, for the log; or for the witness proofs, unless there just are none.
        """
        most = min(self._max_bytes, MAX_LOG_BYTES)
        # what a log lacked may be in its witness proofs by now, which have an etag of their own
        condition = etag if known is not None and known.fault is None else None
        fetched = await self._fetcher.get(log_url(did), max_bytes=most, accept=ACCEPT_LOG, etag=condition)
        if fetched.status == 304 and known is not None:
            return known, fetched
        now = self._clock.now()
        # a long log takes a while: other tasks go on meanwhile
        log = await asyncio.to_thread(partial(read_log, fetched.body, did, now=now))
        proofs = await self._witness_proofs(did) if log.needs_witnesses else None
        history = await asyncio.to_thread(partial(history_of, log, proofs, now=now))
        self._remember(did, history)
        return history, fetched

    async def _witness_proofs(self, did: str) -> bytes | None:
        """Fetched after the log: its owner publishes them before."""
        try:
            url, most = witness_url(did), min(self._max_bytes, MAX_WITNESS_BYTES)
            return (await self._fetcher.get(url, max_bytes=most, accept=ACCEPT_WITNESSES)).body
        except Rejected:
            return None

    def _remember(self, did: str, history: History) -> None:
        if did in self._newest:
            history.check_follows(*self._newest[did])
            self._newest.move_to_end(did)
        if history.fault is None:
            newest = history.versions[-1]
            self._newest[did] = (newest.number, newest.id)
            while len(self._newest) > self._max_remembered:
                self._newest.popitem(last=False)
