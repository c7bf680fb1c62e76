"""The checks of what carries no presentation: contact, decline and receipt; numbers as in the consent checklist."""

from datetime import datetime, timedelta

from protocols.consent.facts import RequesterFacts
from protocols.consent.letters import CONTACT_TYP, DECLINE_TYP, Return, parse_contact, parse_decline, return_hash
from protocols.consent.receipt import check_receipt
from protocols.consent.relay import Contact, Decline, Receipted
from protocols.consent.signatures import names, signature_fault
from protocols.dids.document import DidDocument
from protocols.findings import Finding, judged, unknown
from protocols.requests.request import REQUEST_TYP, parse_request, request_hash

SKEW = timedelta(minutes=5)
MAX_LETTER_AGE = timedelta(days=7)
"""As long as a message may wait in an outbox; a letter older than that is a replay."""


def check_contact(
    said: Contact,
    *,
    target: str,
    exit_did: str,
    subject: DidDocument | None,
    way_back: Return | None,
    now: datetime,
) -> tuple[Finding, ...]:
    """Whether the letter is this learner's, to this asker, through this exit, with this way back (asker: None)."""
    letter = parse_contact(said.letter)
    exit_fault = None if letter.exit == exit_did else "the letter names another exit"
    way_fault = "the way back is not the one that the letter binds"
    is_bound = way_back is None or return_hash(way_back) == letter.return_hash
    return (
        _signed("contact signed by the per-asker DID", said.letter, CONTACT_TYP, letter.subject, subject),
        judged(4, "contact for this exit", exit_fault, "the letter names this exit"),
        judged(4, "way back bound by the letter", None if is_bound else way_fault, "the letter binds it"),
        judged(5, "requester is the target", _target_fault(letter.asker, target), "the letter names the target"),
        judged(9, "letter recent", _age_fault(letter.issued_at, now), "recent", at=letter.issued_at),
    )


def check_decline(
    said: Decline, *, target: str, subject: DidDocument | None, requester: RequesterFacts, now: datetime
) -> tuple[Finding, ...]:
    """Whether the no is this learner's, and to a request that the target made."""
    letter, request = parse_decline(said.letter), parse_request(said.request)
    hash_fault = None if letter.request_hash == request_hash(said.request) else "the letter answers another request"
    return (
        _signed("decline signed by the per-asker DID", said.letter, DECLINE_TYP, letter.subject, subject),
        judged(5, "requester is the target", _target_fault(request.issuer, target), "the target made the request"),
        request_signed(said.request, requester),
        judged(8, "request hash fits", hash_fault, "the letter answers this request"),
        judged(9, "letter recent", _age_fault(letter.issued_at, now), "recent", at=letter.issued_at),
    )


def check_receipted(
    said: Receipted, *, target: str, subject: DidDocument | None, requester: RequesterFacts
) -> tuple[Finding, ...]:
    """Whether the receipt has both signatures and is the target's."""
    both = check_receipt(said.receipt, asker=requester.document, subject=subject)
    signed = tuple(
        Finding(number=4, name=f.name, outcome=f.outcome, reason=f.reason, at=f.at, evidence=f.evidence) for f in both
    )
    fault = _target_fault(said.receipt.payload.asker, target)
    return (*signed, judged(5, "requester is the target", fault, "the receipt is the target's"))


def request_signed(token: str, requester: RequesterFacts) -> Finding:
    """Check (6), its first part: the request is signed by a key its asker asserts with."""
    name = "request signed by the requester"
    if requester.document is None:
        return unknown(6, name, "the requester's DID document is not known")
    fault = signature_fault(token, REQUEST_TYP, requester.document, "assertionMethod")
    return judged(6, name, fault, "its signature holds", kid=parse_request(token).kid)


def _signed(name: str, token: str, typ: str, did: str, subject: DidDocument | None) -> Finding:
    if subject is None:
        return unknown(4, name, "the per-asker DID's document is not known")
    if did not in names(subject):
        return judged(4, name, "it names another per-asker DID", "")
    return judged(4, name, signature_fault(token, typ, subject), "its signature holds")


def _target_fault(named: str, target: str) -> str | None:
    return None if named == target else "it is for another asker than the one it is sent to"


def _age_fault(issued_at: datetime, now: datetime) -> str | None:
    if issued_at > now + SKEW:
        return "it is dated in the future"
    return "it is too old" if now - issued_at > MAX_LETTER_AGE else None
