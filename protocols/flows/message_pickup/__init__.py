"""message-pickup 3.0: a wallet fetches the mail that a mediator keeps for it."""

from protocols.flow import FlowSpec
from protocols.flows.message_pickup.machine import advance, reads
from protocols.flows.message_pickup.messages import PIURI

FLOW = FlowSpec(
    piuri=PIURI,
    roles=("mediator", "recipient"),
    advance=advance,
    reads=reads,
    queries=frozenset({"status-request", "delivery-request"}),
    keeps_threads=False,
)
