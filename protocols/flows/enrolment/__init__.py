"""enrolment 1.0, ours: a one-time code binds a wallet's DID to a person the institution knows."""

from protocols.flow import FlowSpec
from protocols.flows.enrolment.machine import advance, reads
from protocols.flows.enrolment.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("learner", "institution"), advance=advance, reads=reads)
