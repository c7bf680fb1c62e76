"""The directory as it is searched: a listing of everybody in memory, made anew where a sync brought something new.

    sync -> rows of a higher revision -> the next search reads those -> their listings -> a new snapshot

A snapshot is never changed, so a search sees one state. Who searches while the next one is made gets the one before;
only the first search after a start waits for everybody to be read.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from node.clock import Clock
from node.errors import BadInput
from node.services.directory import read_member
from node.services.member_listing import Listed, listed
from node.services.peer_marks import all_good_marks
from node.storage.repos import federation as rows
from node.storage.unit import Session, UnitOfWork
from protocols.trust.finding import Listing, Wanted, find

MAX_RESULTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what a search found: `total` on all pages, `next` where the one after this begins."""

    members: Sequence[Listed]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """Everybody at one revision: by entity id, and the listings in their order."""

    revision: int
    members: Mapping[str, Listed]
    listings: tuple[Listing, ...]


_NOBODY = _Snapshot(revision=-1, members={}, listings=())


@dataclass(slots=True)
class DirectorySearch:
    storage: UnitOfWork
    clock: Clock
    _snapshot: _Snapshot = field(default=_NOBODY, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def search(self, wanted: Wanted, *, limit: int, cursor: str | None = None) -> Found:
        """Those who fit, past members too, by name and then by entity id.

        Args:
            limit: of this page, 1 to 200.
            cursor: `next` of the page before.

        Raises:
            BadInput: a cursor that no page had.
        """
        snapshot = await self._current()
        after = None if cursor is None else snapshot.members.get(cursor)
        if cursor is not None and after is None:
            raise BadInput("not a cursor of this directory", found=cursor[:80], expected="`next` of the page before")
        listings = await asyncio.to_thread(find, snapshot.listings, wanted, self.clock.now())
        rest = listings if after is None else [each for each in listings if each.order > after.listing.order]
        shown = rest[: min(limit, MAX_RESULTS)]
        return Found(
            members=[snapshot.members[each.entity_id] for each in shown],
            total=len(listings),
            next=shown[-1].entity_id if len(rest) > len(shown) > 0 else None,
        )

    async def _current(self) -> _Snapshot:
        """The snapshot of the newest revision, or the one before it while another search makes that."""
        if await self.storage.read(rows.revision) == self._snapshot.revision:
            return self._snapshot
        if self._turn.locked() and self._snapshot is not _NOBODY:
            return self._snapshot
        async with self._turn:
            if await self.storage.read(rows.revision) != self._snapshot.revision:
                self._snapshot = await self.storage.read(self._made_anew)
        return self._snapshot

    def _made_anew(self, session: Session) -> _Snapshot:
        members = dict(self._snapshot.members)
        marks = all_good_marks(session, self.clock.now())
        for row in rows.changed_since(session, self._snapshot.revision):
            member = read_member(row, marks.get(row.did, ()))
            if member is not None:
                members[member.entity_id] = listed(member)
        listings = sorted((each.listing for each in members.values()), key=lambda listing: listing.order)
        return _Snapshot(revision=rows.revision(session), members=members, listings=tuple(listings))
