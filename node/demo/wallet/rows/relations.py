"""The institutions that know this learner, and what they gave: offers and credentials."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from node.demo.wallet.rows.values import dumped, fields, loaded, moment, seconds
from protocols.jose.encoding import JsonObject, digest_json

ASKED, ENROLLED, ASKING_MEDIATION, MEDIATED, ASKING_MAIL, READY, REFUSED = (
    "asked",
    "enrolled",
    "asking-mediation",
    "mediated",
    "asking-mail",
    "ready",
    "refused",
)
"""The states of a relation, in the order they are gone through; `refused` from any of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """An institution and the DID it knows the learner by (`mediation`, short form)."""

    institution: str
    mediation: str
    state: str
    code_hash: str
    reference: str | None
    assurance: str | None
    anchors: Sequence[Any]
    problem: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A record that an institution offers. `state`: waiting, accepted, requested, kept, refused."""

    ours: str
    thread: str
    issuer: str
    preview: JsonObject
    comment: str | None
    state: str
    problem: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A credential whose proof was checked before it was kept; `proof` is that of its date, once that came."""

    digest: str
    document: JsonObject
    issuer: str
    holder: str
    thread: str
    at: datetime
    proof: JsonObject | None = None


def add_relation(db: sqlite3.Connection, institution: str, mediation: str, code_hash: str, *, now: datetime) -> None:
    db.execute(
        "INSERT INTO relations (institution, mediation, state, code_hash, at) VALUES (?, ?, ?, ?, ?)",
        (institution, mediation, ASKED, code_hash, seconds(now)),
    )


def relations(db: sqlite3.Connection) -> list[Relation]:
    return [_relation(row) for row in db.execute("SELECT * FROM relations ORDER BY at, rowid")]


def relation(db: sqlite3.Connection, institution: str) -> Relation | None:
    row = db.execute("SELECT * FROM relations WHERE institution = ?", (institution,)).fetchone()
    return None if row is None else _relation(row)


def relation_by_mediation(db: sqlite3.Connection, mediation: str) -> Relation | None:
    row = db.execute("SELECT * FROM relations WHERE mediation = ?", (mediation,)).fetchone()
    return None if row is None else _relation(row)


def set_relation(db: sqlite3.Connection, institution: str, state: str, **changes: Any) -> None:
    """Moves a relation to `state`; `changes` are columns, anchors as a list."""
    if "anchors" in changes:
        changes["anchors"] = dumped(list(changes["anchors"]))
    names = ", ".join(f"{name} = ?" for name in ("state", *changes))  # column names of ours, never input
    db.execute(f"UPDATE relations SET {names} WHERE institution = ?", (state, *changes.values(), institution))  # noqa: S608


def add_offer(
    db: sqlite3.Connection,
    ours: str,
    thread: str,
    issuer: str,
    preview: JsonObject,
    comment: str | None,
    *,
    now: datetime,
) -> None:
    db.execute(
        "INSERT INTO offers (ours, thread, issuer, preview, comment, state, at) VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
        (ours, thread, issuer, dumped(preview), comment, seconds(now)),
    )


def offers(db: sqlite3.Connection) -> list[Offer]:
    return [_offer(row) for row in db.execute("SELECT * FROM offers ORDER BY at, rowid")]


def set_offer(db: sqlite3.Connection, ours: str, thread: str, state: str, problem: str | None = None) -> None:
    db.execute("UPDATE offers SET state = ?, problem = ? WHERE ours = ? AND thread = ?", (state, problem, ours, thread))


def keep_credential(
    db: sqlite3.Connection, document: JsonObject, *, issuer: str, holder: str, thread: str, now: datetime
) -> None:
    db.execute(
        "INSERT OR IGNORE INTO credentials (digest, document, issuer, holder, thread, at) VALUES (?, ?, ?, ?, ?, ?)",
        (digest_json(document), dumped(document), issuer, holder, thread, seconds(now)),
    )


def credentials(db: sqlite3.Connection) -> list[Held]:
    """Newest first."""
    rows = db.execute("SELECT * FROM credentials ORDER BY at DESC, rowid DESC")
    return [_held(row) for row in rows]


def keep_proof(db: sqlite3.Connection, digest: str, proof: JsonObject) -> None:
    """The proof of a credential's date; the first one that came stays."""
    db.execute("UPDATE credentials SET proof = ? WHERE digest = ? AND proof IS NULL", (dumped(proof), digest))


def _held(row: sqlite3.Row) -> Held:
    proof = None if row["proof"] is None else loaded(row["proof"])
    return Held(**fields(row, document=loaded(row["document"]), at=moment(row["at"]), proof=proof))


def _relation(row: sqlite3.Row) -> Relation:
    return Relation(**fields(row, anchors=loaded(row["anchors"]), at=moment(row["at"])))


def _offer(row: sqlite3.Row) -> Offer:
    return Offer(**fields(row, preview=loaded(row["preview"]), at=moment(row["at"])))
