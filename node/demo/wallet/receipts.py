"""What is checked before a receipt is countersigned: it says what was shared, with whom, and no longer than agreed."""

import sqlite3
from datetime import datetime, timedelta

from node.demo.wallet.rows import consents
from protocols.consent.receipt import Receipt, ReceiptPayload, check_receipt
from protocols.consent.record import ConsentRecord, parse_record
from protocols.dids.document import DidDocument
from protocols.findings import Outcome
from protocols.requests.request import request_hash

SKEW = timedelta(minutes=5)


def fault_of(
    db: sqlite3.Connection,
    receipt: Receipt,
    *,
    subject: str,
    request_jws: str | None,
    asker: DidDocument,
    now: datetime,
) -> str | None:
    """Why a receipt is not to be countersigned, as a sentence; None where it is right.

    Args:
        subject: the per-asker DID it came to.
        request_jws: of the request that the record it names answers; None where the record is not ours.
        asker: the document of whoever sent it.
    """
    payload = receipt.payload
    record = consents.record(db, payload.record_hash)
    if record is None or record.subject != subject or request_jws is None:
        return "It is about a sharing that this wallet did not make."
    if len(receipt.signatures) != 1:
        return "It does not have exactly the asker's signature."
    signed = check_receipt(receipt, asker=asker, subject=None)[0]
    if signed.outcome is not Outcome.YES:
        return f"The asker's signature does not hold: {signed.reason}."
    if payload.payload_hash not in {use.payload_hash for use in consents.uses(db, record.hash)}:
        return "It names another ciphertext than what was sent."
    if payload.request_hash != request_hash(request_jws):
        return "It names another request."
    if consents.good_receipt_of(db, record.hash) is not None:
        return "Another receipt was given for this sharing."
    return _terms_fault(payload, parse_record(record.jws), asker.id, subject, now)


def _terms_fault(payload: ReceiptPayload, record: ConsentRecord, asker: str, subject: str, now: datetime) -> str | None:
    if (payload.asker, payload.subject) != (asker, subject):
        return "It names other parties."
    if payload.records != record.records:
        return "It lists other records than those that were shared."
    if not record.issued_at - SKEW <= payload.received_at <= now + SKEW:
        return "It is dated at another time than the sharing."
    latest = min(record.retention.until, payload.received_at + timedelta(days=record.retention.days))
    if payload.delete_at > latest:
        return "It would keep what was shared longer than agreed."
    return None
