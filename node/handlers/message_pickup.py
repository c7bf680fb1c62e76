"""message-pickup 3.0 on this node."""

from collections.abc import Mapping
from typing import Any

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.message_pickup.messages import RemoveMail, SetLive


def mailbox(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    waiting = parts.mailbox.waiting(
        unit.session, arguments["owner"], arguments["recipient"], arguments["limit"], without=arguments["without"]
    )
    keeps = parts.mailbox.keeps(unit.session, arguments["owner"])
    return {**waiting, "live_possible": keeps and unit.connection is not None and unit.connection.persistent}


def remove(parts: Parts, unit: Unit, effect: RemoveMail) -> None:
    parts.mailbox.remove(unit.session, effect.owner, effect.ids)


def set_live(parts: Parts, unit: Unit, effect: SetLive) -> None:
    connection = unit.connection
    if connection is not None:
        unit.after_commit.append(lambda: connection.push_for(effect.owner, effect.live))


PERFORMS = {RemoveMail: remove, SetLive: set_live}
READS = {"mailbox": mailbox}
