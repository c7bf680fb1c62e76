"""Posting what is to be sent: the stored bytes, again and again, until they were taken, answered, or too old."""

from dataclasses import dataclass
from datetime import timedelta

from node.demo.wallet.clock import Clock
from node.demo.wallet.errors import Refused, Unreachable
from node.demo.wallet.inbox import Inbox
from node.demo.wallet.rows import messages
from node.demo.wallet.rows.messages import Outgoing
from node.demo.wallet.storage import Store
from node.demo.wallet.transport import Transport

LONGEST_WAIT_S = 60


@dataclass(slots=True)
class Outbox:
    """`unreachable` holds the last reason why something could not be posted, until somebody sets it to None."""

    store: Store
    transport: Transport
    inbox: Inbox
    clock: Clock
    unreachable: Unreachable | None = None

    async def flush(self, *, patient: bool) -> bool:
        """Posts each waiting message once; whether anything was taken.

        Args:
            patient: leaves out what failed a moment ago; else everything is tried.
        """
        with self.store.read() as db:
            now = self.clock.now()
            waiting = [row for row in messages.outgoing(db) if not patient or messages.is_due(db, row.message, now=now)]
        any_taken = False
        away: set[str] = set()
        for row in waiting:
            if row.url not in away:
                any_taken |= await self._post(row, away)
        return any_taken

    async def _post(self, row: Outgoing, away: set[str]) -> bool:
        if row.expires_at <= self.clock.now():
            self._give_up(row, "expired", "It was too old to be sent.")
            return True
        try:
            reply = await self.transport.post(row.url, row.envelope)
        except Unreachable as error:
            away.add(row.url)  # one host, one try a round, and the order is kept
            self.unreachable = error
            self._later(row)
            return False
        except Refused as error:
            self._give_up(row, "refused", error.detail)
            return True
        if reply is not None:
            await self.inbox.take_reply(reply, entry=row.theirs, message=row.message)
        elif not row.wants_reply:
            self._taken(row)
        with self.store.read() as db:
            is_waiting = messages.is_outgoing(db, row.message)
        if is_waiting:  # no answer, or none that could be used; it may still come by the mailbox
            self._later(row)
        return not is_waiting

    def _taken(self, row: Outgoing) -> None:
        with self.store.step("outgoing.taken") as db:
            messages.done(db, row.message)
            found = messages.sent_by_message(db, row.message)
            if found is not None and found.state == "queued":
                messages.settle(db, found.about, "sent")

    def _later(self, row: Outgoing) -> None:
        wait = timedelta(seconds=min(LONGEST_WAIT_S, 2 ** min(row.attempts, 6)))
        with self.store.step("outgoing.later") as db:
            messages.postpone(db, row.message, until=self.clock.now() + wait)

    def _give_up(self, row: Outgoing, state: str, reason: str) -> None:
        now = self.clock.now()
        with self.store.step(f"outgoing.{state}") as db:
            messages.done(db, row.message)
            messages.drop(db, f"outgoing-{state}", reason, now=now)
            found = messages.sent_by_message(db, row.message)
            if found is not None:
                messages.settle(db, found.about, state)
