"""Runs in the environment that has PyPI `did-webvh`: reads a job from standard input, writes the answers.

It shares nothing with this project but the JSON of the job, which `tests/interop/histories.py` describes.
"""

import asyncio
import json
import sys

from did_webvh.askar import AskarSigningKey
from did_webvh.core.file_utils import AsyncTextReadError, read_str
from did_webvh.core.hash_utils import HashInfo
from did_webvh.core.proof import di_jcs_sign
from did_webvh.core.resolver import DidResolver, HistoryResolver
from did_webvh.core.state import DocumentState
from did_webvh.verify import WebvhVerifier


class Given(HistoryResolver):
    """The files of a job instead of those of a web server."""

    def __init__(self, log, witness):
        self.log, self.witness = log, witness

    def resolve_entry_log(self, _):
        return read_str(self.log)

    def resolve_witness_log(self, _):
        if self.witness is None:
            raise AsyncTextReadError("no witness proofs")
        return read_str(self.witness)


async def resolved(did, log, witness, version_time=None):
    result = await DidResolver(WebvhVerifier()).resolve(did, Given(log, witness), version_time=version_time)
    if result.document is None:
        return {"error": json.dumps(result.resolution_metadata)}
    return {"document": result.document, "metadata": result.document_metadata}


class Writer:
    """A log in the making; entries are a day apart."""

    def __init__(self, location, following=None, **parameters):
        self.keys = {}
        keys = self.keys_now("a", following) if following else {"updateKeys": [self.key("a").multikey]}
        document = self.document(f"did:webvh:{{SCID}}:{location}", "first")
        self.states = [DocumentState.initial({**keys, **parameters}, document, "2026-01-01T12:00:00Z")]
        self.states[0].sign(self.key("a"))

    def key(self, name):
        return self.keys.setdefault(name, AskarSigningKey.generate("ed25519"))

    def document(self, did, name):
        multikey = self.key(f"document {name}").multikey
        method = {"id": f"{did}#{name}", "type": "Multikey", "controller": did, "publicKeyMultibase": multikey}
        context = ["https://www.w3.org/ns/did/v1"]
        return {"@context": context, "id": did, "verificationMethod": [method], "assertionMethod": [f"{did}#{name}"]}

    def add(self, by, did=None, also=(), **parameters):
        before = self.states[-1]
        number = before.version_number + 1
        document = self.document(did or before.document_id, f"key-{number}")
        if also:
            document["alsoKnownAs"] = list(also)
        self.states.append(before.create_next(document, parameters, f"2026-01-{number:02}T12:00:00Z"))
        self.states[-1].sign(self.key(by))

    def keys_now(self, name, following):
        hashed = HashInfo.from_name("sha2-256").formatted_hash
        hashes = [hashed(self.key(following).multikey.encode())] if following else []
        return {"updateKeys": [self.key(name).multikey], "nextKeyHashes": hashes}

    def made(self, witness=None):
        return {
            "did": self.states[-1].document_id,
            "log": "".join(state.history_json() + "\n" for state in self.states),
            "witness": witness,
            "documents": [state.document for state in self.states],
            "ids": [state.version_id for state in self.states],
        }


def plain():
    writer = Writer("peer.example%3A8443:campus")
    writer.add("a", updateKeys=[writer.key("b").multikey])
    writer.add("b")
    return writer.made()


def rotated():
    writer = Writer("peer.example", following="b")
    writer.add("b", **writer.keys_now("b", "c"))
    writer.add("c", **writer.keys_now("c", None))
    writer.add("c")
    return writer.made()


def moved():
    writer = Writer("old.example", portable=True)
    old = writer.states[-1].document_id
    writer.add("a", did=old.replace("old.example", "peer.example"), also=[old])
    return writer.made()


def witnessed():
    names = [AskarSigningKey.generate("ed25519") for _ in range(3)]
    rule = {"threshold": 2, "witnesses": [{"id": f"did:key:{name.multikey}"} for name in names]}
    writer = Writer("peer.example", witness=rule)
    writer.add("a")
    version = {"versionId": writer.states[-1].version_id}
    return writer.made(json.dumps([{**version, "proof": [di_jcs_sign(version, name) for name in names[:2]]}]))


def deactivated():
    writer = Writer("peer.example")
    writer.add("a", deactivated=True, updateKeys=[])
    return writer.made()


async def main():
    job = json.load(sys.stdin)
    answers = {name: await resolved(**case) for name, case in job["resolve"].items()}
    makers = (plain, rotated, moved, witnessed, deactivated)
    json.dump({"resolved": answers, "made": {maker.__name__: maker() for maker in makers}}, sys.stdout)


asyncio.run(main())
