"""What the wallet holds, as JSON values for listings: what commands print and programs read."""

import sqlite3
from datetime import datetime

from node.demo.wallet.rows import askers, consents, messages, relations
from node.demo.wallet.screen import UNKNOWN
from node.demo.wallet.views import RequestView, alignments_of, issuer_name_of, name_of, view
from protocols.consent.record import parse_record
from protocols.jose.encoding import JsonObject
from protocols.requests.request import parse_request

SHORT_CHARS = 12


def credentials(db: sqlite3.Connection) -> list[JsonObject]:
    return [
        {
            "id": held.digest[:SHORT_CHARS],
            "name": name_of(held.document),
            "issuer": held.issuer,
            "issuer_name": issuer_name_of(held.document),
            "valid_until": held.document.get("validUntil"),
            "skills": [
                str(found.get("targetName") or found.get("targetUrl")) for found in alignments_of(held.document)
            ],
            "received_at": held.at.isoformat(),
            "is_dated": held.proof is not None,
            "document": held.document,
        }
        for held in relations.credentials(db)
    ]


def offers(db: sqlite3.Connection) -> list[JsonObject]:
    return [
        {
            "id": offer.thread,
            "issuer": offer.issuer,
            "name": name_of(offer.preview.get("achievement") or offer.preview),
            "comment": offer.comment,
            "state": offer.state,
            "problem": offer.problem,
        }
        for offer in relations.offers(db)
    ]


def requests(db: sqlite3.Connection, *, now: datetime) -> list[JsonObject]:
    return [request(view(db, asked.id, now=now)) for asked in askers.requests(db)]


def request(found: RequestView) -> JsonObject:
    requester = found.requester
    return {
        "id": found.id,
        "requester": requester.name if requester.is_in_good_standing else UNKNOWN,
        "standing": {"outcome": requester.standing.outcome, "reason": requester.standing.reason},
        "voucher": requester.voucher,
        "vouched_since": requester.standing.since.isoformat() if requester.standing.since else None,
        "purpose": found.request.purpose.to_json(),
        "retention_days": found.request.retention_days,
        "expires_at": found.request.expires_at.isoformat(),
        "state": "expired" if found.is_expired and found.asked.state == "waiting" else found.asked.state,
        "over_asks": list(found.over_asks.sentences),
        "items": [
            {
                **item.item.to_json(),
                "answered_by": None if item.held is None else name_of(item.held.document),
                "why": item.why,
                "missing": item.missing,
            }
            for item in found.items
        ],
    }


def history(db: sqlite3.Connection) -> list[JsonObject]:
    """Everything that was agreed to or declined, oldest first, and what became of it."""
    agreed = [_agreed(db, record) for record in consents.records(db)]
    declined = [_declined(db, asked) for asked in askers.requests(db) if asked.state == "declined"]
    return sorted((*agreed, *declined), key=lambda entry: str(entry["at"]))


def contacts(db: sqlite3.Connection) -> list[JsonObject]:
    """The links that were opened, and whether the asker was reached."""
    found: list[JsonObject] = []
    for contact in askers.contacts(db):
        sent, asker = messages.sent_for(db, "contact", contact.invitation), askers.asker(db, contact.subject)
        found.append(
            {
                "invitation": contact.invitation,
                "goal": contact.goal,
                "state": "opening" if sent is None else sent.state,
                "refusals": [] if sent is None else list(sent.refusals),
                "per_asker_did": contact.subject,
                "asker": None if asker is None else asker.asker,
                "exit": None if asker is None else asker.exit,
            }
        )
    return found


def receipts(db: sqlite3.Connection) -> list[JsonObject]:
    """Every receipt as it is kept here; `state` delivered once the asker has the learner's signature too."""
    found: list[JsonObject] = []
    for row in consents.receipts(db):
        sent = messages.sent_for(db, "receipt", row.payload_digest)
        state = sent.state if row.state == "countersigned" and sent is not None else row.state
        record = None if row.record is None else consents.record(db, row.record)
        found.append(
            {
                "state": state,
                "requester": None if record is None else record.screen.requester,
                "delete_at": row.receipt.payload.delete_at.isoformat(),
                "problem": row.problem,
                "receipt": row.receipt.to_json(),
            }
        )
    return found


def _agreed(db: sqlite3.Connection, record: consents.Record) -> JsonObject:
    claims = parse_record(record.jws)
    sent = messages.sent_for(db, "present", record.hash)
    receipt = consents.good_receipt_of(db, record.hash)
    return {
        "at": claims.issued_at.isoformat(),
        "requester": record.screen.requester,
        "purpose": record.screen.purpose,
        "shared": list(record.screen.shared),
        "until": claims.retention.until.isoformat(),
        "state": "confirmed" if receipt is not None else sent.state if sent is not None else "queued",
        "refusals": [] if sent is None else list(sent.refusals),
        "request": record.request,
        "record_hash": record.hash,
        "record": record.jws,
    }


def _declined(db: sqlite3.Connection, asked: askers.Asked) -> JsonObject:
    sent = messages.sent_for(db, "decline", asked.id)
    return {
        "at": (sent.at if sent is not None else asked.at).isoformat(),
        "requester": parse_request(asked.jws).issuer,
        "shared": [],
        "state": "declined",
        "delivery": None if sent is None else sent.state,
        "request": asked.id,
    }
