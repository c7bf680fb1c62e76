"""The log of this node's did:webvh, entry by entry."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import col, select

from node.storage.tables.base import MAIN
from node.storage.tables.history import HistoryEntry
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """An entry to be stored, with the key for the one after it."""

    number: int
    version_id: str
    line: str
    written_at: datetime
    next_kid: str
    next_public_jwk: JsonObject
    next_sealed: bytes


def newest(session: Session) -> HistoryEntry | None:
    query = select(HistoryEntry).where(HistoryEntry.organisation == MAIN).order_by(col(HistoryEntry.number).desc())
    return session.exec(query.limit(1)).first()


def lines(session: Session) -> list[str]:
    """Every entry as it is published, oldest first."""
    query = select(HistoryEntry.line).where(HistoryEntry.organisation == MAIN).order_by(col(HistoryEntry.number))
    return list(session.exec(query))


def append(session: Session, entry: NewEntry) -> bool:
    """Adds the entry and forgets the key that signed it; False, and nothing done, where another one came first.

    Two that were added at once have the same number, which is the primary key: then the database refuses one.
    """
    before = newest(session)
    if (before.number if before else 0) + 1 != entry.number:
        return False
    if before is not None:
        before.next_sealed = None
        session.add(before)
    session.add(HistoryEntry(**asdict(entry)))
    return True


def unused(session: Session) -> list[HistoryEntry]:
    """The entries whose next key has not signed yet; one, as a rule."""
    return list(session.exec(select(HistoryEntry).where(col(HistoryEntry.next_sealed).is_not(None))))
