"""Fetching what the institutions keep for this wallet: everything that waits, and then, on an open line, as it comes.

What was fetched is on disk before it is acknowledged; the mailbox drops it only then.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from node.demo.wallet.clock import Clock, new_id
from node.demo.wallet.documents import Documents, endpoint_of
from node.demo.wallet.opening import Opening
from node.demo.wallet.packing import Packing
from node.demo.wallet.rows import messages
from node.demo.wallet.rows.relations import Relation
from node.demo.wallet.storage import Store
from node.demo.wallet.transport import Line, Transport
from protocols.didcomm.message import Message
from protocols.errors import ProtocolError
from protocols.flows.message_pickup.messages import (
    PIURI,
    delivery_request,
    live_delivery_change,
    messages_received,
    read_delivery,
)

AT_ONCE = 10
MAX_ROUNDS = 1000
"""Deliveries in a row before a mailbox that never empties is left alone until the next time."""


@dataclass(frozen=True, slots=True)
class Pickup:
    store: Store
    packing: Packing
    opening: Opening
    documents: Documents
    transport: Transport
    clock: Clock

    async def fetch(self, relation: Relation) -> int:
        """Everything that waits at an institution, kept for reading; how many envelopes that was.

        Raises:
            WalletError, ProtocolError: it does not answer, or not as it should; what came before is kept.
        """
        kept = 0
        for _ in range(MAX_ROUNDS):
            answer = await self._asked(relation, delivery_request(limit=AT_ONCE, **_ends(relation)))
            ids = self.keep(relation, answer)
            if not ids:
                break
            kept += len(ids)
            await self._asked(relation, messages_received(ids, **_ends(relation)))
        return kept

    async def listen(self, relation: Relation, heard: Callable[[], None], *, until: Callable[[], bool]) -> None:
        """Keeps what arrives on an open line, calling `heard` for each delivery, until `until` says so.

        Raises:
            Unreachable: the line could not be opened, or was lost.
        """
        url = endpoint_of(await self.documents.of(relation.institution)) + "/ws"
        async with self.transport.socket(url) as line:
            talk = _Talk(pickup=self, relation=relation, line=line)
            await talk.say(live_delivery_change(True, **_ends(relation)))
            await talk.say(delivery_request(limit=AT_ONCE, **_ends(relation)))
            while not until():
                frame = await line.receive(0.5)
                if frame is not None and await talk.heard(frame):
                    heard()

    async def _asked(self, relation: Relation, request: Message) -> Message | None:
        reply = await self.transport.post(*await self.packed(relation, request))
        return None if reply is None else await self.opened(relation, reply)

    async def packed(self, relation: Relation, request: Message) -> tuple[str, bytes]:
        document = await self.documents.of(relation.institution)
        with self.store.read() as db:
            return endpoint_of(document), self.packing.to_institution(db, request, document)

    async def opened(self, relation: Relation, envelope: bytes) -> Message | None:
        """A message of message-pickup from the institution; None for any other."""
        opened = await self.opening.open(envelope, entry=relation.institution)
        is_pickup = opened.box.relation is not None and opened.message.piuri == PIURI
        return opened.message if is_pickup else None

    def keep(self, relation: Relation, answer: Message | None) -> tuple[str, ...]:
        """Stores what a delivery brought; the ids to acknowledge."""
        if answer is None or answer.name != "delivery":
            return ()
        mail = read_delivery(answer)
        with self.store.step("pickup.kept") as db:
            for id, envelope in mail:
                messages.keep_mail(db, relation.institution, id, envelope)
        return tuple(id for id, _ in mail)


@dataclass(slots=True, kw_only=True)
class _Talk:
    """One open line with an institution."""

    pickup: Pickup
    relation: Relation
    line: Line
    said: int = field(default=0)

    async def say(self, message: Message) -> None:
        _, envelope = await self.pickup.packed(self.relation, message)
        await self.line.send(envelope)

    async def heard(self, frame: bytes) -> bool:
        """Takes one frame in; whether it brought mail. A status that tells of more has it asked for."""
        try:
            answer = await self.pickup.opened(self.relation, frame)
            ids = self.pickup.keep(self.relation, answer)
        except ProtocolError:
            return False
        if ids:
            await self.say(messages_received(ids, **_ends(self.relation)))
            return True
        waiting = answer.body.get("message_count") if answer is not None and answer.name == "status" else 0
        if isinstance(waiting, int) and waiting > 0 and self.said < MAX_ROUNDS:
            self.said += 1
            await self.say(delivery_request(limit=AT_ONCE, **_ends(self.relation)))
        return False


async def patiently(wait_s: float) -> float:
    """Waits before a lost line is tried again; the next wait, twice as long up to a limit."""
    await asyncio.sleep(wait_s)
    return min(2 * wait_s, 2.0)


def _ends(relation: Relation) -> dict[str, str]:
    return {"id": new_id(), "ours": relation.mediation, "theirs": relation.institution}
