"""present-proof 3.0 on this node: the verifier's side."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.present_proof.messages import CloseRequest, VerifyPresentation


def verify(parts: Parts, unit: Unit, effect: VerifyPresentation) -> None:
    parts.presentations.received(unit, effect)


def close(parts: Parts, unit: Unit, effect: CloseRequest) -> None:
    parts.presentations.declined(unit, effect)


PERFORMS = {VerifyPresentation: verify, CloseRequest: close}
