"""log-witness 1.0, ours: a node shows the head of its issuance log to witnesses, and its learners their dates."""

from protocols.flow import FlowSpec
from protocols.flows.log_witness.machine import advance
from protocols.flows.log_witness.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("issuer", "witness", "learner"), advance=advance, keeps_threads=False)
