"""report-problem 2.0: something went wrong on the other side."""

from protocols.flow import FlowSpec
from protocols.flows.report_problem.machine import advance
from protocols.flows.report_problem.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("notifier", "notified"), advance=advance, keeps_threads=False)
