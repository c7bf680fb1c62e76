"""What one party could find out if it wanted to: every key that it owns, every byte that it keeps, all of it tried."""

import base64
import gzip
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from node.adapters.keystore import Sealer, Unsealable
from node.adapters.master_key import load_master_keys
from protocols.didcomm import jwe
from protocols.dids.document import DidDocument
from protocols.errors import ProtocolError
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.jose.keys import PrivateKey, PublicKey
from tests.support.nodes import Node

DIRECTORY = frozenset(
    {
        "peer",
        "network_config",
        "member_event",
        "join_invitation",
        "log_head",
        "log_cosignature",
        "peer_mark",
        "succession",
    }
)
"""Tables of the synced directory and of how its members came in: the same at every member, whatever anybody asked."""
CONTEXTS = ("outbox", "presentation", "mailbox", "work")
MAX_DEPTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Knower:
    """One node's operator, curious. `senders` are all public keys that any envelope could be from."""

    name: str
    kids: frozenset[str]
    keys: Sequence[PrivateKey]
    sealer: Sealer
    senders: Sequence[PublicKey]
    cells: Mapping[str, Sequence[bytes]]
    """Everything in the database, by table."""

    def opened(self, envelope: JsonObject | bytes) -> bytes | None:
        """The plaintext of an envelope, tried with every key, whatever key ids are written on it; None if closed."""
        value = parse_object(envelope) if isinstance(envelope, bytes) else envelope
        try:
            parsed = jwe.parse_jwe(value)
        except ProtocolError:
            return None
        senders: Sequence[PublicKey | None] = [None] if parsed.skid is None else self.senders
        for key in self.keys:
            for kid in parsed.kids:
                for sender in senders:
                    with suppress(ProtocolError):
                        return jwe.decrypt(parsed, kid, key, sender)
        return None

    def told(self, *, but: frozenset[str] = DIRECTORY) -> Mapping[str, str]:
        """Table by table, all that its database says to somebody who has its keys, as one text each."""
        return {
            table: "\n".join(text for cell in cells for text in self._texts(cell))
            for table, cells in self.cells.items()
            if table not in but
        }

    def mentions(self, *needles: str, but: frozenset[str] = DIRECTORY) -> list[tuple[str, str]]:
        """(table, needle) wherever the database outside `but` says one of `needles`, in whatever wrapping."""
        told = self.told(but=but)
        return [(table, needle) for table, text in told.items() for needle in needles if needle and needle in text]

    def _texts(self, value: Any, depth: int = 0) -> Iterator[str]:
        """Every text in a value: as it stands, parsed, decoded, inflated, unsealed, decrypted."""
        if depth > MAX_DEPTH:
            return
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield str(name)
                yield from self._texts(item, depth + 1)
            if "ciphertext" in value and (plain := self.opened(dict(value))) is not None:
                yield from self._texts(plain, depth + 1)
        elif isinstance(value, list | tuple):
            for item in value:
                yield from self._texts(item, depth + 1)
        elif isinstance(value, bytes):
            yield from self._bytes(value, depth)
        elif value is not None:
            yield from self._text(str(value), depth)

    def _bytes(self, value: bytes, depth: int) -> Iterator[str]:
        yield value.decode("latin-1")
        for inflated in _inflated(value):
            yield from self._texts(inflated, depth + 1)
        for context in CONTEXTS:
            with suppress(Unsealable):
                yield from self._texts(self.sealer.open(value, context=context), depth + 1)
        with suppress(UnicodeDecodeError):
            yield from self._text(value.decode("utf-8"), depth)

    def _text(self, value: str, depth: int) -> Iterator[str]:
        yield value
        with suppress(ValueError):
            parsed = json.loads(value)
            if isinstance(parsed, dict | list):
                yield from self._texts(parsed, depth + 1)
                return
        for part in value.split("."):
            if len(part) >= 12 and part.isascii():
                with suppress(ValueError):
                    decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
                    yield from self._texts(decoded, depth + 1)


async def knower(node: Node, documents: Iterable[DidDocument]) -> Knower:
    """What the operator of a node has: its data directory, read as a whole."""
    sealer = Sealer(load_master_keys(node.settings))
    cells = dump(node)
    keys = [
        PrivateKey.from_jwk(parse_object(sealer.open(row["sealed"], context=f"key:{row['kid']}")), row["kid"])
        for row in rows(node, "key")
    ]
    agreeing = [key for key in keys if key.public.crv == "X25519"]
    turned = [as_agreement(key) for key in keys if key.public.crv == "Ed25519"]
    senders = [
        method.key for document in documents for method in document.methods.values() if method.key.crv == "X25519"
    ]
    return Knower(
        name=node.name,
        kids=frozenset(key.kid for key in keys),
        keys=[*agreeing, *turned],
        sealer=sealer,
        senders=senders,
        cells=cells,
    )


def as_agreement(key: PrivateKey) -> PrivateKey:
    """The X25519 key that an Ed25519 secret can be turned into."""
    jwk = key.to_jwk()
    seed = base64.urlsafe_b64decode(jwk["d"] + "=")
    return PrivateKey.from_secret("X25519", hashlib.sha512(seed).digest()[:32], key.kid)


def rows(node: Node, table: str) -> list[dict[str, Any]]:
    """Every row of a table of a node's file."""
    with closing(sqlite3.connect(f"file:{node.data / 'node.sqlite3'}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f'SELECT * FROM "{table}"')]


def dump(node: Node) -> dict[str, list[bytes]]:
    """Every cell of every table, as bytes."""
    with closing(sqlite3.connect(f"file:{node.data / 'node.sqlite3'}?mode=ro", uri=True)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [
                cell if isinstance(cell, bytes) else str(cell).encode()
                for row in db.execute(f'SELECT * FROM "{table}"')
                for cell in row
                if cell is not None
            ]
            for table in names
            if not table.startswith("sqlite_")
        }


def _inflated(value: bytes) -> Iterator[bytes]:
    with suppress(OSError, EOFError, zlib.error):
        yield gzip.decompress(value)
    with suppress(zlib.error):
        yield zlib.decompress(value)


def jwe_of(text: bytes) -> JsonObject:
    """The one attached envelope of a message in its plaintext."""
    message = parse_object(text)
    attached = [item["data"]["json"] for item in message["attachments"] if "json" in item["data"]]
    assert len(attached) == 1, message["type"]
    return attached[0]


def is_same(one: JsonObject, other: JsonObject) -> bool:
    return canonical_json(one) == canonical_json(other)
