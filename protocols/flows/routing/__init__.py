"""routing 2.0: take an envelope in for someone else."""

from protocols.flow import FlowSpec
from protocols.flows.routing.machine import advance
from protocols.flows.routing.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("mediator",), advance=advance, keeps_threads=False)
