"""The wallet's own keys, sealed, and the DIDs they make; and its settings."""

import sqlite3
from collections.abc import Mapping

from node.demo.wallet.errors import NotFound
from node.demo.wallet.sealing import Seal
from protocols.jose.keys import PrivateKey


def add_key(db: sqlite3.Connection, seal: Seal, key: PrivateKey) -> None:
    sealed = seal.seal(key.secret, f"key {key.kid}")
    db.execute("INSERT INTO keys (kid, crv, sealed) VALUES (?, ?, ?)", (key.kid, key.public.crv, sealed))


def key(db: sqlite3.Connection, seal: Seal, kid: str) -> PrivateKey:
    """The key named `kid`; raises NotFound."""
    row = db.execute("SELECT kid, crv, sealed FROM keys WHERE kid = ?", (kid,)).fetchone()
    if row is None:
        raise NotFound("no such key in this wallet", found=kid[:80])
    return _key(row, seal)


def agreements(db: sqlite3.Connection, seal: Seal) -> Mapping[str, PrivateKey]:
    """Every key that opens envelopes, by its key id (of a did:peer:4: the short form's)."""
    rows = db.execute("SELECT kid, crv, sealed FROM keys WHERE crv = 'X25519'")
    return {row["kid"]: _key(row, seal) for row in rows}


def add_did(db: sqlite3.Connection, did: str, long_form: str) -> None:
    db.execute("INSERT INTO dids (did, long_form) VALUES (?, ?)", (did, long_form))


def long_form(db: sqlite3.Connection, did: str) -> str:
    """The long form of one of our did:peer:4; raises NotFound."""
    row = db.execute("SELECT long_form FROM dids WHERE did = ?", (did,)).fetchone()
    if row is None:
        raise NotFound("not a DID of this wallet", found=did[:80])
    return row["long_form"]


def setting(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM config WHERE name = ?", (name,)).fetchone()
    return None if row is None else row["value"]


def set_setting(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO config VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
    )


def _key(row: sqlite3.Row, seal: Seal) -> PrivateKey:
    return PrivateKey.from_secret(row["crv"], seal.open(row["sealed"], f"key {row['kid']}"), row["kid"])
