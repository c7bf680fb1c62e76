"""Inputs that were made to cost much: each is a call that has to be refused before it does."""

import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cbor2

from protocols.credentials.canonical import MAX_CREDENTIAL_BYTES, Reading, canonical_rdf
from protocols.credentials.contexts import CREDENTIALS_V2, OPEN
from protocols.credentials.enveloped import open_envelope
from protocols.credentials.model import parse_credential
from protocols.credentials.proofs.sd_values import parse_derived
from protocols.credentials.rdf.rdfc import Limits, Quad, canonicalize
from protocols.dids.key import resolve_key
from protocols.errors import MalformedMessage
from protocols.jose.encoding import b64url_encode, parse_object
from protocols.status.bitstring import decode
from tests.support.badges import NOW, badge
from tests.support.nquads import parse_nquads

WIDE = Limits(blank_nodes=10_000, alike=10_000, quads=100_000)
"""Without the limits on counts: what is left is the budget of work."""


def clique(size: int) -> dict[str, Any]:
    """Objects without id that all look alike."""
    nodes = [{"type": ["Evidence"], "name": "the same"} for _ in range(size)]
    return {**badge(), "evidence": nodes}


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def w3c_poison() -> list[Quad]:
    """The negative vector of rdf-canon, which the budget of work alone has to end."""
    folder = Path(os.environ["SHARED_DIR"]) / "vectors" / "rdf-canon"
    entries = json.loads((folder / "manifest.jsonld").read_text("utf-8"))["entries"]
    [entry] = [entry for entry in entries if entry["type"] == "rdfc:RDFC10NegativeEvalTest"]
    return parse_nquads((folder / entry["action"]).read_text("utf-8"))


def _bomb() -> str:
    """A status list of 256 KiB that inflates to 256 MiB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return "u" + b64url_encode(b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush())


def _token(payload: bytes) -> dict[str, Any]:
    header = b64url_encode(json.dumps({"alg": "EdDSA", "kid": "did:key:z6Mk#z6Mk", "typ": "vc+sd-jwt"}).encode())
    text = f"{header}.{b64url_encode(payload)}.{b64url_encode(bytes(64))}"
    return {
        "@context": CREDENTIALS_V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+sd-jwt,{text}",
    }


def _opened(value: dict[str, Any]) -> None:
    """Opening answers and does not raise; what it did not open has no document."""
    if open_envelope(value, {}, purpose="assertionMethod", now=NOW).document is None:
        raise MalformedMessage("not opened")


def _deep_terms(depth: int, width: int) -> dict[str, Any]:
    """Contexts in contexts; as many terms as fit."""
    terms: dict[str, Any] = {f"x{n}": f"urn:x{n}" for n in range(width)}
    for level in range(depth - 1):
        inner = {f"t{level}": {"@id": f"urn:t{level}", "@context": terms}}
        terms = {**inner, **{f"y{level}x{n}": f"urn:y{level}:{n}" for n in range(width - 1)}}
    return {**badge(), "@context": [CREDENTIALS_V2, terms], "undefined": "x"}


_BOMB, _POISON = _bomb(), w3c_poison()
_SIGNATURES = "u" + b64url_encode(b"\xd9\x5d\x01" + cbor2.dumps([bytes(64), b"", [b"x"] * 90_000, {}, []]))
_MANY = json.dumps({"list": list(range(200_000))}).encode()
_DEEP, _BRACKETS = nested(50_000).encode(), b"[" * 500_000
_CYCLE: dict[str, Any] = {**badge(), "evidence": [{"id": f"urn:e:{n}", "name": "x"} for n in range(2_500)]}

POISON: Mapping[str, Callable[[], object]] = {
    "JSON of 50,000 levels": lambda: parse_object(_DEEP),
    "half a million brackets": lambda: parse_object(_BRACKETS),
    "a list of 200,000 numbers": lambda: parse_object(_MANY, max_bytes=MAX_CREDENTIAL_BYTES),
    "a number of 100,000 digits": lambda: parse_object(b'{"n":' + b"9" * 100_000 + b"}"),
    **{f"{size} objects that look alike": (lambda size=size: canonical_rdf(clique(size))) for size in (7, 8, 10, 200)},
    "2,500 objects": lambda: canonical_rdf(_CYCLE),
    "a credential of 2 MB": lambda: parse_credential({**badge(), "name": "x" * 2_000_000}),
    "a thousand contexts": lambda: parse_credential({**badge(), "@context": [CREDENTIALS_V2] * 1_000}),
    "ten thousand types": lambda: parse_credential({**badge(), "type": ["VerifiableCredential"] * 10_000}),
    "the poison graph of the W3C, at the door": lambda: canonicalize(_POISON, limits=Limits()),
    "contexts in contexts, 200 deep": lambda: canonical_rdf(_deep_terms(200, 1), Reading(contexts=OPEN)),
    "contexts in contexts, as many as may be": lambda: canonical_rdf(_deep_terms(6, 42), Reading(contexts=OPEN)),
    "a status list that inflates to 256 MiB": lambda: decode(_BOMB),
    "a did:key of 8,000 characters": lambda: resolve_key("did:key:z" + "6" * 8_000),
    "a token of 3 MB": lambda: _opened(_token(b"x" * 2_000_000)),
    "a token with a payload of 50,000 levels": lambda: _opened(_token(_DEEP)),
    "a proof value of 60,000 nested arrays": lambda: parse_derived(
        {"proofValue": "u" + b64url_encode(b"\xd9\x5d\x01" + b"\x81" * 60_000)}
    ),
    "a proof value that claims 2^40 elements": lambda: parse_derived(
        {"proofValue": "u" + b64url_encode(b"\xd9\x5d\x01\x9b" + (2**40).to_bytes(8, "big"))}
    ),
    "a proof value of 100,000 signatures": lambda: parse_derived(
        {
            "proofValue": "u"
            + b64url_encode(b"\xd9\x5d\x01" + cbor2.dumps([bytes(64), b"", [bytes(1)] * 90_000, {}, []]))
        }
    ),
}
"""name → a call that raises a ProtocolError, quickly."""


def by_the_budget_alone() -> object:
    """The poison graph of the W3C without limits on counts."""
    return canonicalize(_POISON, limits=WIDE)
