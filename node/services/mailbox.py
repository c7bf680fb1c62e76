"""The mail a node keeps for its learners' phones, and whom it keeps it for.

A mailbox belongs to an `owner` (a learner's mediation DID) and is reached under recipient DIDs in the owner's
keylist. Whoever posts to a recipient learns nothing: unknown, full and delivered look the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from node.clock import new_id
from node.log import Log
from node.storage.repos import mailbox as rows
from node.storage.repos import relay
from node.storage.unit import Session, wake
from protocols.jose.encoding import parse_object

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """In-transaction operations; reading for live delivery goes through them too."""

    log: Log

    def deposit(
        self, session: Session, recipient: str, envelope: bytes, *, now: datetime, expires_at: datetime
    ) -> bool:
        """Keeps `envelope` for the owner of `recipient`; False when nobody here owns it."""
        owner = rows.owner_of(session, recipient)
        if owner is None:
            return False
        kept = rows.deposit(
            session,
            id=new_id(),
            recipient=recipient,
            owner=owner,
            envelope=envelope,
            now=now,
            expires_at=min(expires_at, now + KEPT_FOR),
        )
        if kept:
            wake(session, f"mailbox:{owner}")
        else:
            self.log.warning("mailbox full", bytes=len(envelope))
        return True

    def grant(self, session: Session, owner: str, *, now: datetime) -> None:
        """Opens a mailbox for `owner`, which is also its first recipient. Granting twice changes nothing."""
        rows.grant(session, recipient=owner, owner=owner, now=now)

    def close(self, session: Session, owner: str) -> None:
        """Ends the mailbox of `owner` with every recipient and all that waits in it."""
        rows.close(session, owner)

    def update(
        self, session: Session, owner: str, added: Iterable[str], removed: Iterable[str], *, now: datetime
    ) -> None:
        for recipient in added:
            rows.grant(session, recipient=recipient, owner=owner, now=now)
        for recipient in removed:
            rows.ungrant(session, recipient=recipient, owner=owner)

    def keeps(self, session: Session, owner: str) -> bool:
        """Whether there is a mailbox for `owner` here."""
        return rows.owner_of(session, owner) == owner

    def keylist(self, session: Session, owner: str) -> list[str]:
        """The recipients of `owner`, in the order they were added."""
        return list(rows.recipients_of(session, owner))

    def taken(self, session: Session, owner: str, recipients: Sequence[str]) -> list[str]:
        """Those of `recipients` that are somebody else's: another's mailbox, or a per-asker DID with its way back."""
        return [
            did
            for did in recipients
            if rows.owner_of(session, did) not in (None, owner) or relay.is_routed(session, did)
        ]

    def waiting(
        self, session: Session, owner: str, recipient: str | None, limit: int, *, without: Sequence[str]
    ) -> dict[str, Any]:
        """What waits for `owner`, in the form that message-pickup reads as its fact `mailbox`."""
        summary = rows.summary(session, owner, recipient, without=without)
        kept = rows.list_messages(session, owner, recipient, limit, without=without) if limit else ()
        return {
            "count": summary.count,
            "total_bytes": summary.total_bytes,
            "oldest": summary.oldest,
            "newest": summary.newest,
            "messages": [{"id": row.id, "envelope": parse_object(row.envelope)} for row in kept],
        }

    def remove(self, session: Session, owner: str, ids: Sequence[str]) -> None:
        """Removes what the owner says it has; ids of others' mail are passed over."""
        rows.remove(session, owner, ids)
