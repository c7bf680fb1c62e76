"""eddsa-jcs-2022 over a log entry or a version id, by a key that names itself: `did:key:z…#z…`.

Spec: https://identity.foundation/didwebvh/v1.0/#authorized-keys, https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

import hashlib
import re
from datetime import datetime
from typing import Any

from protocols.dids.multiformats import decode_multikey, encode_multikey, multibase_decode, multibase_encode
from protocols.dids.shapes import as_list, as_object
from protocols.dids.webvh.refusal import LogRefused, refusing
from protocols.dids.webvh.times import time_of, written
from protocols.jose.encoding import JsonObject, canonical_json
from protocols.jose.keys import Signer

_FIXED = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}
_METHOD = re.compile(r"did:key:(z[1-9A-HJ-NP-Za-km-z]{1,127})#\1\Z")
_VALUE = re.compile(r"z[1-9A-HJ-NP-Za-km-z]{64,88}\Z")


def proofs_in(value: Any, *, at_most: int) -> list[JsonObject]:
    """The proofs of a `proof` member, an array or one alone; raises LogRefused `proof` for none or too many."""
    items = [value] if as_object(value) is not None else as_list(value)
    proofs = [proof for item in items or () if (proof := as_object(item)) is not None]
    if items is None or len(proofs) != len(items) or not 0 < len(proofs) <= at_most:
        expected = f"1 to {at_most} Data Integrity proofs"
        raise LogRefused("no proofs where they belong", rule="proof", found=f"{len(proofs)} proofs", expected=expected)
    return proofs


def multikey_of(proof: JsonObject) -> str:
    """The key that a proof says it was made with, as a Multikey; raises LogRefused `proof`."""
    found = _METHOD.match(str(proof.get("verificationMethod"))[:512])
    if found is None:
        raise LogRefused("a proof by a key that does not name itself", rule="proof", expected="did:key:z…#z…")
    return found[1]


def check_proof(secured: JsonObject, proof: JsonObject, now: datetime) -> None:
    """Returns when `proof` is one of its key over `secured`; whether that key may is for others to say.

    Raises:
        LogRefused: `proof` for one of another form or purpose, or past its own end; `signature` for one that does not
            fit.
    """
    for name, expected in _FIXED.items():
        if proof.get(name) != expected:
            found = str(proof.get(name))[:64]
            raise LogRefused(f"a proof of another {name}", rule="proof", found=found, expected=expected)
    if "@context" in proof:  # it would have to begin the @context of what is secured, and that has none
        raise LogRefused("a proof with a context", rule="proof", expected="a proof without @context")
    _check_times(proof, now)
    with refusing("proof"):
        key = decode_multikey(multikey_of(proof))
    if key.crv != "Ed25519":
        raise LogRefused("a proof by a key of another kind", rule="proof", found=key.crv, expected="Ed25519")
    value = proof.get("proofValue")
    if not isinstance(value, str) or not _VALUE.match(value):
        raise LogRefused("a proof without a signature", rule="proof", expected="proofValue in base58btc")
    if not key.verify(_hashed(secured, proof), multibase_decode(value)):
        raise LogRefused("a signature that does not fit", rule="signature", expected="one of the key named beside it")


def sign_proof(secured: JsonObject, signer: Signer, at: datetime) -> JsonObject:
    """A proof over `secured`, made at `at` by an Ed25519 key."""
    multikey = encode_multikey(signer.public)
    options: JsonObject = {
        **_FIXED,
        "verificationMethod": f"did:key:{multikey}#{multikey}",
        "created": written(at),
    }
    return {**options, "proofValue": multibase_encode(signer.sign(_hashed(secured, options)))}


def _check_times(proof: JsonObject, now: datetime) -> None:
    times = {name: time_of(proof[name], "proof") for name in ("created", "expires") if name in proof}
    if "expires" in times and times["expires"] <= now:
        raise LogRefused("a proof past its end", rule="proof", expected="one that does not expire")


def _hashed(secured: JsonObject, proof: JsonObject) -> bytes:
    """What is signed: the hash of the options, then that of the value."""
    options = {name: item for name, item in proof.items() if name != "proofValue"}
    with refusing("proof"):
        return b"".join(hashlib.sha256(canonical_json(part)).digest() for part in (options, secured))
