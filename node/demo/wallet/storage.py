"""The wallet's own storage: one SQLite file, durable at every commit, one transaction a step.

A step is named, and whoever wants (a test that kills the wallet there) is told before and after its commit. What is
not committed did not happen; what is committed is never done twice, because each step looks at the state it finds.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from node.demo.wallet.errors import WalletError

BUSY_S = 10.0

FIRST = """
CREATE TABLE config (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE keys (kid TEXT PRIMARY KEY, crv TEXT NOT NULL, sealed BLOB NOT NULL);
CREATE TABLE dids (did TEXT PRIMARY KEY, long_form TEXT NOT NULL);
CREATE TABLE documents (did TEXT PRIMARY KEY, document TEXT NOT NULL, fetched_at INTEGER NOT NULL);

CREATE TABLE threads (
    ours TEXT NOT NULL, flow TEXT NOT NULL, id TEXT NOT NULL,
    role TEXT NOT NULL, state TEXT NOT NULL, theirs TEXT, data TEXT NOT NULL,
    PRIMARY KEY (ours, flow, id));
CREATE TABLE seen (digest TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE mail (
    number INTEGER PRIMARY KEY, entry TEXT NOT NULL, delivery TEXT NOT NULL, subject TEXT,
    envelope BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (entry, delivery));
CREATE TABLE dropped (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE outgoing (
    number INTEGER PRIMARY KEY, message TEXT NOT NULL UNIQUE, theirs TEXT NOT NULL, url TEXT NOT NULL,
    envelope BLOB NOT NULL, wants_reply INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE sent (
    about TEXT PRIMARY KEY, message TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL,
    state TEXT NOT NULL, refusals TEXT NOT NULL DEFAULT '[]', at INTEGER NOT NULL);

CREATE TABLE relations (
    institution TEXT PRIMARY KEY, mediation TEXT NOT NULL UNIQUE, state TEXT NOT NULL, code_hash TEXT NOT NULL,
    reference TEXT, assurance TEXT, anchors TEXT NOT NULL DEFAULT '[]', problem TEXT, at INTEGER NOT NULL);
CREATE TABLE offers (
    ours TEXT NOT NULL, thread TEXT NOT NULL, issuer TEXT NOT NULL, preview TEXT NOT NULL, comment TEXT,
    state TEXT NOT NULL, problem TEXT, at INTEGER NOT NULL, PRIMARY KEY (ours, thread));
CREATE TABLE credentials (
    digest TEXT PRIMARY KEY, document TEXT NOT NULL, issuer TEXT NOT NULL, holder TEXT NOT NULL,
    thread TEXT NOT NULL, at INTEGER NOT NULL);

CREATE TABLE askers (
    subject TEXT PRIMARY KEY, asker TEXT NOT NULL, entry TEXT NOT NULL, exit TEXT NOT NULL,
    mailbox TEXT NOT NULL UNIQUE, salt TEXT NOT NULL, until INTEGER NOT NULL,
    is_open INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL);
CREATE TABLE contacts (
    subject TEXT NOT NULL REFERENCES askers, invitation TEXT NOT NULL, goal TEXT,
    state TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (subject, invitation));
CREATE TABLE requests (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL REFERENCES askers, thread TEXT NOT NULL, jws TEXT NOT NULL,
    state TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE records (
    hash TEXT PRIMARY KEY, subject TEXT NOT NULL, request TEXT NOT NULL REFERENCES requests, jws TEXT NOT NULL,
    screen TEXT NOT NULL, ui_salt TEXT NOT NULL, number INTEGER NOT NULL, UNIQUE (subject, number));
CREATE TABLE uses (
    hash TEXT PRIMARY KEY, record TEXT NOT NULL REFERENCES records, jws TEXT NOT NULL, payload_hash TEXT NOT NULL);
CREATE TABLE receipts (
    payload_digest TEXT PRIMARY KEY, record TEXT, subject TEXT NOT NULL, receipt TEXT NOT NULL,
    state TEXT NOT NULL, problem TEXT, at INTEGER NOT NULL);
"""

SHOWN = """
CREATE TABLE shown (
    request TEXT NOT NULL REFERENCES requests, items TEXT NOT NULL, screen TEXT NOT NULL, records TEXT NOT NULL,
    PRIMARY KEY (request, items));
"""
DATED = """
ALTER TABLE credentials ADD COLUMN proof TEXT;
"""
SCHEMAS = (FIRST, SHOWN, DATED)
"""Each brings a file one version on; an older wallet gets those that it lacks."""
SCHEMA_VERSION = len(SCHEMAS)


class Points(Protocol):
    """Told at every named point; may end the process."""

    def reached(self, name: str) -> None: ...


class NoPoints:
    """`Points` that nobody looks at."""

    def reached(self, name: str) -> None: ...


class Store:
    """The open file. Not to be shared between threads; several processes may have it open."""

    def __init__(self, path: Path, points: Points) -> None:
        self._points = points
        self._db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._create()

    @contextmanager
    def step(self, name: str) -> Generator[sqlite3.Connection]:
        """One transaction: durable when the block has ended, undone when it raises."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._points.reached(f"{name}:before")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._points.reached(f"{name}:after")

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """One consistent look."""
        self._db.execute("BEGIN")
        try:
            yield self._db
        finally:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()

    def _create(self) -> None:
        version = self._version()
        if not 0 <= version <= SCHEMA_VERSION:
            raise WalletError(
                "a wallet of another version", found=f"version {version}", expected=f"version {SCHEMA_VERSION}"
            )
        if version < SCHEMA_VERSION:
            with self.step("storage.create") as db:
                for script in SCHEMAS[self._version() :]:  # none, where another first command was quicker
                    for statement in filter(str.strip, script.split(";")):
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])
