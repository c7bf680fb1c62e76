"""The mail between nodes of a `trust_network`: the flow decides as on a node, what it sends waits to be delivered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from node.clock import entropy, new_id
from node.services.performers import Unit
from protocols.didcomm.message import Message
from protocols.errors import ProtocolError
from protocols.flow import Command, Context, Received, Send
from protocols.flows.log_witness import FLOW
from protocols.flows.log_witness.messages import CosignatureArrived, DateArrived, JudgeHead, ShownAgain

if TYPE_CHECKING:
    from tests.support.trust_network import Node


@dataclass
class PlayedMail:
    """What services use of `FlowRunner`. `dates` are those that came to learners, `refused` what nodes said."""

    waiting: list[Message] = field(default_factory=list[Message])
    dates: list[DateArrived] = field(default_factory=list[DateArrived])
    refused: list[ProtocolError] = field(default_factory=list[ProtocolError])

    def command(self, unit: Unit, piuri: str, thread_id: str, command: Command) -> None:
        assert piuri == FLOW.piuri
        self.waiting += self._sends(command, unit)

    async def deliver(self, nodes: "dict[str, Node]", *, altered: Callable[[Message], Message] = lambda it: it) -> None:
        """Until nothing waits any more; mail to whom is no node is a learner's."""
        while self.waiting:
            message = altered(self.waiting.pop(0))
            node = nodes.get(message.to[0])
            event = Received(message=message, sender=message.sender, ours=message.to[0])
            if node is None:
                self.dates += FLOW.advance(None, event, _context(message)).effects
                continue

            def body(session, node=node, event=event, message=message) -> None:
                now = node.identity.clock.now()
                unit = Unit(session=session, now=now, ours=node.did, sender=message.sender, received=message)
                for effect in FLOW.advance(None, event, _context(message)).effects:
                    _perform(node, unit, effect)

            try:
                await node.storage.run("played.mail", body)
            except ProtocolError as error:
                self.refused.append(error)

    @staticmethod
    def _sends(command: Command, unit: Unit) -> list[Message]:
        context = Context(now=unit.now, entropy=entropy, new_id=new_id)
        return [each.message for each in FLOW.advance(None, command, context).effects if isinstance(each, Send)]


def _context(message: Message) -> Context:
    assert message.created_time is not None
    return Context(now=message.created_time, entropy=entropy, new_id=new_id)


def _perform(node: "Node", unit: Unit, effect: object) -> None:
    match effect:
        case JudgeHead():
            node.witnessing.judge(unit, effect)
        case CosignatureArrived():
            node.issuance_log.cosigned(unit, effect.witness, effect.cosignature)
        case ShownAgain():
            node.issuance_log.show_again(unit, effect.witness, effect.signed)
        case _:
            raise AssertionError(effect)
