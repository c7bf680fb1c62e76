"""coordinate-mediation 3.0 on this node: only enrolled learners have mailboxes here."""

from collections.abc import Mapping
from typing import Any

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.coordinate_mediation.messages import GrantMediation, UpdateKeylist


def grant(parts: Parts, unit: Unit, effect: GrantMediation) -> None:
    parts.mailbox.grant(unit.session, effect.owner, now=unit.now)


def update(parts: Parts, unit: Unit, effect: UpdateKeylist) -> None:
    parts.mailbox.update(unit.session, effect.owner, effect.added, effect.removed, now=unit.now)


def enrolment(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    return parts.learners.is_enrolled(unit.session, arguments["did"])


def keylist(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    return parts.mailbox.keylist(unit.session, arguments["owner"])


def taken(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    return parts.mailbox.taken(unit.session, arguments["owner"], arguments["recipients"])


PERFORMS = {GrantMediation: grant, UpdateKeylist: update}
READS = {"enrolment": enrolment, "keylist": keylist, "taken": taken}
