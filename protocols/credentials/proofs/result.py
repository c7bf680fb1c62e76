"""What is known about one proof after it was checked."""

from dataclasses import dataclass
from datetime import datetime

from protocols.findings import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """The answer for one proof of a document.

    Args:
        suite: the suite's name, or what the proof calls itself where it is not known here.
        verification_method: the DID URL of the key, as the proof names it; empty where it names none.
        purpose: the proof's own proofPurpose.
        created: when the proof says it was made: the signer's word, aware UTC.
        reason: one sentence a person can act on.
    """

    suite: str
    verification_method: str
    purpose: str
    created: datetime | None
    outcome: Outcome
    reason: str
