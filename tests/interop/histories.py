"""Logs of a did:webvh written here are resolved there, and those written there are resolved here.

A job has `resolve`: by name a `did`, its `log`, its `witness` proofs or null, and perhaps a `version_time`. The answers
are `resolved`: by the same names `{"document": …, "metadata": …}` or `{"error": …}`; and `made`: by name `did`, `log`,
`witness`, and the `documents` and version `ids` of its entries, a day apart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from node.services.did_document import OwnKey, build_did_document
from node.services.identity import CURVES, FRAGMENTS
from node.services.own_history import twin
from protocols.dids.webvh import History, Wanted, history_of, read_log, scid_of
from protocols.dids.webvh.entry import PLACEHOLDER
from protocols.dids.webvh.writing import first_entry
from protocols.errors import ProtocolError
from protocols.jose.keys import PrivateKey, PublicKey
from tests.interop.counterparts import Counterpart
from tests.support.envelopes import entropy_of
from tests.support.webvh import (
    BEGUN,
    DAY,
    PLAIN,
    ROTATED,
    Owner,
    changed,
    document,
    key,
    keys,
    lines,
    multikey,
    witness_file,
    witnesses,
)

THERE, HERE, BOTH = "ours opens there", "theirs opens here", "both"
Outcome = tuple[str, str, str]
"""Direction, name of the check, and what went wrong: empty when nothing did."""

PORTABLE = Owner().start({**keys("a"), "portable": True})
MOVED = Owner(entries=[*PORTABLE.entries])
MOVED.add(state=document(PORTABLE.did.replace("peer", "new"), alsoKnownAs=[PORTABLE.did]))
WITNESSED = Owner("peer.example%3A8443:a").start({**keys("a"), "witness": witnesses(2, "w", "x", "y")}).add()
APPROVED = witness_file((WITNESSED.ids()[1], "w"), (WITNESSED.ids()[1], "x"))
ENDED = Owner(entries=[*ROTATED.entries]).add({"updateKeys": [multikey("d")], "nextKeyHashes": []}, by="d").add(by="d")
NODE = "did:web:node.example.edu%3A8443:campus"


def published() -> Owner:
    """The log of a node with one key of each purpose that stands in its document; the second entry has a key less."""
    owned = [
        OwnKey(kid=f"{NODE}#{name}-1", purpose=purpose, public=_public(CURVES[purpose], name), created_at=BEGUN)
        for purpose, name in FRAGMENTS.items()
    ]
    whole, less = (
        build_did_document(NODE, "https://node.example.edu:8443/campus", each, BEGUN) for each in (owned, owned[:-1])
    )
    state = twin(whole, NODE, NODE.replace("did:web:", f"did:webvh:{PLACEHOLDER}:"))
    first = first_entry(state, {**keys("a", "b"), "ttl": 300}, signer=key("a"), at=BEGUN)
    return Owner(entries=[first]).add(keys("b", "c"), by="b", state=twin(less, NODE, first["state"]["id"]))


def _public(crv: str, name: str) -> PublicKey:
    return PrivateKey.generate(crv, entropy_of(name)).public


OURS = {
    "a node's": published(),
    "plain": PLAIN,
    "rotated": ROTATED,
    "rotated no more": ENDED,
    "moved": MOVED,
    "witnessed": WITNESSED,
}
REFUSED: dict[str, tuple[bytes, Owner, bytes | None]] = {
    "a document changed": (
        lines([PLAIN.entries[0], {**PLAIN.entries[1], "state": document(PLAIN.did, "x")}]),
        PLAIN,
        None,
    ),
    "a stolen key": (lines(changed(PLAIN.entries, 4, by="a")), PLAIN, None),
    "a key not announced": (lines(changed(ROTATED.entries, 2, by="e", parameters=keys("e", "c"))), ROTATED, None),
    "no later": (lines(changed(PLAIN.entries, 2, versionTime="2026-01-01T12:00:00Z")), PLAIN, None),
    "an entry left out": (lines([PLAIN.entries[0], *PLAIN.entries[2:]]), PLAIN, None),
    "another SCID": (lines(changed(PLAIN.entries, 1, state=document(PLAIN.did, "x"))), PLAIN, None),
    "no witness proofs": (WITNESSED.log, WITNESSED, b"[]"),
    "too few witnesses": (WITNESSED.log, WITNESSED, witness_file((WITNESSED.ids()[1], "w"))),
}


def exchange(counterpart: Counterpart) -> Iterator[Outcome]:
    """Every log in both directions, and what has to be refused on both sides."""
    resolve = {
        name: asked(owner.did, owner.log, APPROVED if owner is WITNESSED else None) for name, owner in OURS.items()
    }
    resolve |= {f"refuses {name}": asked(owner.did, log, proofs) for name, (log, owner, proofs) in REFUSED.items()}
    resolve["as of a time"] = {**resolve["plain"], "version_time": "2026-01-02T13:00:00Z"}
    try:
        answers = counterpart.run({"resolve": resolve})
    except RuntimeError as error:
        yield BOTH, "all", str(error)
        return
    for name, owner in OURS.items():
        yield THERE, name, differs(answers["resolved"][name].get("document"), owner.entries[-1]["state"])
        yield (
            THERE,
            f"{name}: id",
            differs(answers["resolved"][name].get("metadata", {}).get("versionId"), owner.ids()[-1]),
        )
    yield THERE, "as of a time", differs(answers["resolved"]["as of a time"].get("document"), PLAIN.entries[1]["state"])
    for name, (log, owner, proofs) in REFUSED.items():
        yield THERE, f"refuses {name}", "" if "error" in answers["resolved"][f"refuses {name}"] else "accepted"
        yield HERE, f"refuses {name}", "" if isinstance(opened(owner.did, log, proofs), str) else "accepted"
    for name, made in answers["made"].items():
        yield from read_here(name, made)


def read_here(name: str, made: dict[str, Any]) -> Iterator[Outcome]:
    """Every version of a log written there, and the same log when somebody changed it."""
    log, proofs = made["log"].encode(), made["witness"].encode() if made["witness"] else None
    history = opened(made["did"], log, proofs)
    if isinstance(history, str):
        yield HERE, name, f"refused here: {history}"
        return
    yield HERE, name, differs([version.id for version in history.versions], made["ids"])
    for place, theirs in enumerate(made["documents"]):
        version = history.version(Wanted(at=BEGUN + place * DAY + timedelta(hours=1)))
        yield HERE, f"{name}: version {place + 1}", differs(version.state, theirs)
    last = "" if history.is_deactivated == (name == "deactivated") else f"deactivated: {history.is_deactivated}"
    yield HERE, f"{name}: its end", last
    other = made["log"].replace("key-2", "key-x").encode()
    yield HERE, f"{name}: changed", "" if isinstance(opened(made["did"], other, proofs), str) else "accepted"


def asked(did: str, log: bytes, proofs: bytes | None) -> dict[str, Any]:
    return {"did": did, "log": log.decode(), "witness": proofs.decode() if proofs else None}


def opened(did: str, log: bytes, proofs: bytes | None) -> History | str:
    """The history, or why there is none up to today."""
    now = datetime.now(UTC)
    try:
        history = history_of(read_log(log, did, now=now), proofs, now=now)
        assert scid_of(history.version().state["id"]) == scid_of(did)
        return history
    except ProtocolError as error:
        return error.sentence


def differs(found: object, expected: object) -> str:
    return "" if found == expected else f"{str(found)[:200]} instead of {str(expected)[:200]}"
