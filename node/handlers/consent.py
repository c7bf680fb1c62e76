"""consent/1.0 on this node: the asker's side."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.consent.messages import ReceiptComplete


def complete(parts: Parts, unit: Unit, effect: ReceiptComplete) -> None:
    parts.presentations.receipt_completed(unit, effect)


PERFORMS = {ReceiptComplete: complete}
