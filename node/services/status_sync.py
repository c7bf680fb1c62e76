"""Keeps status lists fresh, in the background and never on the way of a verification: those of our network's issuers,
and whatever else our reports rest on.

Whole lists only, on schedule, with an ETag: an issuer learns that we know of a list, never which credential we look
at or when. One hung issuer delays no other. A list that changed has every report that rests on it made anew.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from node.adapters.did_resolver import Resolver
from node.adapters.fetch import Fetched, Fetcher
from node.adapters.proof_worker import ProofChecker
from node.clock import Clock, jitter
from node.errors import NodeError, OverBudget
from node.log import Log
from node.services.custody import mirror_url
from node.services.directory import Directory
from node.services.fair_queue import FairQueue, host_of
from node.services.issuer_metadata import status_lists_of
from node.services.status_reading import ListReader, trouble_of
from node.services.status_rows import SyncedList, snapshot_of, store_list, synced_list
from node.services.successors import stands_in
from node.storage.repos import status_snapshots as rows
from node.storage.unit import Session, UnitOfWork
from protocols.errors import ProtocolError
from protocols.status.acceptance import MAX_LIST_DOCUMENT_BYTES, Snapshot
from protocols.status.entry import token_uri
from protocols.status.errors import StatusVerificationError
from protocols.status.freshness import FreshnessPolicy
from protocols.status.token_list import MEDIA_TYPE
from protocols.trust.entity import did_of

SYNCED = FreshnessPolicy(fresh_s=3600, usable_s=7 * 24 * 3600)
"""Older than an hour a list is stale, and a report says so; older than a week it says nothing."""
MOST = 10_000
"""URLs of lists that are due, taken in at one look."""
RUN_S = 60.0
"""After which a run begins no more, so that it ends well within its lease."""
LOOK_EVERY_S = 0.5
BACKOFF_S = (5, 10, 30, 120, 600, 3600, 6 * 3600)
"""Soon again at first: a report may wait for the list, and its publisher may just be starting."""
PUT_OFF_S = 1.0
ACCEPT = "application/vc, application/vc+jwt, application/json, application/ld+json"


@dataclass(slots=True)
class StatusSync:
    """The job `status.sync`.

    Args:
        changed: called in the transaction that stores a list with other bits, once for each presentation that
            rests on it.
    """

    storage: UnitOfWork
    directory: Directory
    fetcher: Fetcher
    resolver: Resolver
    proofs: ProofChecker
    every_s: float
    clock: Clock
    log: Log
    changed: Callable[[Session, str], None]
    policy: FreshnessPolicy = SYNCED

    async def run_due(self) -> None:
        """Fetches every list that is due; each failure is that list's alone.

        A host that does not answer holds its own few places and no other: lists of other hosts go on being fetched
        beside it, those too that become due while it is waited for.
        """
        queue, until = FairQueue(), self.clock.monotonic() + RUN_S
        freed = asyncio.Event()

        async def one(url: str) -> None:
            try:
                row = await self.storage.read(lambda session: rows.get(session, url))
                if row is not None and row.next_at <= self.clock.now():  # it may have been done since it was listed
                    await self._refresh(row)
            finally:
                queue.done(url)
                freed.set()

        async with asyncio.TaskGroup() as tasks:
            looked_at = -LOOK_EVERY_S
            while True:
                now_s = self.clock.monotonic()
                if now_s >= until:
                    queue.forget()
                elif now_s >= looked_at + LOOK_EVERY_S:
                    looked_at, now = now_s, self.clock.now()
                    queue.add(await self.storage.read(lambda session, now=now: rows.due(session, now=now, limit=MOST)))
                for url in queue.take():
                    tasks.create_task(one(url))
                if queue.is_empty:
                    return
                freed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await freed.wait()

    async def discover(self) -> None:
        """The job `status.discover`: the lists that members publish are kept before anything rests on them.

        So the first report on a credential of a member needs no second look, and which list we fetch tells an issuer
        nothing: everybody in the network fetches all of them.
        """
        unseen = await self.storage.read(self._published_unseen)
        if not unseen:
            return

        def body(session: Session) -> None:
            for url, issuer in unseen:
                rows.want(session, url, issuer=issuer, now=self.clock.now())

        await self.storage.run("status.discover", body)

    async def forget(self) -> None:
        """The job `status.forget`: lists that no presentation rests on any more are fetched and kept no longer.

        Those of whoever is or was a member stay: without what is kept, an older list could be passed off as new.
        """

        def body(session: Session) -> int:
            return rows.forget(session, but=frozenset(member.did for member in self.directory.members(session)))

        gone = await self.storage.run("status.forget", body)
        if gone:
            self.log.info("status lists forgotten", count=gone)

    def _published_unseen(self, session: Session) -> list[tuple[str, str]]:
        """(list, issuer) for each list that a registered issuer names on its own host and that is not kept yet."""
        return [
            (url, member.did)
            for member in self.directory.members(session)
            if member.membership.issuer is not None
            for url in status_lists_of(member.metadata)
            if host_of(url) == member.host and rows.get(session, url) is None
        ]

    async def sync_now(self) -> tuple[int, int]:
        """Looks at every list now, not when it is due: (how many lists, how many of them failed)."""
        now = self.clock.now()
        count = await self.storage.run("status.due", lambda session: rows.make_due(session, now=now))
        await self.run_due()
        after = await self.storage.read(lambda session: rows.all(session, limit=count, after=None))
        return count, sum(row.failures > 0 for row in after)

    async def lists(self, *, limit: int, after: str | None) -> Sequence[SyncedList]:
        """What is kept, by URL, from the one after `after`."""
        now = self.clock.now()
        found = await self.storage.read(lambda session: rows.all(session, limit=limit, after=after))
        return [synced_list(row, now, self.policy) for row in found]

    async def look(self, url: str, issuer: str) -> Snapshot:
        """A list as it is now, fetched and checked for one caller who waits; nothing of it is kept.

        Raises:
            NodeError: it cannot be had.
            ProtocolError: it is none, or not of `issuer`.
        """
        fetched = await self._get(url)
        return await self.read(fetched.body, url, issuer)

    async def read(self, body: bytes, url: str, issuer: str) -> Snapshot:
        """As `look`, from bytes that are at hand; where a list is kept, none that is older is taken for it."""
        kept = await self.storage.read(lambda session: rows.get(session, url))
        _, snapshot = await self._accept(kept or rows.StatusSnapshot(url=url, next_at=self.clock.now()), body)
        if snapshot.issuer != issuer:
            raise StatusVerificationError("the list is not by the issuer of the credential")
        return snapshot

    async def _refresh(self, row: rows.StatusSnapshot) -> None:
        try:
            custodian = await self.storage.read(
                lambda session: stands_in(session, self.directory, row.url, row.issuer or "")
            )
            if custodian is None:
                fetched = await self._get(row.url, etag=row.etag if row.document else None)
                fresh = None if fetched.status == 304 else await self._accept(row, fetched.body)
            else:
                fetched = await self._get(mirror_url(custodian, row.url))
                fresh = await self._accept_mirrored(row, fetched.body, custodian)
            await self._keep(row, fetched, fresh)
        except OverBudget:
            await self._put_off(row)
        except (NodeError, ProtocolError) as error:
            await self._failed(row, trouble_of(error))
        except Exception as fault:  # one list that we cannot handle must not end the sync of all others
            self.log.error("status sync broke", url=row.url, exc_info=fault)
            await self._failed(row, type(fault).__name__)

    async def _get(self, url: str, *, etag: str | None = None) -> Fetched:
        """The list kept under `url`, in the form that it is kept in."""
        uri = token_uri(url)
        accept = ACCEPT if uri is None else MEDIA_TYPE
        return await self.fetcher.get(uri or url, max_bytes=MAX_LIST_DOCUMENT_BYTES, accept=accept, etag=etag)

    async def _accept(self, row: rows.StatusSnapshot, body: bytes) -> tuple[bytes, Snapshot]:
        reader = ListReader(self.resolver, self.proofs, self.clock)
        return await reader.read(row.url, body, kept=snapshot_of(row), pointed_by=row.issuer or "")

    async def _accept_mirrored(self, row: rows.StatusSnapshot, body: bytes, custodian: str) -> tuple[bytes, Snapshot]:
        """The list of an issuer that has closed, as its custodian publishes it: it says what the issuer's own said."""
        url, did, kept = mirror_url(custodian, row.url), did_of(custodian), snapshot_of(row)
        before = None if kept is None else replace(kept, url=url, issuer=did)
        reader = ListReader(self.resolver, self.proofs, self.clock)
        document, snapshot = await reader.read(url, body, kept=before, pointed_by=did)
        if snapshot.issuer != did:
            raise StatusVerificationError("the list is not by the custodian of its issuer's records")
        return document, replace(snapshot, url=row.url, issuer=row.issuer or "")

    async def _keep(self, before: rows.StatusSnapshot, fetched: Fetched, fresh: tuple[bytes, Snapshot] | None) -> None:
        def body(session: Session) -> None:
            now = self.clock.now()
            next_at = now + timedelta(seconds=self.every_s * (1 + 0.2 * jitter()))
            if fresh is None:
                rows.confirm(session, before.url, now=now, next_at=next_at)
                return
            row = rows.get(session, before.url) or before
            previous = snapshot_of(row)
            row.checked_at, row.next_at, row.failures, row.error = now, next_at, 0, None
            row.etag = fetched.etag  # a new list without one must not be confirmed by that of the list before
            store_list(row, *fresh)
            rows.keep(session, row)
            if previous is None or previous.compressed != fresh[1].compressed:
                for presentation_id in rows.relying(session, row.url):
                    self.changed(session, presentation_id)

        await self.storage.run("status.synced", body)
        if fresh is not None and (cleared := fresh[1].cleared_count):
            self.log.warning("status list took revocations back", url=before.url, cleared=cleared)
        self.log.info("status list synced", url=before.url, unchanged=fresh is None)

    async def _put_off(self, before: rows.StatusSnapshot) -> None:
        """A host of many lists has its turn again in a moment: what we allow ourselves is no failure of its."""
        next_at = self.clock.now() + timedelta(seconds=PUT_OFF_S * (1 + jitter()))
        await self.storage.run("status.put_off", lambda session: rows.put_off(session, before.url, next_at=next_at))

    async def _failed(self, before: rows.StatusSnapshot, detail: str) -> None:
        """The next try, later each time; what we have of the list stays and ages."""

        def body(session: Session) -> None:
            row = rows.get(session, before.url) or before
            row.failures += 1
            row.error = detail
            wait_s = BACKOFF_S[min(row.failures, len(BACKOFF_S)) - 1]
            row.next_at = self.clock.now() + timedelta(seconds=wait_s * (1 + 0.2 * jitter()))
            rows.keep(session, row)

        await self.storage.run("status.failed", body)
        self.log.warning("status list not synced", url=before.url, failures=before.failures + 1)
