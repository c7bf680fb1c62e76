"""What is known about one proof after it was checked."""

from dataclasses import dataclass, field
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
        digest: SHA-256 of what was signed and the signature, base64url, where that was read: what an issuance log
            commits to. None otherwise. Two results are equal without it.
        attested_at: when others than the signer saw that signature; None where nobody did.
        key_until: when its key ceased to sign, or is to; None for one that has no end.
    """

    suite: str
    verification_method: str
    purpose: str
    created: datetime | None
    outcome: Outcome
    reason: str
    digest: str | None = field(default=None, compare=False)
    attested_at: datetime | None = None
    key_until: datetime | None = None
