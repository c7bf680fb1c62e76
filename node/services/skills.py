"""Skills of public frameworks: imported from their published files, and searched by name.

The whole of them is small (ESCO has some 14,000) and searched often, so each replica keeps them in memory, and looks
before a search whether an import has changed anything.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.clock import Clock
from node.storage.repos import skills as rows
from node.storage.unit import Session, UnitOfWork
from protocols.skills.formats import READERS, Format
from protocols.skills.framework import Skill
from protocols.skills.search import search

Stamp = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did; importing the same file again leaves all of it unchanged."""

    added: int
    changed: int
    unchanged: int


@dataclass(slots=True)
class Skills:
    storage: UnitOfWork
    clock: Clock
    _stamp: Stamp | None = field(default=None, init=False)
    _index: tuple[Skill, ...] = field(default=(), init=False)

    async def import_file(self, format: Format, data: bytes) -> Imported:
        """Adds and changes what the file says, in one transaction; what it does not mention stays.

        Raises:
            MalformedFramework: with every fault by its row; nothing was changed then.
        """
        skills = await asyncio.to_thread(READERS[format], data)

        def body(session: Session) -> Imported:
            added, changed = rows.put(session, skills, now=self.clock.now())
            return Imported(added=added, changed=changed, unchanged=len(skills) - added - changed)

        return await self.storage.run("skills.import", body)

    async def search(self, query: str, limit: int) -> Sequence[Skill]:
        """The skills that fit `query` best, the best first; see protocols.skills.search."""
        return await asyncio.to_thread(search, await self._current(), query, limit)

    async def _current(self) -> tuple[Skill, ...]:
        known = self._stamp

        def body(session: Session) -> tuple[Stamp, tuple[Skill, ...] | None]:
            stamp = rows.stamp(session)
            return stamp, None if stamp == known else rows.all(session)

        stamp, loaded = await self.storage.read(body)
        if loaded is not None:
            self._stamp, self._index = stamp, loaded
            return loaded
        return self._index
