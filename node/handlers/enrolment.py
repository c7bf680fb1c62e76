"""enrolment/1.0 on this node: the institution's side."""

from collections.abc import Mapping
from typing import Any

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.enrolment.messages import BindLearner


def bind(parts: Parts, unit: Unit, effect: BindLearner) -> None:
    # The mailbox first: what waited for this person goes out in this very transaction.
    parts.mailbox.grant(unit.session, effect.did, now=unit.now)
    parts.learners.bind(unit, effect.learner, effect.did, effect.code_hash)


def code(parts: Parts, unit: Unit, arguments: Mapping[str, Any]) -> Any:
    return parts.learners.code_fact(unit.session, arguments["hash"])


PERFORMS = {BindLearner: bind}
READS = {"enrolment_code": code}
