"""Logs of a did:webvh as their owner writes them, and as others would like them to be."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from protocols.dids.multiformats import encode_multikey
from protocols.dids.webvh import History, LogRefused, history_of, read_log
from protocols.dids.webvh.entry import entry_hash
from protocols.dids.webvh.proof import sign_proof
from protocols.dids.webvh.writing import first_entry, key_hash, next_entry
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.jose.keys import PrivateKey

BEGUN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def key(name: str) -> PrivateKey:
    """A key that is the same whenever it has the same name."""
    return PrivateKey.from_secret("Ed25519", hashlib.sha256(name.encode()).digest(), name)


def multikey(name: str) -> str:
    return encode_multikey(key(name).public)


def document(did: str, name: str = "first", **more: Any) -> JsonObject:
    """A document with one key, named after it, that signs."""
    method = {"id": f"{did}#{name}", "type": "Multikey", "controller": did, "publicKeyMultibase": multikey(name)}
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "verificationMethod": [method],
        "assertionMethod": [f"{did}#{name}"],
        **more,
    }


def keys(now: str, following: str | None = None) -> JsonObject:
    """`updateKeys`, and with `following` the hash of the key after it."""
    rotated = {"nextKeyHashes": [key_hash(key(following).public)]} if following else {}
    return {"updateKeys": [multikey(now)], **rotated}


@dataclass
class Owner:
    """Who writes a log; entries are a day apart."""

    location: str = "peer.example"
    entries: list[JsonObject] = field(default_factory=list[JsonObject])

    def start(self, parameters: JsonObject | None = None, *, by: str = "a", **state: Any) -> "Owner":
        template = document(f"did:webvh:{{SCID}}:{self.location}", **state)
        self.entries = [first_entry(template, parameters or keys(by), signer=key(by), at=BEGUN)]
        return self

    def add(self, parameters: JsonObject | None = None, *, by: str = "a", state: JsonObject | None = None) -> "Owner":
        """An entry with a key in its document that is named after its number, or another `state`."""
        number, before = len(self.entries) + 1, self.entries[-1]
        self.entries.append(
            next_entry(
                before["versionId"],
                number,
                state or document(before["state"]["id"], f"key-{number}"),
                parameters or {},
                signer=key(by),
                at=BEGUN + (number - 1) * DAY,
            )
        )
        return self

    @property
    def did(self) -> str:
        return self.entries[-1]["state"]["id"]

    @property
    def log(self) -> bytes:
        return lines(self.entries)

    def ids(self) -> list[str]:
        return [entry["versionId"] for entry in self.entries]


def lines(entries: list[JsonObject]) -> bytes:
    return b"".join(canonical_json(entry) + b"\n" for entry in entries)


PLAIN = Owner().start().add().add(keys("b")).add(by="b")
"""Four entries; key b follows key a with the third, and so writes the fourth."""
ROTATED = Owner().start(keys("a", "b")).add(keys("b", "c"), by="b").add(keys("c", "d"), by="c")
"""Three entries, whose keys were announced."""


def read(data: bytes, did: str, witness_proofs: bytes | None = None) -> History:
    return history_of(read_log(data, did, now=NOW), witness_proofs, now=NOW)


def refusal(data: bytes, did: str, witness_proofs: bytes | None = None) -> str:
    """The rule that is broken, for whoever wants the document of today."""
    with pytest.raises(LogRefused) as refused:
        read(data, did, witness_proofs).document()
    return refused.value.rule


def changed(entries: list[JsonObject], number: int, *, by: str = "a", **members: Any) -> list[JsonObject]:
    """The log up to version `number`, that one with other members, and hashed and signed anew as if they were meant."""
    kept = deepcopy(entries[:number])
    entry = {**kept[-1], **members}
    before = kept[-2]["versionId"] if number > 1 else entry["parameters"]["scid"]
    signed = {name: value for name, value in entry.items() if name != "proof"}
    signed["versionId"] = members.get("versionId", f"{number}-{entry_hash(signed, before)}")
    proof = members.get("proof", [sign_proof(signed, key(by), BEGUN)])
    return [*kept[:-1], {**signed, "proof": proof}]


def witness_file(*approvals: tuple[str, str]) -> bytes:
    """`did-witness.json` with the proofs of (version id, name of the witness), one item each."""
    return canonical_json(
        [
            {"versionId": version_id, "proof": [sign_proof({"versionId": version_id}, key(name), BEGUN)]}
            for version_id, name in approvals
        ]
    )


def witnesses(threshold: int, *names: str) -> JsonObject:
    return {"threshold": threshold, "witnesses": [{"id": f"did:key:{multikey(name)}"} for name in names]}
