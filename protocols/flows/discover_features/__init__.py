"""discover-features 2.0: what does this node speak?"""

from protocols.flow import FlowSpec
from protocols.flows.discover_features.machine import advance, reads
from protocols.flows.discover_features.messages import PIURI

FLOW = FlowSpec(
    piuri=PIURI,
    roles=("requester", "responder"),
    advance=advance,
    reads=reads,
    queries=frozenset({"queries"}),
    keeps_threads=False,
)
