"""An exit whose operator changed its program: it delivers to an asker whatever it likes, in good standing as it is."""

from datetime import timedelta
from typing import Any

from node.clock import new_id
from protocols.consent.relay import Deliver, Said
from protocols.flows.consented_relay.messages import deliver_message
from protocols.jose.encoding import JsonObject
from tests.support.nodes import Node, wait_until


async def deliver(exit: Node, asker: Node, said: Said, inner: JsonObject | None, *, vouched: bool = True) -> None:
    """Puts a delivery into the exit's outbox, unchecked."""
    now = exit.clock.now()
    message = deliver_message(
        Deliver(said=said, vouched=vouched),
        inner,
        id=new_id(),
        ours=exit.did,
        asker=asker.did,
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    outbox = exit.services.parts.flows.outbox
    await exit.write(lambda session: outbox.enqueue(session, message, now=now))


def checked(node: Node, event: str) -> list[dict[str, Any]]:
    """What the node's log says of each check: `relay checked` at an exit, `delivery checked` at an asker."""
    return [line for line in node.lines() if line["event"] == event]


async def next_check(node: Node, event: str, after: int) -> dict[str, Any]:
    """The check after the first `after`."""

    async def look() -> dict[str, Any] | None:
        found = checked(node, event)
        return found[after] if len(found) > after else None

    return await wait_until(f"{event} at {node.name}", look)
