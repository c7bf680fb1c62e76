"""did:webvh: each rule of a log broken once, and the name that the refusal has for it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from protocols.dids.multiformats import encode_multikey
from protocols.dids.webvh import scid_of
from protocols.dids.webvh.entry import MAX_ENTRY_BYTES
from protocols.dids.webvh.log import MAX_ENTRIES, MAX_LOG_BYTES
from protocols.dids.webvh.proof import sign_proof
from protocols.dids.webvh.refusal import Rule
from protocols.errors import MalformedMessage
from protocols.jose.encoding import JsonObject, parse_object
from protocols.jose.keys import PrivateKey
from tests.support.webvh import (
    BEGUN,
    PLAIN,
    ROTATED,
    Owner,
    changed,
    document,
    key,
    keys,
    lines,
    multikey,
    refusal,
    witnesses,
)

SCID = "QmPEQVM1JPTyrvEgBcDXwjK4TeyLGSX1PxjgyeAisdWM1p"


def first(**parameters: object) -> bytes:
    """A log of one entry with these parameters beside a key, or instead of it."""
    return Owner().start({**keys("a"), **parameters}).log


def later(parameters: JsonObject, *, by: str = "a", of: Owner = PLAIN, after: int = 2) -> bytes:
    return lines(changed(of.entries, after, by=by, parameters=parameters))


def with_proof(**members: object) -> bytes:
    """The second entry with a proof that says something else, and is signed so."""
    entry = PLAIN.entries[1]
    signed = {name: value for name, value in entry.items() if name != "proof"}
    proof = sign_proof(signed, key("a"), BEGUN)
    return lines([PLAIN.entries[0], {**signed, "proof": [{**proof, **members}]}])


def by_another_kind_of_key() -> tuple[bytes, str]:
    p256 = PrivateKey.from_secret("P-256", b"k" * 32)
    owner = Owner().start({"updateKeys": [multikey("a"), encode_multikey(p256.public)]}).add()
    signed = {name: value for name, value in owner.entries[1].items() if name != "proof"}
    return lines([owner.entries[0], {**signed, "proof": [sign_proof(signed, p256, BEGUN)]}]), owner.did


def placeholder_left() -> bytes:
    """A first entry with the placeholder where its owner wrote the SCID: the hash would be the same."""
    entry = Owner().start(note="did:webvh:{SCID}:peer.example").entries[0]
    state = {**entry["state"], "note": "did:webvh:{SCID}:peer.example"}
    return lines(changed([entry], 1, state=state))


def swapped(entries: list[JsonObject], one: int, other: int) -> bytes:
    entries = [*entries]
    entries[one], entries[other] = entries[other], entries[one]
    return lines(entries)


E2 = PLAIN.entries[1]
BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "malformed"),
    "no JSON": (lambda: PLAIN.log + b"{\n", "malformed"),
    "an empty line": (lambda: PLAIN.log + b"\n", "malformed"),
    "a name twice": (lambda: PLAIN.log + b'{"versionId":"5-x","versionId":"5-x"}\n', "malformed"),
    "a member less": (lambda: lines([{n: v for n, v in PLAIN.entries[0].items() if n != "state"}]), "malformed"),
    "a member more": (lambda: lines([PLAIN.entries[0], {**E2, "more": 1}]), "malformed"),
    "parameters that are no object": (lambda: lines([PLAIN.entries[0], {**E2, "parameters": []}]), "malformed"),
    "too many bytes": (lambda: b" " * (MAX_LOG_BYTES + 1), "too_large"),
    "too many entries": (lambda: b"{}\n" * (MAX_ENTRIES + 1), "too_large"),
    "an entry too large": (lambda: PLAIN.log + b" " * (MAX_ENTRY_BYTES + 1) + b"\n", "too_large"),
    "an entry too deep": (lambda: PLAIN.log + b"[" * 99 + b"]" * 99 + b"\n", "too_large"),
    "no version id": (lambda: lines([PLAIN.entries[0], {**E2, "versionId": 2}]), "version_id"),
    "a version id without hash": (lambda: lines([PLAIN.entries[0], {**E2, "versionId": "2-"}]), "version_id"),
    "a number with a zero": (lambda: lines([{**PLAIN.entries[0], "versionId": f"01-{SCID}"}]), "version_id"),
    "a number left out": (lambda: lines([PLAIN.entries[0], *PLAIN.entries[2:]]), "version_number"),
    "an order changed": (lambda: swapped(PLAIN.entries, 1, 2), "version_number"),
    "a log without its beginning": (lambda: lines(PLAIN.entries[1:]), "version_number"),
    "a document changed": (lambda: lines([PLAIN.entries[0], {**E2, "state": document(PLAIN.did, "x")}]), "entry_hash"),
    "a hash of something else": (
        lambda: lines(changed(PLAIN.entries, 2, versionId=f"2-{SCID}")),
        "entry_hash",
    ),
    "no time": (lambda: lines([PLAIN.entries[0], {**E2, "versionTime": 1}]), "version_time"),
    "a time of day that there is not": (
        lambda: lines(changed(PLAIN.entries, 2, versionTime="2026-01-02T25:00:00Z")),
        "version_time",
    ),
    "a time elsewhere": (
        lambda: lines(changed(PLAIN.entries, 2, versionTime="2026-01-02T12:00:00+01:00")),
        "version_time",
    ),
    "the same time": (lambda: lines(changed(PLAIN.entries, 2, versionTime="2026-01-01T12:00:00Z")), "version_time"),
    "a time before": (lambda: lines(changed(PLAIN.entries, 2, versionTime="2025-12-31T12:00:00Z")), "version_time"),
    "a time to come": (lambda: lines(changed(PLAIN.entries, 2, versionTime="2026-11-24T12:05:01Z")), "future"),
    "no method": (
        lambda: lines(changed(PLAIN.entries, 1, parameters={**keys("a"), "scid": scid_of(PLAIN.did)})),
        "method",
    ),
    "an older method": (lambda: first(method="did:webvh:0.5"), "method"),
    "a method to come": (lambda: later({"method": "did:webvh:2.0"}), "method"),
    "another SCID in the parameters": (
        lambda: lines(changed(PLAIN.entries, 1, parameters={**PLAIN.entries[0]["parameters"], "scid": SCID})),
        "entry_hash",
    ),
    "an SCID again": (lambda: later({"scid": scid_of(PLAIN.did)}), "scid"),
    "a first entry that its SCID was not made of": (
        lambda: lines(changed(PLAIN.entries, 1, state=document(PLAIN.did, "x"))),
        "scid",
    ),
    "a first entry with the placeholder": (placeholder_left, "scid"),
    "an unknown parameter": (lambda: later({"colour": "red"}), "parameter"),
    "a ttl below nothing": (lambda: later({"ttl": -1}), "parameter"),
    "a ttl that is true": (lambda: later({"ttl": True}), "parameter"),
    "a ttl beyond all": (lambda: later({"ttl": 2**31 + 1}), "parameter"),
    "watchers that are no list": (lambda: later({"watchers": "https://watch.example"}), "parameter"),
    "too many watchers": (lambda: later({"watchers": ["https://watch.example"] * 65}), "parameter"),
    "deactivated perhaps": (lambda: later({"deactivated": "true"}), "parameter"),
    "no keys": (lambda: first(updateKeys=[]), "update_keys"),
    "keys that are none": (lambda: later({"updateKeys": ["did:key:" + multikey("a")]}), "update_keys"),
    "keys that are no strings": (lambda: later({"updateKeys": [1]}), "update_keys"),
    "no proof": (lambda: lines([PLAIN.entries[0], {**E2, "proof": []}]), "proof"),
    "too many proofs": (lambda: lines([PLAIN.entries[0], {**E2, "proof": E2["proof"] * 9}]), "proof"),
    "a proof of another type": (lambda: with_proof(type="Ed25519Signature2020"), "proof"),
    "a proof of another suite": (lambda: with_proof(cryptosuite="eddsa-rdfc-2022"), "proof"),
    "a proof for another purpose": (lambda: with_proof(proofPurpose="authentication"), "proof"),
    "a proof with a context": (lambda: with_proof(**{"@context": "https://www.w3.org/ns/did/v1"}), "proof"),
    "a proof past its end": (lambda: with_proof(expires="2026-11-24T12:00:00Z"), "proof"),
    "a proof made at no time": (lambda: with_proof(created="yesterday"), "proof"),
    "a proof by no did:key": (lambda: with_proof(verificationMethod=f"did:web:peer.example#{multikey('a')}"), "proof"),
    "a proof by two keys at once": (
        lambda: with_proof(verificationMethod=f"did:key:{multikey('a')}#{multikey('b')}"),
        "proof",
    ),
    "a proof without a value": (lambda: with_proof(proofValue=None), "proof"),
    "a proof in another base": (lambda: with_proof(proofValue="u" + "A" * 86), "proof"),
    "a signature of something else": (
        lambda: with_proof(proofValue=PLAIN.entries[0]["proof"][0]["proofValue"]),
        "signature",
    ),
    "a signature at another time": (lambda: with_proof(created="2026-01-01T12:00:01Z"), "signature"),
    "a signature by whoever wants to": (lambda: lines(changed(PLAIN.entries, 2, by="thief")), "authority"),
    "the next key, before it is one": (
        lambda: lines(changed(PLAIN.entries, 3, by="b", parameters=keys("b"))),
        "authority",
    ),
    "a stolen key, after it was replaced": (lambda: lines(changed(PLAIN.entries, 4, by="a")), "authority"),
    "no keys though they are rotated": (lambda: later({}, of=ROTATED, by="b"), "pre_rotation"),
    "no next keys though they are rotated": (lambda: later(keys("b"), of=ROTATED, by="b"), "pre_rotation"),
    "a key that nobody announced": (lambda: later(keys("thief", "c"), of=ROTATED, by="thief"), "pre_rotation"),
    "the stolen key of a rotation": (lambda: later(keys("a", "c"), of=ROTATED, by="a"), "pre_rotation"),
    "rotated away to nobody": (
        lambda: later({"updateKeys": [], "nextKeyHashes": []}, of=ROTATED, by="b"),
        "authority",
    ),
    "a next key that is no string": (lambda: later({"nextKeyHashes": [1]}), "pre_rotation"),
    "portable from now on": (lambda: later({"portable": True}), "portable"),
    "moved though it may not": (
        lambda: lines(changed(PLAIN.entries, 2, state=document(f"{PLAIN.did}:x", alsoKnownAs=[PLAIN.did]))),
        "portable",
    ),
    "no document": (lambda: lines([PLAIN.entries[0], {**E2, "state": []}]), "state"),
    "a document of nobody": (lambda: lines(changed(PLAIN.entries, 2, state={"@context": []})), "state"),
    "a document of another SCID": (
        lambda: lines(changed(PLAIN.entries, 2, state=document(f"did:webvh:{SCID}:peer.example"))),
        "state",
    ),
    "a document of a did:web": (
        lambda: lines(changed(PLAIN.entries, 2, state=document("did:web:peer.example"))),
        "state",
    ),
    "witnesses without a threshold": (lambda: later({"witness": {"witnesses": [{"id": "did:key:z"}]}}), "witness"),
    "a threshold out of reach": (lambda: later({"witness": witnesses(3, "w", "x")}), "witness"),
    "a threshold of nobody": (lambda: later({"witness": witnesses(0, "w")}), "witness"),
    "a witness twice": (lambda: later({"witness": witnesses(1, "w", "w")}), "witness"),
    "no witnesses": (lambda: later({"witness": {"threshold": 1, "witnesses": []}}), "witness"),
    "a witness of another method": (
        lambda: later({"witness": {"threshold": 1, "witnesses": [{"id": "did:web:w.example"}]}}),
        "witness",
    ),
    "a witness that is only a key": (
        lambda: later({"witness": {"threshold": 1, "witnesses": [{"id": multikey("w")}]}}),
        "witness",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_rule_has_its_name(fault: str) -> None:
    log, rule = BROKEN[fault]
    data = log()
    assert refusal(data, did_in(data)) == rule


def did_in(data: bytes) -> str:
    """Of the first entry, where it has one."""
    try:
        return parse_object(data.split(b"\n")[0])["state"]["id"]
    except (MalformedMessage, KeyError):
        return PLAIN.did


def test_a_key_of_another_kind_never_signs() -> None:
    assert refusal(*by_another_kind_of_key()) == "proof"


def test_every_rule_is_on_its_page_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "identifiers.md").read_text()
    table = page.partition("| rule | what is wrong |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == get_args(Rule)
