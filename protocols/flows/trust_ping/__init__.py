"""trust-ping 2.0: is anybody there, and does encryption between us work?"""

from protocols.flow import FlowSpec
from protocols.flows.trust_ping.machine import advance
from protocols.flows.trust_ping.messages import PIURI

FLOW = FlowSpec(
    piuri=PIURI, roles=("sender", "receiver"), advance=advance, queries=frozenset({"ping"}), keeps_threads=False
)
