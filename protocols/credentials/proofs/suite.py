"""What a suite is, and the registry of those in this folder.

A suite is a module here with a `SUITE`; adding one edits no other file.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from protocols.credentials.canonical import Reading
from protocols.dids.multiformats import multibase_decode, multibase_encode
from protocols.errors import DidError, UnsupportedMessage
from protocols.jose.encoding import JsonObject
from protocols.jose.keys import Entropy, PublicKey, Signer

PROOF_VALUE_CHARACTERS = 8192
"""The longest proofValue that is looked at."""

Sign = Callable[[JsonObject, JsonObject, Signer, Reading], JsonObject]
"""(document without proof, proof without value, signer, reading) → the complete proof."""
Verify = Callable[[JsonObject, JsonObject, PublicKey, Reading], bytes | None]
"""(document without proof, complete proof, key, reading) → the bytes that were signed and then the signature, those of
the base proof for a derived one; None where it does not fit. Raises as canonicalization."""


SignBase = Callable[[JsonObject, JsonObject, Signer, Reading, Sequence[str], Entropy], JsonObject]
"""As `Sign`, with the pointers to what every derived proof has to show, and a source of unpredictable bytes."""
Derive = Callable[[JsonObject, JsonObject, Sequence[str], Reading], tuple[JsonObject, JsonObject]]
"""(document without proof, base proof, pointers, reading) → (what is shown of the document, the derived proof)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selective:
    """What a suite has whose proofs are for a holder, who derives from them proofs of parts of the document."""

    sign_base: SignBase
    derive: Derive


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """How one kind of proof is made and checked.

    Args:
        name: how this program and people call it: the cryptosuite, or the proof type where there is none.
        proof_type: the `type` of the proof.
        cryptosuite: the `cryptosuite` of the proof, None for the older types that have none.
        curves: the JOSE curves of its keys.
        sign: makes the proof; None for a suite that is `selective`, which has a way of its own.
        verify: checks it, or the derived one.
    """

    name: str
    proof_type: str
    cryptosuite: str | None
    curves: tuple[str, ...]
    sign: Sign | None
    verify: Verify
    selective: Selective | None = None


@cache
def suites() -> Mapping[str, Suite]:
    """Every suite of this folder, by name."""
    package = import_module("protocols.credentials.proofs")
    modules = (import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__))
    found: list[Suite] = [module.SUITE for module in modules if hasattr(module, "SUITE")]
    return {suite.name: suite for suite in found}


@cache
def _by_type() -> Mapping[tuple[str, str | None], Suite]:
    return {(suite.proof_type, suite.cryptosuite): suite for suite in suites().values()}


def suite_named(name: str) -> Suite:
    """The suite to sign with; raises UnsupportedMessage for an unknown one."""
    if name not in suites():
        raise UnsupportedMessage("an unknown proof suite", found=name[:60], expected=", ".join(sorted(suites())))
    return suites()[name]


def suite_of(proof: JsonObject) -> Suite | None:
    """The suite that a proof was made with, None where it is not known here."""
    kind, cryptosuite = proof.get("type"), proof.get("cryptosuite")
    if not isinstance(kind, str) or not isinstance(cryptosuite, str | None):
        return None
    return _by_type().get((kind, cryptosuite))


def digest_for(curve: str, data: bytes) -> bytes:
    """The hash of `data` that goes with a key: as strong as its curve (VC Data Integrity ECDSA, section 3.2.4)."""
    return (hashlib.sha384 if curve == "P-384" else hashlib.sha256)(data).digest()


def signed_options(options: JsonObject, signature: bytes) -> JsonObject:
    """`options` with the signature as a base58btc proofValue."""
    return {**options, "proofValue": multibase_encode(signature)}


def signature_of(proof: JsonObject) -> bytes:
    """The signature in a base58btc proofValue; empty, which no key made, where there is none such."""
    value = proof.get("proofValue")
    if not isinstance(value, str) or not value.startswith("z") or len(value) > PROOF_VALUE_CHARACTERS:
        return b""
    try:
        return multibase_decode(value)
    except DidError:
        return b""


def without_value(proof: JsonObject) -> JsonObject:
    """The proof's options: what is signed of it."""
    return {name: value for name, value in proof.items() if name != "proofValue"}
