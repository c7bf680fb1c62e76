"""Checks (4) to (9) of a presentation on its way: made by the exit, which cannot read it, and again by the asker."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from protocols.consent.check_letters import SKEW, request_signed
from protocols.consent.digests import payload_hash
from protocols.consent.facts import RequesterFacts, Uses
from protocols.consent.record import RECORD_TYP, ConsentRecord, ConsentStatus, ConsentType, parse_record, record_hash
from protocols.consent.relay import Present
from protocols.consent.signatures import method_of, names, signature_fault
from protocols.consent.use import USE_TYP, Use, parse_use
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.findings import Finding, judged, unknown
from protocols.jose.encoding import JsonObject, b64url_decode, parse_object
from protocols.requests.query import claims_asked, objects, within
from protocols.requests.request import PresentationRequest, parse_request, request_hash
from protocols.trust.registration import covers

MAX_PROTECTED_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One presentation under check: what came, as values, and what is known."""

    said: Present
    request: PresentationRequest
    record: ConsentRecord
    use: Use
    inner_jwe: Any
    target: str
    subject: DidDocument | None
    requester: RequesterFacts
    uses: Uses
    now: datetime


def check_present(
    said: Present,
    inner_jwe: Any,
    *,
    target: str,
    subject: DidDocument | None,
    requester: RequesterFacts,
    uses: Uses,
    refuses_repeats: bool,
    now: datetime,
) -> tuple[Finding, ...]:
    """Every finding of (4) to (9), but for the requester's standing, which its caller adds to (5).

    Args:
        said: from `parse_middle` or `parse_deliver`: its tokens are of their types and forms.
        inner_jwe: the JSON of the sealed part, whatever came in its place.
        target: the asker's DID, that the message is for.
        refuses_repeats: whether a use that was delivered before is a no, or just not counted again.
    """
    case = _Case(
        said=said,
        request=parse_request(said.request),
        record=parse_record(said.record),
        use=parse_use(said.use),
        inner_jwe=inner_jwe,
        target=target,
        subject=subject,
        requester=requester,
        uses=uses,
        now=now,
    )
    return (
        *_check_signers(case),
        *_check_target(case),
        *_check_request(case),
        _check_records(case),
        *_check_hashes(case),
        *_check_in_force(case, refuses_repeats),
    )


def _check_signers(case: _Case) -> Iterable[Finding]:
    """(4) record and use are signed by the per-asker DID, which is the inner JWE's `skid`."""
    record_name, use_name = "record signed by the per-asker DID", "use signed by the per-asker DID"
    skid_name = "sealed by the per-asker DID"
    if case.subject is None:
        reason = "the per-asker DID's document is not known"
        return tuple(unknown(4, name, reason) for name in (record_name, use_name, skid_name))
    record_fault = signature_fault(case.said.record, RECORD_TYP, case.subject)
    if case.record.subject not in names(case.subject):
        record_fault = "the record is about another per-asker DID"
    elif case.record.actor not in names(case.subject):
        record_fault = "the record is another's decision than the per-asker DID's"
    use_fault = signature_fault(case.said.use, USE_TYP, case.subject)
    return (
        judged(4, record_name, record_fault, "its signature holds", record=record_hash(case.said.record)),
        judged(4, use_name, use_fault, "its signature holds", use=case.use.id),
        judged(4, skid_name, _skid_fault(case.inner_jwe, case.subject), "its skid is a key of the per-asker DID"),
    )


def _check_target(case: _Case) -> Iterable[Finding]:
    """(5) the requester is the target: of the request, of the record and of the sealed part."""
    requester = case.record.requester
    fault = None
    if case.request.issuer != case.target:
        fault = "the request was made by another than the one it is sent to"
    elif requester is None or requester.did != case.target:
        fault = "the learner consented to share with another"
    sealed_fault = _recipient_fault(case.inner_jwe, case.target)
    return (
        judged(5, "requester is the target", fault, "request and record name the target", did=case.target),
        judged(5, "sealed for the requester", sealed_fault, "every recipient key is the target's"),
    )


def _check_request(case: _Case) -> Iterable[Finding]:
    """(6) the request is live, signed, and within the requester's registration; the record states its terms."""
    request = case.request
    live_fault = None
    if request.issued_at > case.now + SKEW:
        live_fault = "the request is dated in the future"
    elif case.now >= request.expires_at:
        live_fault = "the request has expired"
    return (
        request_signed(case.said.request, case.requester),
        judged(6, "request live", live_fault, "within its dates", at=request.expires_at),
        *_check_registration(case),
        judged(6, "record states the request's terms", _terms_fault(case), "purpose, retention and redisclosure agree"),
    )


def _check_registration(case: _Case) -> Iterable[Finding]:
    registration, request = case.requester.registration, case.request
    claims, purpose, retention = (f"{what} within registration" for what in ("claims", "purpose", "retention"))
    if registration is None:
        reason = "the requester has no registration as a verifier"
        return tuple(judged(6, name, reason, "") for name in (claims, purpose, retention))
    over = [name for name in claims_asked(request.query) if not covers(registration.claims, name)]
    claims_fault = f"asks for more than it is registered for: {', '.join(over)[:200]}" if over else None
    is_registered = request.purpose.code in registration.purposes
    purpose_fault = None if is_registered else "the purpose is not one it is registered for"
    days = f"{request.retention_days} of at most {registration.max_retention_days} days"
    retention_fault = f"keeps it too long: {days}" if request.retention_days > registration.max_retention_days else None
    return (
        judged(6, claims, claims_fault, "every claim asked is registered"),
        judged(6, purpose, purpose_fault, "a registered purpose", purpose=request.purpose.code),
        judged(6, retention, retention_fault, days),
    )


