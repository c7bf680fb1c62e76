"""One node in no network, and two hosts that strangers may name as theirs: one that hangs, one that takes all.

It has not synced anything: it cannot say yet who is a member and who is not.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from protocols.didcomm.message import Message
from protocols.dids.document import DidDocument
from tests.support.attackers import Host, ping
from tests.support.nodes import Node, free_places, node_in
from tests.support.strangers import Stranger, document_of, knock

HANGS, TAKES = "https://hangs.example/didcomm", "https://takes.example/didcomm"
HOLD_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    node: Node
    document: DidDocument
    hangs: Host
    takes: Host

    async def writes(self, who: Stranger, message: Message) -> tuple[int, bytes]:
        """Status and body of the answer to a sealed message."""
        status, _, raw = await knock(self.node, who.sealed(message, self.document))
        return status, raw

    async def asks_back(self, who: Stranger) -> None:
        """A ping whose answer is to be posted to wherever the sender's DID says."""
        assert await self.writes(who, ping(who, self.node.did, return_route=None)) == (202, b"")


@asynccontextmanager
async def door_in(folder: Path) -> AsyncGenerator[Door]:
    (place,) = free_places(1)
    async with Host(hangs=True).served() as hangs, Host().served() as takes:
        origins = {"https://hangs.example": hangs.url, "https://takes.example": takes.url}
        node = node_in(folder, "Harbour Foods", place, origins, relay={"hold_ms_max": HOLD_MS})
        await node.init()
        await node.start()
        try:
            yield Door(node=node, document=await document_of(node), hangs=hangs, takes=takes)
        finally:
            await node.stop()
            place.close()
