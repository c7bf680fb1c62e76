"""The exit's memory of the ways back: per-asker DID -> mailbox at an entry. It never knows whose they are."""

from dataclasses import dataclass
from datetime import datetime

from node.clock import new_id
from node.storage.repos import relay as rows
from node.storage.unit import Session
from protocols.consent.letters import Return
from protocols.didcomm.message import Message
from protocols.flows.consented_relay.messages import back_message
from protocols.jose.encoding import parse_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A message for a mailbox key, and the entry to send it by."""

    message: Message
    via: str


@dataclass(frozen=True, slots=True)
class RelayRoutes:
    """In-transaction operations."""

    def open(self, session: Session, subject: str, asker: str, way_back: Return) -> None:
        """Remembers the way back to `subject` (short per-asker DID); again with the same values changes nothing."""
        rows.open_route(
            session,
            subject=subject,
            asker=asker,
            via=way_back.via,
            mailbox=way_back.mailbox,
            until=way_back.until,
        )

    def asker_of(self, session: Session, subject: str, *, now: datetime) -> str | None:
        """Whom `subject` made contact with through this exit; None when nobody, or no longer."""
        route = rows.route(session, subject, now=now)
        return route.asker if route else None

    def back(
        self, session: Session, subject: str, envelope: bytes, *, now: datetime, expires_at: datetime
    ) -> Back | None:
        """`envelope` on its way back to `subject`; None where no way is known."""
        route = rows.route(session, subject, now=now)
        if route is None:
            return None
        message = back_message(
            parse_object(envelope),
            id=new_id(),
            mailbox=route.mailbox,
            now=now,
            expires_at=min(expires_at, route.until),
        )
        return Back(message=message, via=route.via)
