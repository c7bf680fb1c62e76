"""Who checks what, numbered as in the consent checklist. Every check is asked; none stops the next.

    entry   (1) the sender is enrolled here and not suspended      (2) rate, size, expiry, not replayed
    exit    (3) who vouches, on which host, with which way back    (4) to (9) in check_present and check_letters
    asker   (3) on the exit's word                                 (4) to (9) again, whoever delivered
    asker, after decrypting: (10) and (11) in check_disclosed

A message goes on only where `is_allowed`: could-not-tell holds it as surely as no.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from protocols.consent.check_letters import check_contact, check_decline, check_receipted
from protocols.consent.check_present import check_present
from protocols.consent.facts import AskerFacts, EntryFacts, ExitFacts
from protocols.consent.relay import Contact, Decline, Deliver, Middle, Present, Receipted, Relay
from protocols.findings import Finding, Outcome, judged
from protocols.trust.standing import TrustDecision


def is_allowed(findings: Iterable[Finding]) -> bool:
    """Whether every question that arises is answered yes, and at least one was asked."""
    outcomes = {finding.outcome for finding in findings}
    return Outcome.YES in outcomes and outcomes <= {Outcome.YES, Outcome.NOT_APPLICABLE}


def check_entry(facts: EntryFacts, relay: Relay, now: datetime) -> tuple[Finding, ...]:
    """Checks (1) and (2): whether the learner's own relay passes a message on to the exit that it names."""
    rate = f"{facts.sent_count} of {facts.limit_count} in the window"
    size = f"{facts.size_bytes} of at most {facts.max_bytes} bytes"
    return (
        judged(1, "sender enrolled", None if facts.is_enrolled else "the sender is not enrolled here", "enrolled here"),
        judged(1, "sender not suspended", "the sender is suspended" if facts.is_suspended else None, "not suspended"),
        judged(2, "rate", None if facts.sent_count < facts.limit_count else f"over the rate: {rate}", rate),
        judged(2, "size", None if facts.size_bytes <= facts.max_bytes else f"too large: {size}", size),
        judged(2, "not expired", None if now < relay.expires else "the message has expired", "still in time", at=now),
        judged(2, "not replayed", "the same message came before" if facts.is_replayed else None, "not seen before"),
    )


def check_exit(facts: ExitFacts, middle: Middle, inner_jwe: Any, now: datetime) -> tuple[Finding, ...]:
    """Checks (3) to (9): whether the exit delivers what a member forwarded, as far as its kind raises them.

    Args:
        middle: from `parse_middle`.
        inner_jwe: the JSON of the sealed part; None where the kind has none.
    """
    return (*_check_vouching(facts, middle), *_check_said(facts, middle.next, middle, inner_jwe, now))


def check_asker(facts: AskerFacts, deliver: Deliver, inner_jwe: Any, now: datetime) -> tuple[Finding, ...]:
    """Checks (3) to (9) once more, at the asker, who takes the exit's word for who vouches and for nothing else."""
    fault = None if deliver.vouched else "the exit does not say that a member vouches"
    vouching = (
        of_standing(3, "exit in good standing", facts.exit_standing, did=facts.exit),
        judged(3, "a member vouches", fault, "the exit says that a member in good standing vouches"),
    )
    return (*vouching, *_check_said(facts, facts.asker, deliver, inner_jwe, now))


def of_standing(number: int, name: str, decision: TrustDecision, **evidence: Any) -> Finding:
    """A trust decision as a finding."""
    return Finding(
        number=number,
        name=name,
        outcome=Outcome(decision.outcome),
        reason=decision.reason,
        at=decision.since,
        evidence={"cause": decision.cause, **evidence},
    )


def _check_said(
    facts: ExitFacts | AskerFacts, target: str, message: Middle | Deliver, inner_jwe: Any, now: datetime
) -> tuple[Finding, ...]:
    """What the kind of message raises beyond (3). A repeat is refused at the exit, and is one use at the asker."""
    is_exit = isinstance(facts, ExitFacts)
    standing = of_standing(5, "requester registered verifier in good standing", facts.requester.standing, did=target)
    match message.said:
        case Present() as said:
            found = check_present(
                said,
                inner_jwe,
                target=target,
                subject=facts.subject,
                requester=facts.requester,
                uses=facts.uses,
                refuses_repeats=is_exit,
                now=now,
            )
        case Contact() as said:
            way_back = message.way_back if isinstance(message, Middle) else None
            exit_did = facts.exit
            found = check_contact(
                said, target=target, exit_did=exit_did, subject=facts.subject, way_back=way_back, now=now
            )
        case Decline() as said:
            found = check_decline(said, target=target, subject=facts.subject, requester=facts.requester, now=now)
        case Receipted() as said:
            found = check_receipted(said, target=target, subject=facts.subject, requester=facts.requester)
    return tuple(sorted((*found, standing), key=lambda finding: finding.number))


def _check_vouching(facts: ExitFacts, middle: Middle) -> tuple[Finding, ...]:
    is_same_host = facts.entry_host == facts.exit_host or facts.entry == facts.exit
    host_fault = "entry and exit are on one host" if is_same_host and not facts.allows_single_hop else None
    return (
        of_standing(3, "entry in good standing", facts.entry_standing),
        judged(3, "entry on another host", host_fault, "a single hop, as allowed" if is_same_host else "another host"),
        judged(3, "way back through the entry", _way_back_fault(facts, middle), "it leads through the vouching member"),
    )


def _way_back_fault(facts: ExitFacts, middle: Middle) -> str | None:
    """Why the way back is not to be used; a message without one keeps the registered way, if any."""
    named, registered = middle.way_back, facts.way_back
    if named is None:
        return None
    if named.via != facts.entry:
        return "the way back leads through another member than the one that vouches"
    if registered is not None and (named.via, named.mailbox) != (registered.via, registered.mailbox):
        return "another way back is registered for this per-asker DID"
    return None
