"""routing 2.0 on this node."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.routing.messages import Deposit


def deposit(parts: Parts, unit: Unit, effect: Deposit) -> None:
    parts.routing.deposit(unit.session, effect.next, effect.envelope, effect.expires_at)


PERFORMS = {Deposit: deposit}
