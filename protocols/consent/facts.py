"""What each party knows of its own when it checks: looked up before, handed in as values."""

from dataclasses import dataclass, field
from datetime import datetime

from protocols.consent.letters import Return
from protocols.dids.document import DidDocument
from protocols.trust.registration import VerifierRegistration
from protocols.trust.standing import TrustDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFacts:
    """What the entry knows of the sender of a `relay`.

    Args:
        is_enrolled: the envelope's authenticated sender has a mediation here.
        sent_count, limit_count: messages relayed for this sender in the current window, and how many may be.
        size_bytes, max_bytes: of the attached middle JWE.
        is_replayed: the same middle JWE came before.
    """

    is_enrolled: bool
    is_suspended: bool
    sent_count: int
    limit_count: int
    size_bytes: int
    max_bytes: int
    is_replayed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequesterFacts:
    """The asker as the trust network knows it: document for its signature, registration, standing as a verifier now."""

    document: DidDocument | None
    registration: VerifierRegistration | None
    standing: TrustDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What was seen of a consent record before.

    Args:
        counted: uses that were delivered, not counting this one.
        last_at: when the last of them was delivered.
        is_repeated: this very use, the same (record, payload_hash) or the same use id, was delivered before.
        is_withdrawn: the learner withdrew the record.
    """

    counted: int = 0
    last_at: datetime | None = None
    is_repeated: bool = False
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitFacts:
    """What the exit knows when a `forward` came.

    Args:
        exit: its own DID.
        entry: the DID that the forward's envelope authenticated; the member that vouches.
        entry_standing: that member's standing now.
        entry_host, exit_host: who operates each; in development, the origin.
        allows_single_hop: the network has no third node, and says so to the learner.
        subject: document of the per-asker DID; None where it is not known yet.
        way_back: what a contact from this per-asker DID registered before.
    """

    exit: str
    entry: str
    entry_standing: TrustDecision
    entry_host: str
    exit_host: str
    requester: RequesterFacts
    subject: DidDocument | None
    uses: Uses = field(default_factory=Uses)
    way_back: Return | None = None
    allows_single_hop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskerFacts:
    """What the asker knows when a `deliver` came. `exit` is the DID that the envelope authenticated."""

    asker: str
    exit: str
    exit_standing: TrustDecision
    requester: RequesterFacts
    subject: DidDocument | None
    uses: Uses = field(default_factory=Uses)
