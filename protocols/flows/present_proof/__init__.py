"""present-proof 3.0: a verifier asks, a learner answers or declines."""

from protocols.flow import FlowSpec
from protocols.flows.present_proof.machine import advance
from protocols.flows.present_proof.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("verifier", "prover"), advance=advance)
