"""out-of-band 2.0: an invitation, by link, QR code or file."""

from protocols.flow import FlowSpec
from protocols.flows.out_of_band.machine import advance
from protocols.flows.out_of_band.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("sender", "receiver"), advance=advance, keeps_threads=False)
