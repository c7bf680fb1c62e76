"""Live delivery: mail is pushed on a WebSocket the moment it is committed, and stays queued until acknowledged.

Spec: https://didcomm.org/message-pickup/3.0 (live mode)
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from node.adapters.did_resolver import Resolver
from node.clock import Clock, entropy, new_id
from node.metrics import Metrics
from node.services.identity import Identity
from node.storage.repos import mailbox as rows
from node.storage.unit import MailboxMessage, Session, Storage
from protocols.didcomm.envelope import pack_authcrypt
from protocols.flows.message_pickup.messages import delivery

AT_ONCE = 10
MOST_OWNERS = 4
"""Mailboxes that one line pushes for: a phone has one, a household a few."""
POLL_S = 5.0

Push = Callable[[bytes], Awaitable[None]]


@dataclass(slots=True, eq=False)
class LiveConnection:
    """One WebSocket (implements `performers.Connection`). Owns the tasks that push on it, and ends them."""

    live: "LiveDelivery"
    push: Push
    hang_up: Callable[[], None]
    ours: str
    _pushing: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])

    @property
    def persistent(self) -> bool:
        return True

    def push_for(self, owner: str, live: bool) -> None:
        task = self._pushing.pop(owner, None)
        if task is not None:
            task.cancel()
        if live and len(self._pushing) < MOST_OWNERS:
            task = asyncio.create_task(self.live.push_new(owner, self.ours, self.push))
            task.add_done_callback(self._ended)
            self._pushing[owner] = task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Pushing that broke ends the line, so that the phone connects again and does not wait for nothing."""
        if not task.cancelled() and task.exception() is not None:
            self.hang_up()

    async def close(self) -> None:
        self.live.lines.discard(self)
        self.live.metrics.live_sockets.dec()
        for task in self._pushing.values():
            task.cancel()
        await asyncio.gather(*self._pushing.values(), return_exceptions=True)


@dataclass(slots=True)
class LiveDelivery:
    storage: Storage
    identity: Identity
    resolver: Resolver
    metrics: Metrics
    clock: Clock
    lines: set[LiveConnection] = field(default_factory=set[LiveConnection], init=False)

    def connect(self, push: Push, hang_up: Callable[[], None]) -> LiveConnection:
        """A line that just opened; the caller closes it. `hang_up` ends it from this side."""
        self.metrics.live_sockets.inc()
        line = LiveConnection(self, push, hang_up, self.identity.did)
        self.lines.add(line)
        return line

    def hang_up(self) -> None:
        """Ends every line: the node stops. Phones come back to it, or to another replica."""
        for line in self.lines:
            line.hang_up()

    async def push_new(self, owner: str, ours: str, push: Push) -> None:
        """Pushes what arrives for `owner` from now on; what was queued before is for the phone to ask for."""
        arrived = self.storage.listen(f"mailbox:{owner}")
        pushed = await self._after(owner, None)
        last = pushed[-1].id if pushed else ""
        while True:
            fresh = await self._after(owner, last)
            for row in fresh:
                await push(await self._packed(owner, ours, row))
                last = row.id
            if not fresh:
                await arrived.wait(POLL_S)

    async def _after(self, owner: str, last: str | None) -> list[MailboxMessage]:
        def body(session: Session) -> list[MailboxMessage]:
            if last is None:
                newest = rows.newest(session, owner)
                return [newest] if newest else []
            return rows.list_after(session, owner, last, AT_ONCE)

        return await self.storage.read(body)

    async def _packed(self, owner: str, ours: str, row: MailboxMessage) -> bytes:
        document = await self.resolver.resolve(owner)
        message = delivery(id=new_id(), ours=ours, theirs=owner, messages=[(row.id, row.envelope)])
        keys = document.keys_for("keyAgreement", "X25519")
        return pack_authcrypt(message, sender=self.identity.agreement_of(ours), recipients=keys, entropy=entropy)
