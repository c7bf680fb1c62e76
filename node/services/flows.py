"""Runs one step of a flow inside a unit of work: facts, thread, `advance`, thread stored, effects performed."""

from dataclasses import dataclass, field, replace

from node.clock import Clock, entropy, new_id
from node.services.outbox import Outbox
from node.services.performers import Performers, Unit
from node.storage.repos import threads
from protocols.didcomm.message import Message
from protocols.errors import ProtocolError
from protocols.flow import Command, Context, Event, FlowSpec, Received, Send
from protocols.registry import Registry


@dataclass(slots=True)
class FlowRunner:
    """The only place where a flow's `advance` is called on this node.

    `performers` is joined on once the services exist that the handlers call and that in turn start flows.
    """

    registry: Registry
    outbox: Outbox
    clock: Clock
    performers: Performers = field(init=False)

    def receive(self, unit: Unit, spec: FlowSpec, event: Received) -> None:
        """One received message; raises ProtocolError (and so undoes the transaction) when the flow refuses it."""
        facts = {read.name: self.performers.read(unit, read) for read in spec.reads(event)}
        self._advance(unit, spec, event.message.thread_id, replace(event, facts=facts))

    def command(self, unit: Unit, piuri: str, thread_id: str, command: Command) -> None:
        """Something this node wants in the thread `thread_id` of the flow `piuri`."""
        spec = self.registry.of(piuri)
        if spec is None:
            raise LookupError(f"no flow {piuri}")
        self._advance(unit.command(), spec, thread_id, command)

    def reported(self, unit: Unit, thread_id: str, report: Message) -> None:
        """A problem report about one of our threads: its flow decides what that ends; a flow that has no word for it
        leaves its thread as it is."""
        for thread in threads.find(unit.session, unit.ours, thread_id):
            spec = self.registry.of(thread.flow)
            if spec is None or thread.theirs != unit.sender:
                continue
            event = Received(message=replace(report, thid=thread_id), sender=unit.sender, ours=unit.ours)
            try:
                self._advance(unit, spec, thread_id, event)
            except ProtocolError:
                continue

    def _advance(self, unit: Unit, spec: FlowSpec, thread_id: str, event: Event) -> None:
        thread = threads.load(unit.session, spec.piuri, unit.ours, thread_id) if spec.keeps_threads else None
        context = Context(now=unit.now, entropy=entropy, new_id=new_id)
        step = spec.advance(thread, event, context)
        if spec.keeps_threads and step.thread is not None and step.thread != thread:
            threads.save(unit.session, step.thread, now=unit.now)
        for effect in step.effects:
            match effect:
                case Send(message=message) if unit.answers_on_the_line and message.to == (unit.sender,):
                    unit.replies.append(message)
                case Send(message=message):
                    self.outbox.enqueue(unit.session, message, now=unit.now, is_stranger=unit.is_stranger)
                case _:
                    self.performers.perform(unit, effect)
