"""report-problem 2.0 on this node: a report goes to the flow of the thread that it is about."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.report_problem.messages import ProblemReceived


def received(parts: Parts, unit: Unit, effect: ProblemReceived) -> None:
    parts.flows.reported(unit, effect.about_thread, effect.report)


PERFORMS = {ProblemReceived: received}
