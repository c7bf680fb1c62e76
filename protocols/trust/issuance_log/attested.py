"""Whether others than the signer vouch for when a credential existed, and since when.

A date counts with two cosignatures or more, one of them by a member that has nothing to do with the issuer: neither
the issuer itself, nor who looks after its records, nor whoever runs on the same host, nor the anchor. The later time
counts. The head has to stand in the chain of heads that we synced ourselves: a log that shows us another past than it
showed its witnesses is then seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from protocols.jose.keys import PublicKey
from protocols.trust.issuance_log.head import LogHead
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.membership import Membership
from protocols.trust.refusal import StatementRefused

ENOUGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A member as its anchor states it, with the federation keys it has and had: until when, by kid; None: still."""

    entity_id: str
    membership: Membership
    keys: Mapping[str, tuple[PublicKey, datetime | None]]


class Known(Protocol):
    """What whoever judges has synced itself."""

    def witness(self, entity_id: str) -> Witness | None:
        """The member of this entity id, past ones too; None for a stranger."""
        ...

    def root(self, log: str, size: int) -> bytes | None:
        """The root that the synced chain of `log` has at `size`; None where it has no head of that size."""
        ...

    def is_forked(self, log: str) -> bool:
        """Whether two heads of one size were ever seen of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """`at`: it existed then, by the word of witnesses; None: no date counts, for `cause`, in one sentence `reason`."""

    at: datetime | None
    cause: str
    reason: str


def attested(proof: IssuanceProof, known: Known, *, issuer: str, anchor: str) -> Attestation:
    """Since when a credential of `issuer` has verifiably existed.

    Args:
        issuer, anchor: entity ids, as found elsewhere and not in the proof.
    """
    if proof.log != issuer:
        return _none("log_of_another", "The proof of its date is from another log than its issuer's.")
    if known.is_forked(issuer):
        return _none("log_forked", "Its issuer's log was seen with two pasts, so no date in it counts.")
    root = known.root(issuer, proof.size)
    if root is None:
        return _none("head_unknown", "The head that its date rests on is not among those that were synced.")
    if root != proof.root:
        return _none("log_forked", "Its issuer's log, as synced, has another past than this date rests on.")
    custodians = _custodians(known.witness(issuer))
    times = sorted(
        (each.at, each.by not in custodians and _is_apart(each.by, issuer, anchor))
        for each in {each.by: each for each in proof.cosignatures}.values()
        if each.by != issuer and _counts(each, known)
    )
    for index, (at, _) in enumerate(times):
        if index + 1 >= ENOUGH and any(is_apart for _, is_apart in times[: index + 1]):
            return Attestation(at=at, cause="attested", reason="Members other than its issuer saw it then.")
    return _none("too_few_witnesses", "Too few members that have nothing to do with its issuer vouch for its date.")


def is_enough(cosigners: set[str], *, issuer: str, anchor: str, custodians: frozenset[str] = frozenset()) -> bool:
    """Whether cosignatures by these entity ids would do, every one of them holding."""
    others = cosigners - {issuer}
    return len(others) >= ENOUGH and any(_is_apart(each, issuer, anchor) for each in others - custodians)


def _counts(cosignature: LogHead, known: Known) -> bool:
    """Whether it is by a key that a member in good standing had when it signed."""
    witness = known.witness(cosignature.by)
    if witness is None or witness.membership.state_at(cosignature.at)[0] != "member":
        return False
    held = {kid: key for kid, (key, until) in witness.keys.items() if until is None or cosignature.at < until}
    try:
        cosignature.verify_with(held)
    except StatementRefused:
        return False
    return True


def _is_apart(witness: str, issuer: str, anchor: str) -> bool:
    return witness != anchor and urlsplit(witness).netloc != urlsplit(issuer).netloc


def _custodians(issuer: Witness | None) -> frozenset[str]:
    events = issuer.membership.events if issuer else ()
    return frozenset(event.successor for event in events if event.successor is not None)


def _none(cause: str, reason: str) -> Attestation:
    return Attestation(at=None, cause=cause, reason=reason)
