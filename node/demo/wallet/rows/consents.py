"""What the learner was shown and agreed to: records (a hash chain per asker), their uses, and the receipts."""

import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime

from node.demo.wallet.rows.values import dumped, fields, loaded, moment, seconds
from protocols.consent.receipt import Receipt, parse_receipt
from protocols.consent.screen import ConsentScreen
from protocols.jose.encoding import JsonObject, digest_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A consent screen that was shown, by digest. `items`: JSON, the items as chosen, sorted; null for all.

    `records`: JSON, for each item the digest of the record that would be shared.
    """

    request: str
    items: str
    screen: str
    records: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A consent record as signed, with the words that were on the screen; `number` counts within one asker."""

    hash: str
    subject: str
    request: str
    jws: str
    screen: ConsentScreen
    ui_salt: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    hash: str
    record: str
    jws: str
    payload_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A receipt as it came, or with our signature. `state`: checked, countersigned, refused (then `problem`)."""

    payload_digest: str
    record: str | None
    subject: str
    receipt: Receipt
    state: str
    problem: str | None
    at: datetime


def keep_shown(db: sqlite3.Connection, shown: Shown) -> None:
    """The last look at these items of a request takes the place of the one before."""
    db.execute(
        "INSERT OR REPLACE INTO shown (request, items, screen, records) VALUES (?, ?, ?, ?)",
        (shown.request, shown.items, shown.screen, shown.records),
    )


def shown(db: sqlite3.Connection, request: str, items: str) -> Shown | None:
    """What was shown last for these items."""
    row = db.execute("SELECT * FROM shown WHERE request = ? AND items = ?", (request, items)).fetchone()
    return None if row is None else Shown(**fields(row))


def last_record(db: sqlite3.Connection, subject: str) -> Record | None:
    """The newest for this asker: what the next one names as `prev`."""
    row = db.execute("SELECT * FROM records WHERE subject = ? ORDER BY number DESC LIMIT 1", (subject,)).fetchone()
    return None if row is None else _record(row)


def add_record(db: sqlite3.Connection, record: Record) -> None:
    db.execute(
        "INSERT INTO records (hash, subject, request, jws, screen, ui_salt, number) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            record.hash,
            record.subject,
            record.request,
            record.jws,
            dumped(asdict(record.screen)),
            record.ui_salt,
            record.number,
        ),
    )


def records(db: sqlite3.Connection) -> list[Record]:
    return [_record(row) for row in db.execute("SELECT * FROM records ORDER BY rowid")]


def record(db: sqlite3.Connection, hash: str) -> Record | None:
    row = db.execute("SELECT * FROM records WHERE hash = ?", (hash,)).fetchone()
    return None if row is None else _record(row)


def record_of_request(db: sqlite3.Connection, request: str) -> Record | None:
    """The record by which this request was approved."""
    row = db.execute("SELECT * FROM records WHERE request = ?", (request,)).fetchone()
    return None if row is None else _record(row)


def add_use(db: sqlite3.Connection, use: UseRow) -> None:
    db.execute("INSERT INTO uses VALUES (?, ?, ?, ?)", (use.hash, use.record, use.jws, use.payload_hash))


def uses(db: sqlite3.Connection, record: str) -> list[UseRow]:
    return [
        UseRow(**fields(row)) for row in db.execute("SELECT * FROM uses WHERE record = ? ORDER BY rowid", (record,))
    ]


def keep_receipt(
    db: sqlite3.Connection, receipt: Receipt, *, subject: str, record: str | None, problem: str | None, now: datetime
) -> None:
    """Keeps a receipt as it came; the same one again changes nothing."""
    state = "checked" if problem is None else "refused"
    values = (
        digest_json(receipt.payload.to_json()),
        record,
        subject,
        dumped(receipt.to_json()),
        state,
        problem,
        seconds(now),
    )
    db.execute("INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def countersigned(db: sqlite3.Connection, payload_digest: str, receipt: Receipt) -> None:
    db.execute(
        "UPDATE receipts SET state = 'countersigned', receipt = ? WHERE payload_digest = ?",
        (dumped(receipt.to_json()), payload_digest),
    )


def receipts(db: sqlite3.Connection) -> list[Received]:
    return [_received(row) for row in db.execute("SELECT * FROM receipts ORDER BY at, rowid")]


def good_receipt_of(db: sqlite3.Connection, record: str) -> Received | None:
    """The one receipt of a sharing that was found right."""
    query = "SELECT * FROM receipts WHERE record = ? AND state <> 'refused'"
    row = db.execute(query, (record,)).fetchone()
    return None if row is None else _received(row)


def _record(row: sqlite3.Row) -> Record:
    words: JsonObject = loaded(row["screen"])
    shared, not_shared = tuple(words.pop("shared")), tuple(words.pop("not_shared"))
    return Record(**fields(row, screen=ConsentScreen(**words, shared=shared, not_shared=not_shared)))


def _received(row: sqlite3.Row) -> Received:
    return Received(**fields(row, receipt=parse_receipt(row["receipt"]), at=moment(row["at"])))
