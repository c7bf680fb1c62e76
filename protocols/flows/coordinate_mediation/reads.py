"""What the mediator must know before it answers: who is enrolled, and which DIDs are whose."""

from protocols.errors import ProtocolError
from protocols.flow import Event, Read, Received
from protocols.flows.coordinate_mediation.messages import read_updates


def reads(event: Event) -> tuple[Read, ...]:
    """The facts for a request of an authenticated sender.

    `enrolled`: bool, whether this node knows the learner behind `did`, not suspended.
    `keylist`: the recipient DIDs of `owner`, in the order they were added.
    `taken`: those of `recipients` that belong to somebody else, or are this node's own.
    """
    if not isinstance(event, Received) or event.sender is None:
        return ()
    owner = event.sender
    enrolled = Read(name="enrolled", kind="enrolment", arguments={"did": owner})
    keylist = Read(name="keylist", kind="keylist", arguments={"owner": owner})
    match event.message.name:
        case "mediate-request":
            return (enrolled,)
        case "recipient-query":
            return (enrolled, keylist)
        case "recipient-update":
            taken = Read(name="taken", kind="taken", arguments={"owner": owner, "recipients": _named(event)})
            return (enrolled, keylist, taken)
        case _:
            return ()


def _named(event: Received) -> list[str]:
    try:
        return [update.recipient_did for update in read_updates(event.message)]
    except ProtocolError:
        return []  # `advance` reads it again and says what is wrong
