"""The trust marks in a resolve response: those that were verified and are active, by issuers whom the anchor trusts.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-8.3.2
"""

from dataclasses import dataclass
from datetime import datetime

from node.services.mark_rules import published
from node.services.peer_marks import is_taken_back
from node.storage.unit import Session
from protocols.jose.encoding import JsonObject
from protocols.trust.chain import Chain
from protocols.trust.marks import TrustMark


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedMarks:
    """The good ones among a subject's marks."""

    marks: tuple[TrustMark, ...]

    def claims(self) -> JsonObject:
        """`trust_marks` of the response; {} where there are none."""
        entries = [{"trust_mark_type": mark.trust_mark_type, "trust_mark": mark.token} for mark in self.marks]
        return {"trust_marks": entries} if entries else {}

    def exp(self, otherwise: datetime) -> datetime:
        """When the first of them expires; `otherwise` where that is later, or none does."""
        return min([otherwise, *(mark.exp for mark in self.marks if mark.exp is not None)])


def resolved_marks(session: Session, chain: Chain, now: datetime) -> ResolvedMarks:
    """The marks in the configuration of the subject of `chain`, a chain to our network's anchor."""
    judged = published(session, chain.statements[0].claims, chain.subject, now)
    good = (each.mark for each in judged if each.mark is not None and each.refused is None)
    return ResolvedMarks(marks=tuple(mark for mark in good if not is_taken_back(session, mark)))
