"""consent/1.0: the signed receipt of a sharing."""

from protocols.flow import FlowSpec
from protocols.flows.consent.machine import advance
from protocols.flows.consent.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("asker", "learner"), advance=advance)
