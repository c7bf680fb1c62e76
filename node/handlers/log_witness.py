"""log-witness/1.0 on this node: as the issuer of a log, and as a witness of others'."""

from node.services.parts import Parts
from node.services.performers import Unit
from protocols.flows.log_witness.messages import CosignatureArrived, JudgeHead, ShownAgain


def judge(parts: Parts, unit: Unit, effect: JudgeHead) -> None:
    parts.witnessing.judge(unit, effect)


def cosigned(parts: Parts, unit: Unit, effect: CosignatureArrived) -> None:
    parts.issuance_log.cosigned(unit, effect.witness, effect.cosignature)


def show_again(parts: Parts, unit: Unit, effect: ShownAgain) -> None:
    parts.issuance_log.show_again(unit, effect.witness, effect.signed)


PERFORMS = {JudgeHead: judge, CosignatureArrived: cosigned, ShownAgain: show_again}
