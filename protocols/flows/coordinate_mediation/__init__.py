"""coordinate-mediation 3.0: a learner's wallet asks a node to take its mail, and says for which DIDs."""

from protocols.flow import FlowSpec
from protocols.flows.coordinate_mediation.machine import advance
from protocols.flows.coordinate_mediation.messages import PIURI
from protocols.flows.coordinate_mediation.reads import reads

FLOW = FlowSpec(
    piuri=PIURI, roles=("mediator", "recipient"), advance=advance, reads=reads, queries=frozenset({"recipient-query"})
)
