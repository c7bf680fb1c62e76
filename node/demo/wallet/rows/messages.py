"""Messages on their way: threads, what was seen, mail to read, and what is to be sent."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from node.demo.wallet.rows.values import dumped, fields, loaded, moment, seconds
from protocols.findings import Finding
from protocols.flow import Thread

MAX_DETAIL = 200
MAX_NOTES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An envelope that was fetched and not read yet. `subject`: the per-asker DID whose mailbox it came out of."""

    number: int
    entry: str
    subject: str | None
    envelope: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An envelope to be posted exactly as it is, until it was taken; where `wants_reply`, until it was answered."""

    message: str
    theirs: str
    url: str
    envelope: bytes
    wants_reply: bool
    expires_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What went (or is to go) to an asker. `about` is the digest that an answer names it by, `ref` what it is ours by.

    `state`: queued, sent, delivered, refused, expired.
    """

    about: str
    message: str
    subject: str
    kind: str
    ref: str
    state: str
    refusals: Sequence[dict[str, str]]
    at: datetime


def thread(db: sqlite3.Connection, ours: str, flow: str, id: str) -> Thread | None:
    row = db.execute("SELECT * FROM threads WHERE ours = ? AND flow = ? AND id = ?", (ours, flow, id)).fetchone()
    if row is None:
        return None
    values = {name: row[name] for name in ("id", "flow", "role", "state", "ours", "theirs")}
    return Thread(**values, data=loaded(row["data"]))


def keep_thread(db: sqlite3.Connection, thread: Thread) -> None:
    values = (thread.ours, thread.flow, thread.id, thread.role, str(thread.state), thread.theirs, dumped(thread.data))
    db.execute(
        "INSERT INTO threads (ours, flow, id, role, state, theirs, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (ours, flow, id) DO UPDATE SET state = excluded.state, data = excluded.data",
        values,
    )


def remember(db: sqlite3.Connection, digest: str, *, now: datetime) -> bool:
    """Whether this message is new; from now on it is not."""
    return db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, seconds(now))).rowcount == 1


def keep_mail(
    db: sqlite3.Connection, entry: str, delivery: str, envelope: bytes, *, subject: str | None = None
) -> None:
    """Keeps an envelope for reading; one that waits already is not kept twice."""
    db.execute(
        "INSERT OR IGNORE INTO mail (entry, delivery, subject, envelope) VALUES (?, ?, ?, ?)",
        (entry, delivery, subject, envelope),
    )


def next_mail(db: sqlite3.Connection, after: int) -> Mail | None:
    row = db.execute(
        "SELECT number, entry, subject, envelope FROM mail WHERE number > ? ORDER BY number LIMIT 1", (after,)
    ).fetchone()
    return None if row is None else Mail(**fields(row))


def read_mail(db: sqlite3.Connection, number: int) -> None:
    db.execute("DELETE FROM mail WHERE number = ?", (number,))


def postpone_mail(db: sqlite3.Connection, number: int, *, most: int) -> bool:
    """Counts a try that could not be made now; False (and the mail is gone) after `most` of them."""
    db.execute("UPDATE mail SET attempts = attempts + 1 WHERE number = ?", (number,))
    return db.execute("DELETE FROM mail WHERE number = ? AND attempts >= ?", (number, most)).rowcount == 0


def drop(db: sqlite3.Connection, code: str, detail: str, *, now: datetime) -> None:
    """Notes that something was thrown away, and why; never what was in it."""
    db.execute(
        "INSERT INTO dropped (at, code, detail) VALUES (?, ?, ?)", (seconds(now), code[:80], detail[:MAX_DETAIL])
    )
    db.execute("DELETE FROM dropped WHERE number <= (SELECT max(number) FROM dropped) - ?", (MAX_NOTES,))


def dropped(db: sqlite3.Connection) -> list[dict[str, str | int]]:
    return [dict(row) for row in db.execute("SELECT at, code, detail FROM dropped ORDER BY number")]


