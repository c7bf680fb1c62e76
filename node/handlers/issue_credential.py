"""issue-credential 3.0 on this node: the issuer's side."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.issue_credential.messages import CredentialRequested


def requested(parts: Parts, unit: Unit, effect: CredentialRequested) -> None:
    parts.issuance.requested(unit, effect.thread_id, effect.holder_did)


PERFORMS = {CredentialRequested: requested}
