"""New entries of a log of ours: the first, which makes the DID, and those that follow.

Spec: https://identity.foundation/didwebvh/v1.0/#create-register, https://identity.foundation/didwebvh/v1.0/#update-rotate
"""

from datetime import datetime

from protocols.dids.multiformats import encode_multikey, sha256_base58
from protocols.dids.webvh.entry import PLACEHOLDER, entry_hash
from protocols.dids.webvh.parameters import METHOD
from protocols.dids.webvh.proof import sign_proof
from protocols.dids.webvh.times import written
from protocols.jose.encoding import JsonObject, canonical_json, parse_object
from protocols.jose.keys import PublicKey, Signer


def key_hash(key: PublicKey) -> str:
    """What `nextKeyHashes` says of a key that is not shown yet."""
    return sha256_base58(encode_multikey(key).encode())


def first_entry(state: JsonObject, parameters: JsonObject, *, signer: Signer, at: datetime) -> JsonObject:
    """The entry that makes a DID.

    Args:
        state: the document, with `{SCID}` wherever the SCID is to stand.
        parameters: without `method` and `scid`; `updateKeys` has the signer's key.
    """
    named = {"method": METHOD, "scid": PLACEHOLDER, **parameters}
    template = {"versionId": PLACEHOLDER, "versionTime": written(at), "parameters": named, "state": state}
    text = canonical_json(template)
    scid = sha256_base58(text)
    entry = parse_object(text.replace(PLACEHOLDER.encode(), scid.encode()))
    return _finished(entry, 1, scid, signer, at)


def next_entry(
    before: str, number: int, state: JsonObject, parameters: JsonObject, *, signer: Signer, at: datetime
) -> JsonObject:
    """The entry that follows the one with version id `before`.

    Args:
        number: of the new version.
        parameters: what changes; where keys are rotated in advance, `updateKeys` and `nextKeyHashes` every time.
    """
    entry = {"versionId": before, "versionTime": written(at), "parameters": parameters, "state": state}
    return _finished(entry, number, before, signer, at)


def _finished(entry: JsonObject, number: int, before: str, signer: Signer, at: datetime) -> JsonObject:
    signed = {**entry, "versionId": f"{number}-{entry_hash(entry, before)}"}
    return {**signed, "proof": [sign_proof(signed, signer, at)]}
