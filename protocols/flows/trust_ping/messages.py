"""trust-ping 2.0: its messages and its one command.

Spec: https://identity.foundation/didcomm-messaging/spec/v2.1/#trust-ping-protocol-20
"""

from dataclasses import dataclass
from datetime import datetime

from protocols.didcomm.message import Message
from protocols.errors import MalformedMessage
from protocols.flow import Command, Received

PIURI = "https://didcomm.org/trust-ping/2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping(Command):
    """We want to know whether `theirs` answers."""

    ours: str
    theirs: str
    response_requested: bool = True


def ping(command: Ping, *, id: str, now: datetime) -> Message:
    return Message(
        id=id,
        type=f"{PIURI}/ping",
        sender=command.ours,
        to=(command.theirs,),
        created_time=now,
        return_route="all",
        body={"response_requested": command.response_requested},
    )


def wants_response(message: Message) -> bool:
    """Whether a ping asks for an answer; one that does not say does."""
    wanted = message.body.get("response_requested", True)
    if not isinstance(wanted, bool):
        raise MalformedMessage("response_requested is not a truth value", expected="true or false")
    return wanted


def ping_response(event: Received, *, id: str, now: datetime) -> Message:
    return event.message.reply(
        "ping-response", id=id, sender=event.ours, to=(event.sender,) if event.sender else (), created_time=now
    )
