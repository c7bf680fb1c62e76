"""Every decision of routing 2.0 for the mediator. `please_ack` is not honoured, and nothing is answered."""

from protocols.dids.did import did_of
from protocols.errors import Expired, IllegalMove, MalformedMessage, UnexpectedMessage
from protocols.flow import Context, Event, Received, Step, Thread
from protocols.flows.routing import messages
from protocols.flows.routing.messages import Deposit


def advance(_: Thread | None, event: Event, context: Context) -> Step:
    """One deposit for one forward, whoever sent it: senders of forwards are anonymous as a rule."""
    match event:
        case Received() if event.message.name == "forward":
            next, envelope = messages.read_forward(event.message)
            if did_of(next) == event.ours:
                raise UnexpectedMessage("a forward to the mediator itself", expected="the message, unwrapped")
            expires_at = event.message.expires_time
            if expires_at is not None and expires_at <= context.now:
                raise Expired("the forward is past its time")
            return Step(effects=(Deposit(next=next, envelope=envelope, expires_at=expires_at),))
        case Received():
            raise MalformedMessage("no message of routing 2.0", found=event.message.name[:32])
        case _:
            raise IllegalMove(f"{type(event).__name__} in routing 2.0")
