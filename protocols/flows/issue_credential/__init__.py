"""issue-credential 3.0: an issuer offers, a learner asks for it with a key of theirs, the credential arrives."""

from protocols.flow import FlowSpec
from protocols.flows.issue_credential.machine import advance
from protocols.flows.issue_credential.messages import PIURI

FLOW = FlowSpec(piuri=PIURI, roles=("issuer", "holder"), advance=advance)
