"""Where a forwarded envelope ends up on this node: a learner's mailbox, or the way back to a per-asker DID.

This node is the *entry* for the recipients in its learners' keylists and the *exit* for the per-asker DIDs that a
contact registered. For anything else it does nothing and says nothing: a stranger cannot learn whom it serves.

Spec: docs/protocols/consented-relay.md, "Back"
"""

from dataclasses import dataclass
from datetime import datetime

from node.clock import Clock
from node.log import Log
from node.services.mailbox import KEPT_FOR, Mailbox
from node.services.outbox import Outbox
from node.services.relay_routes import RelayRoutes
from node.storage.unit import Session


@dataclass(frozen=True, slots=True)
class Routing:
    """In-transaction: the outbox of this very node and the routing flow both end here."""

    mailbox: Mailbox
    routes: RelayRoutes
    outbox: Outbox
    clock: Clock
    log: Log

    def deposit(self, session: Session, next: str, envelope: bytes, expires_at: datetime | None) -> None:
        """Keeps or passes on `envelope`, addressed to the DID or key id `next`."""
        now = self.clock.now()
        recipient = next.partition("#")[0]
        until = expires_at or now + KEPT_FOR
        if until <= now:
            return
        # The way back first: it was opened by a signature of that very DID, a keylist entry by somebody's word.
        back = self.routes.back(session, recipient, envelope, now=now, expires_at=until)
        if back is not None:
            self.outbox.enqueue(session, back.message, now=now, via=back.via)
        elif not self.mailbox.deposit(session, recipient, envelope, now=now, expires_at=until):
            self.log.info("forward for nobody here", bytes=len(envelope))
