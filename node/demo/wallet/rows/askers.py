"""The askers this learner has spoken to, each under a DID, a mailbox and an exit of its own; and what they ask."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from node.demo.wallet.rows.values import fields, moment, seconds
from protocols.consent.letters import Return


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """`subject` is the per-asker DID (short form); `is_open` once the mailbox stands in the keylist at `entry`."""

    subject: str
    asker: str
    entry: str
    exit: str
    mailbox: str
    salt: str
    until: datetime
    is_open: bool
    at: datetime

    @property
    def way_back(self) -> Return:
        return Return(via=self.entry, mailbox=self.mailbox, until=self.until, salt=self.salt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An opened link. `state`: opening (the way back is being prepared), made (the letter is on its way)."""

    subject: str
    invitation: str
    goal: str | None
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A signed request that arrived. `state`: waiting, approved, declined."""

    id: str
    subject: str
    thread: str
    jws: str
    state: str
    at: datetime


def add_asker(db: sqlite3.Connection, asker: Asker) -> None:
    db.execute(
        "INSERT INTO askers (subject, asker, entry, exit, mailbox, salt, until, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            asker.subject,
            asker.asker,
            asker.entry,
            asker.exit,
            asker.mailbox,
            asker.salt,
            seconds(asker.until),
            seconds(asker.at),
        ),
    )


def asker(db: sqlite3.Connection, subject: str) -> Asker | None:
    row = db.execute("SELECT * FROM askers WHERE subject = ?", (subject,)).fetchone()
    return None if row is None else _asker(row)


def asker_of_mailbox(db: sqlite3.Connection, mailbox: str) -> Asker | None:
    row = db.execute("SELECT * FROM askers WHERE mailbox = ?", (mailbox,)).fetchone()
    return None if row is None else _asker(row)


def known_asker(db: sqlite3.Connection, did: str, entry: str, *, at: datetime) -> Asker | None:
    """The per-asker relation with `did` that is still good at `at`."""
    row = db.execute(
        "SELECT * FROM askers WHERE asker = ? AND entry = ? AND until > ? ORDER BY at DESC LIMIT 1",
        (did, entry, seconds(at)),
    ).fetchone()
    return None if row is None else _asker(row)


def open_mailbox(db: sqlite3.Connection, mailbox: str) -> None:
    db.execute("UPDATE askers SET is_open = 1 WHERE mailbox = ?", (mailbox,))


def add_contact(db: sqlite3.Connection, subject: str, invitation: str, goal: str | None, *, now: datetime) -> None:
    db.execute(
        "INSERT OR IGNORE INTO contacts VALUES (?, ?, ?, 'opening', ?)", (subject, invitation, goal, seconds(now))
    )


def contact(db: sqlite3.Connection, did: str, invitation: str) -> Contact | None:
    """The contact made over this invitation of `did`."""
    row = db.execute(
        "SELECT contacts.* FROM contacts JOIN askers USING (subject) WHERE asker = ? AND invitation = ?",
        (did, invitation),
    ).fetchone()
    return None if row is None else _contact(row)


def contacts(db: sqlite3.Connection) -> list[Contact]:
    return [_contact(row) for row in db.execute("SELECT * FROM contacts ORDER BY at, rowid")]


def contacts_to_make(db: sqlite3.Connection) -> list[Contact]:
    """Those whose way back is ready and whose letter is not written yet."""
    rows = db.execute(
        "SELECT contacts.* FROM contacts JOIN askers USING (subject) WHERE state = 'opening' AND is_open = 1"
    )
    return [_contact(row) for row in rows]


def contact_made(db: sqlite3.Connection, subject: str, invitation: str) -> bool:
    """False where another process made it meanwhile."""
    query = "UPDATE contacts SET state = 'made' WHERE subject = ? AND invitation = ? AND state = 'opening'"
    return db.execute(query, (subject, invitation)).rowcount == 1


def add_request(db: sqlite3.Connection, id: str, subject: str, thread: str, jws: str, *, now: datetime) -> None:
    db.execute(
        "INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, 'waiting', ?)", (id, subject, thread, jws, seconds(now))
    )


def requests(db: sqlite3.Connection) -> list[Asked]:
    return [_asked(row) for row in db.execute("SELECT * FROM requests ORDER BY at, rowid")]


def request(db: sqlite3.Connection, id: str) -> Asked | None:
    row = db.execute("SELECT * FROM requests WHERE id = ?", (id,)).fetchone()
    return None if row is None else _asked(row)


def set_request(db: sqlite3.Connection, id: str, state: str) -> None:
    db.execute("UPDATE requests SET state = ? WHERE id = ?", (state, id))


def _asker(row: sqlite3.Row) -> Asker:
    until, at = moment(row["until"]), moment(row["at"])
    return Asker(**fields(row, until=until, at=at, is_open=bool(row["is_open"])))


def _contact(row: sqlite3.Row) -> Contact:
    return Contact(**fields(row, at=moment(row["at"])))


def _asked(row: sqlite3.Row) -> Asked:
    return Asked(**fields(row, at=moment(row["at"])))