def enqueue(
    db: sqlite3.Connection,
    message: str,
    theirs: str,
    url: str,
    envelope: bytes,
    *,
    wants_reply: bool,
    expires_at: datetime,
) -> None:
    db.execute(
        "INSERT INTO outgoing (message, theirs, url, envelope, wants_reply, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (message, theirs, url, envelope, wants_reply, seconds(expires_at)),
    )


def outgoing(db: sqlite3.Connection) -> list[Outgoing]:
    """What is to be sent, oldest first."""
    rows = db.execute("SELECT * FROM outgoing ORDER BY number")
    return [
        Outgoing(
            message=row["message"],
            theirs=row["theirs"],
            url=row["url"],
            envelope=row["envelope"],
            wants_reply=bool(row["wants_reply"]),
            expires_at=moment(row["expires_at"]),
            attempts=row["attempts"],
        )
        for row in rows
    ]


def is_due(db: sqlite3.Connection, message: str, *, now: datetime) -> bool:
    query = "SELECT 1 FROM outgoing WHERE message = ? AND next_at <= ?"
    return db.execute(query, (message, seconds(now))).fetchone() is not None


def is_outgoing(db: sqlite3.Connection, message: str) -> bool:
    return db.execute("SELECT 1 FROM outgoing WHERE message = ?", (message,)).fetchone() is not None


def postpone(db: sqlite3.Connection, message: str, *, until: datetime) -> None:
    db.execute("UPDATE outgoing SET attempts = attempts + 1, next_at = ? WHERE message = ?", (seconds(until), message))


def done(db: sqlite3.Connection, message: str) -> None:
    """It was taken, answered, or given up."""
    db.execute("DELETE FROM outgoing WHERE message = ?", (message,))


def done_with(db: sqlite3.Connection, theirs: str) -> None:
    """Whatever waits for that party is not to be sent any more."""
    db.execute("DELETE FROM outgoing WHERE theirs = ?", (theirs,))


def add_sent(db: sqlite3.Connection, about: str, message: str, subject: str, kind: str, ref: str, at: datetime) -> None:
    db.execute(
        "INSERT INTO sent (about, message, subject, kind, ref, state, at) VALUES (?, ?, ?, ?, ?, 'queued', ?)",
        (about, message, subject, kind, ref, seconds(at)),
    )


def sent(db: sqlite3.Connection, *, subject: str, about: str) -> Sent | None:
    row = db.execute("SELECT * FROM sent WHERE subject = ? AND about = ?", (subject, about)).fetchone()
    return None if row is None else _sent(row)


def sent_for(db: sqlite3.Connection, kind: str, ref: str) -> Sent | None:
    """The latest of a kind that was sent for `ref`."""
    query = "SELECT * FROM sent WHERE kind = ? AND ref = ? ORDER BY at DESC, rowid DESC LIMIT 1"
    row = db.execute(query, (kind, ref)).fetchone()
    return None if row is None else _sent(row)


def sent_by_message(db: sqlite3.Connection, message: str) -> Sent | None:
    row = db.execute("SELECT * FROM sent WHERE message = ?", (message,)).fetchone()
    return None if row is None else _sent(row)


def settle(db: sqlite3.Connection, about: str, state: str, refusals: Sequence[Finding] = ()) -> None:
    """Moves what was sent on to `state`; what was delivered stays delivered."""
    told = [{"name": finding.name, "reason": finding.reason} for finding in refusals]
    db.execute(
        "UPDATE sent SET state = ?, refusals = ? WHERE about = ? AND state <> 'delivered'", (state, dumped(told), about)
    )


def _sent(row: sqlite3.Row) -> Sent:
    values = {name: row[name] for name in ("about", "message", "subject", "kind", "ref", "state")}
    return Sent(**values, refusals=loaded(row["refusals"]), at=moment(row["at"]))
