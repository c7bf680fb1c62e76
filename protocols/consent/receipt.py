"""The receipt: one statement of what arrived, signed by the asker and then by the learner, byte-identical at both.

The payload stands in the open and is signed in RFC 8785 form (RFC 7515 appendix F, detached), so both signatures are
over the same bytes and neither side can hold another text under the other's name.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from protocols.consent.record import SharedRecord, read_shared_record
from protocols.consent.signatures import names, signature_fault
from protocols.dids.document import DidDocument
from protocols.errors import IllegalMove, MalformedMessage
from protocols.findings import Finding, Outcome
from protocols.jose.encoding import JsonObject, b64url_encode, canonical_json, digest, parse_object
from protocols.jose.jws import sign_compact
from protocols.jose.keys import Signer
from protocols.requests.members import Members, seconds
from protocols.requests.query import MAX_ITEMS

RECEIPT_TYP = "ler-consent-receipt+json"
MAX_RECEIPT_BYTES = 96 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPayload:
    """What arrived, for which request and under which consent, and the day it will be deleted.

    Args:
        records: the entries of the consent record that arrived: types, fields and salted digests, no values.
        received_at, delete_at: whole seconds, UTC.
        asker: the asker's DID.
        subject: the learner's per-asker DID.
    """

    request_hash: str
    record_hash: str
    payload_hash: str
    records: tuple[SharedRecord, ...]
    received_at: datetime
    delete_at: datetime
    asker: str
    subject: str

    def to_json(self) -> JsonObject:
        return {
            "request_hash": self.request_hash,
            "record_hash": self.record_hash,
            "payload_hash": self.payload_hash,
            "records": [shared.to_json() for shared in self.records],
            "received_at": seconds(self.received_at),
            "delete_at": seconds(self.delete_at),
            "asker": self.asker,
            "subject": self.subject,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payload and its signatures in order: the asker's, then the learner's; each `header..signature`."""

    payload: ReceiptPayload
    signatures: tuple[str, ...]

    def to_json(self) -> JsonObject:
        return {"payload": self.payload.to_json(), "signatures": list(self.signatures)}

    def to_bytes(self) -> bytes:
        """The RFC 8785 form: what both sides keep and what `receipt_hash` names."""
        return canonical_json(self.to_json())


def sign_asker(payload: ReceiptPayload, signer: Signer) -> Receipt:
    """The receipt as the asker sends it, with one signature."""
    return Receipt(payload=payload, signatures=(_sign(payload, signer),))


def countersign(receipt: Receipt, signer: Signer) -> Receipt:
    """The receipt with the learner's signature added; the caller has checked the asker's.

    Raises IllegalMove for one that does not have exactly the asker's signature.
    """
    if len(receipt.signatures) != 1:
        raise IllegalMove("a receipt that is not the learner's to countersign", found=str(len(receipt.signatures)))
    return replace(receipt, signatures=(*receipt.signatures, _sign(receipt.payload, signer)))


def parse_receipt(value: Any) -> Receipt:
    """The receipt in a JSON object or its bytes, signatures not yet checked.

    Every member is known and none is added, so writing it again gives the bytes it was signed in.
    """
    document = parse_object(value, max_bytes=MAX_RECEIPT_BYTES) if isinstance(value, bytes | str) else value
    members = Members(document, "receipt")
    receipt = Receipt(payload=_payload(members.take("payload")), signatures=members.tokens("signatures", 2, 32 * 1024))
    members.done()
    if not receipt.signatures:
        raise MalformedMessage("a receipt that nobody signed", expected="the asker's signature, then the learner's")
    return receipt


def receipt_hash(receipt: Receipt) -> str:
    """The name of a receipt as it stands, signatures included."""
    return digest(receipt.to_bytes())


def check_receipt(
    receipt: Receipt, *, asker: DidDocument | None, subject: DidDocument | None
) -> tuple[Finding, Finding]:
    """Whether the asker signed, and whether the learner did; a signature that is not there is "could not tell".

    Args:
        asker: the document of `receipt.payload.asker`; None where it is not known.
        subject: the document of `receipt.payload.subject`.
    """
    return (
        _signed(receipt, 0, "receipt signed by the asker", asker, receipt.payload.asker),
        _signed(receipt, 1, "receipt signed by the learner", subject, receipt.payload.subject),
    )


def _signed(receipt: Receipt, index: int, name: str, document: DidDocument | None, did: str) -> Finding:
    at = receipt.payload.received_at
    if index >= len(receipt.signatures):
        return Finding(number=1, name=name, outcome=Outcome.COULD_NOT_TELL, reason="not signed yet", at=at)
    if document is None:
        reason = "the DID document of its signer is not known"
        return Finding(number=1, name=name, outcome=Outcome.COULD_NOT_TELL, reason=reason, at=at)
    if did not in names(document):
        return Finding(number=1, name=name, outcome=Outcome.NO, reason="it names another DID", at=at)
    fault = signature_fault(_attached(receipt, index), RECEIPT_TYP, document, _relationship(index))
    if fault is not None:
        return Finding(number=1, name=name, outcome=Outcome.NO, reason=fault, at=at)
    return Finding(number=1, name=name, outcome=Outcome.YES, reason="its signature holds", at=at)


def _relationship(index: int) -> str:
    return "assertionMethod" if index == 0 else "authentication"


def _sign(payload: ReceiptPayload, signer: Signer) -> str:
    header, _, signature = sign_compact(payload.to_json(), signer, typ=RECEIPT_TYP).split(".")
    return f"{header}..{signature}"


def _attached(receipt: Receipt, index: int) -> str:
    header, _, signature = receipt.signatures[index].partition("..")
    return f"{header}.{b64url_encode(canonical_json(receipt.payload.to_json()))}.{signature}"


def _payload(value: Any) -> ReceiptPayload:
    members = Members(value, "receipt payload")
    payload = ReceiptPayload(
        request_hash=members.digest("request_hash"),
        record_hash=members.digest("record_hash"),
        payload_hash=members.digest("payload_hash"),
        records=members.items("records", MAX_ITEMS, read_shared_record),
        received_at=members.time("received_at"),
        delete_at=members.time("delete_at"),
        asker=members.did("asker"),
        subject=members.did("subject"),
    )
    members.done()
    return payload
