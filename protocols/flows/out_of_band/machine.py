"""Every decision of out-of-band 2.0: there is none to make here. An invitation is opened by a person, not received."""

from protocols.errors import IllegalMove, MalformedMessage, UnexpectedMessage
from protocols.flow import Context, Event, Received, Step, Thread


def advance(_: Thread | None, event: Event, __: Context) -> Step:
    """Refuses: a message that came by DIDComm needs no invitation, and following one unasked would be a lure."""
    match event:
        case Received() if event.message.name == "invitation":
            raise UnexpectedMessage(
                "an invitation does not come as a message", expected="the protocol message it would invite to"
            )
        case Received():
            raise MalformedMessage("no message of out-of-band 2.0", found=event.message.name[:32])
        case _:
            raise IllegalMove(f"{type(event).__name__} in out-of-band 2.0")
