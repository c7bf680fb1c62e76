"""consented-relay/1.0: from a learner to an asker by two relays, neither of which knows both."""

from protocols.flow import FlowSpec
from protocols.flows.consented_relay.machine import advance, reads
from protocols.flows.consented_relay.messages import PIURI

FLOW = FlowSpec(
    piuri=PIURI, roles=("learner", "entry", "exit", "asker"), advance=advance, reads=reads, keeps_threads=False
)