def _terms_fault(case: _Case) -> str | None:
    record, request = case.record, case.request
    if record.purpose != request.purpose:
        return "the record states another purpose than the request"
    if record.retention.days > request.retention_days:
        return "the record allows a longer retention than was asked"
    if record.redisclosure != request.redisclosure:
        return "the record states another redisclosure than the request"
    return None


def _check_records(case: _Case) -> Finding:
    """(7) records ⊆ request."""
    items = case.request.query.items
    outside = [
        shared.type
        for shared in case.record.records
        if not any(within(item, shared.type, shared.claims) for item in items)
    ]
    fault = f"covers more than was asked: {', '.join(outside)[:200]}" if outside else None
    return judged(7, "records within the request", fault, "every record and field was asked for")


def _check_hashes(case: _Case) -> Iterable[Finding]:
    """(8) the use binds this record, this request and this ciphertext."""
    payload = _digest_of(case.inner_jwe)
    pairs = (
        ("record", case.use.record_hash, record_hash(case.said.record)),
        ("request", case.use.request_hash, request_hash(case.said.request)),
        ("payload", case.use.payload_hash, payload),
    )
    return tuple(
        judged(
            8,
            f"{what} hash fits",
            None if stated == found else f"the use was made for another {what}",
            f"the use binds this {what}",
            found=found,
        )
        for what, stated, found in pairs
    )


def _check_in_force(case: _Case, refuses_repeats: bool) -> Iterable[Finding]:
    """(9) dates, not withdrawn, not replayed, within uses."""
    is_refused = case.uses.is_repeated and refuses_repeats
    repeat_fault = "this use was delivered before" if is_refused else None
    held = "the same use again, counted once" if case.uses.is_repeated else "not seen before"
    is_withdrawn = case.uses.is_withdrawn or case.record.status is not ConsentStatus.GIVEN
    return (
        judged(9, "within its dates", _dates_fault(case), "in force", at=case.record.not_after),
        judged(9, "not withdrawn", "the consent was withdrawn" if is_withdrawn else None, "not withdrawn"),
        judged(9, "not replayed", repeat_fault, held),
        judged(9, "within its uses", _uses_fault(case), f"use {case.uses.counted + 1} of {case.record.max_uses}"),
    )


def _dates_fault(case: _Case) -> str | None:
    record, use, now = case.record, case.use, case.now
    if record.issued_at > now + SKEW or use.issued_at > now + SKEW:
        return "it is dated in the future"
    if now + SKEW < record.not_before:
        return "the consent is not in force yet"
    if now >= record.not_after:
        return "the consent has expired"
    if use.issued_at < record.issued_at:
        return "the use is older than the consent"
    return "what it allows to keep was to be deleted by now" if now >= record.retention.until else None


def _uses_fault(case: _Case) -> str | None:
    if case.record.type is ConsentType.SHARE_LINK:
        return "a share link is not carried by relays"
    if case.uses.is_repeated:
        return None
    if case.uses.counted >= case.record.max_uses:
        return f"all {case.record.max_uses} uses were made"
    interval, last_at = case.record.min_interval_s, case.uses.last_at
    if interval is not None and last_at is not None and case.now < last_at + timedelta(seconds=interval):
        return "used again too soon"
    return None


def _skid_fault(inner_jwe: Any, subject: DidDocument) -> str | None:
    try:
        protected = _protected(inner_jwe)
    except ProtocolError as error:
        return error.detail
    skid = protected.get("skid")
    if not isinstance(skid, str):
        return "the sealed part does not name its sender"
    if method_of(subject, skid, "keyAgreement") is None:
        return "the sealed part was sent by another DID"
    return None


def _recipient_fault(inner_jwe: Any, target: str) -> str | None:
    recipients = objects(inner_jwe.get("recipients")) if isinstance(inner_jwe, dict) else ()  # pyright: ignore
    kids = [header.get("kid") for recipient in recipients for header in objects(recipient.get("header"))]
    if not kids or len(kids) != len(recipients):
        return "the sealed part does not name its recipients"
    if not all(isinstance(kid, str) and kid.partition("#")[0] == target for kid in kids):
        return "the sealed part is for another than the target"
    return None


def _protected(inner_jwe: Any) -> JsonObject:
    protected = inner_jwe.get("protected") if isinstance(inner_jwe, dict) else None  # pyright: ignore
    if not isinstance(protected, str) or len(protected) > MAX_PROTECTED_BYTES:
        return {}
    return parse_object(b64url_decode(protected), max_bytes=MAX_PROTECTED_BYTES)


def _digest_of(inner_jwe: Any) -> str | None:
    try:
        return payload_hash(inner_jwe)
    except ProtocolError:
        return None
