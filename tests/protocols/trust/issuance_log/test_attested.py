"""Which dates count, and the ways to get one that does not."""

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import ProtocolError
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.attested import attested, is_enough
from protocols.trust.issuance_log.inclusion import IssuanceProof
from protocols.trust.refusal import StatementRefused
from tests.support.federation import ANCHOR, DAY, MEMBER, NOW, events, key, membership
from tests.support.issuance_log import EMPLOYER, LIBRARY, KnownLogs, proof, tree_with, witness

THEN = NOW - 50 * DAY
HOUR = timedelta(hours=1)
TREE = tree_with()
SYNCED = {(MEMBER, TREE.size): TREE.root()}


def answer(value: Any, known: KnownLogs | None = None) -> Any:
    found = attested(IssuanceProof.parse(value), known or KnownLogs(roots=dict(SYNCED)), issuer=MEMBER, anchor=ANCHOR)
    return found.at if found.at is not None else found.cause


def test_the_anchor_and_one_that_is_apart_are_enough_and_the_later_time_counts() -> None:
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN + HOUR})) == THEN + HOUR


def test_with_more_witnesses_it_is_the_earliest_time_that_would_have_done() -> None:
    at = {EMPLOYER: THEN, ANCHOR: THEN + 2 * HOUR, LIBRARY: THEN + HOUR}
    assert answer(proof(TREE, at)) == THEN + HOUR


@pytest.mark.parametrize(
    "at",
    [
        {ANCHOR: THEN},
        {EMPLOYER: THEN},
        {ANCHOR: THEN, MEMBER: THEN},
        {EMPLOYER: THEN, MEMBER: THEN},
    ],
)
def test_one_witness_or_the_issuer_itself_is_not_enough(at: Any) -> None:
    assert answer(proof(TREE, at)) == "too_few_witnesses"


def test_an_anchor_that_cosigns_with_nodes_of_the_issuers_own_host_is_not_enough() -> None:
    neighbour = f"{MEMBER}/library"
    known = KnownLogs(roots=dict(SYNCED))
    known.witnesses = {**known.witnesses, neighbour: witness(neighbour)}
    assert answer(proof(TREE, {ANCHOR: THEN, neighbour: THEN}), known) == "too_few_witnesses"


def test_the_custodian_of_the_issuers_records_is_not_apart() -> None:
    known = KnownLogs(roots=dict(SYNCED))
    closed = events("applied", "approved", "closed")
    last = type(closed[-1])(event="closed", at=closed[-1].at, successor=EMPLOYER)
    known.witnesses = {**known.witnesses, MEMBER: witness(MEMBER, membership=membership(events=(*closed[:2], last)))}
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}), known) == "too_few_witnesses"
    assert answer(proof(TREE, {ANCHOR: THEN, LIBRARY: THEN}), known) == THEN


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"membership": membership("applied", did=did_of(EMPLOYER))}, "was never admitted"),
        ({"membership": membership("applied", "approved", "suspended", did=did_of(EMPLOYER))}, "was suspended"),
        ({"keys": {}}, "has other keys"),
        ({"keys": {key(EMPLOYER).kid: (key("stranger").public, None)}}, "did not sign"),
        ({"keys": {key(EMPLOYER).kid: (key(EMPLOYER).public, THEN)}}, "had that key no more"),
    ],
)
def test_a_witness_counts_only_as_a_member_with_its_own_key_of_the_day(changes: Any, why: str) -> None:
    known = KnownLogs(roots=dict(SYNCED))
    known.witnesses = {**known.witnesses, EMPLOYER: witness(EMPLOYER, **changes)}
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}), known) == "too_few_witnesses", why


def test_a_stranger_is_no_witness() -> None:
    assert answer(proof(TREE, {ANCHOR: THEN, "https://stranger.example": THEN})) == "too_few_witnesses"


def test_a_head_that_was_not_synced_says_nothing_yet() -> None:
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}), KnownLogs()) == "head_unknown"


def test_another_past_than_the_synced_one_is_a_fork() -> None:
    rewritten = tree_with(sha256(b"what was signed yesterday").digest())
    made = proof(rewritten, {ANCHOR: THEN, EMPLOYER: THEN}, digest=sha256(b"what was signed yesterday").digest())
    assert answer(made) == "log_forked"


def test_no_date_counts_in_a_log_that_was_ever_seen_forked() -> None:
    known = KnownLogs(roots=dict(SYNCED), forked={MEMBER})
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}), known) == "log_forked"


def test_the_log_of_another_member_dates_nothing_of_this_one() -> None:
    known = KnownLogs(roots={(LIBRARY, TREE.size): TREE.root()})
    assert answer(proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}, log=LIBRARY), known) == "log_of_another"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"digest": "A" * 43}, "inclusion"),
        ({"salt": "A" * 22}, "inclusion"),
        ({"position": 6}, "inclusion"),
        ({"path": []}, "inclusion"),
        ({"size": 17}, "cosignature_of_another"),
        ({"log": LIBRARY}, "cosignature_of_another"),
        ({"type": "Another"}, "issuance_proof"),
        ({"salt": "AAAA"}, "issuance_proof"),
        ({"cosignatures": []}, "issuance_proof"),
        ({"path": ["A" * 43] * 81}, "issuance_proof"),
        ({"position": -1}, "issuance_proof"),
    ],
)
def test_a_proof_that_does_not_lead_to_its_head_is_refused(changes: Any, rule: str) -> None:
    value = {**proof(TREE, {ANCHOR: THEN, EMPLOYER: THEN}), **changes}
    with pytest.raises(StatementRefused) as refused:
        IssuanceProof.parse(value)
    assert refused.value.rule == rule


def test_cosignatures_of_two_heads_make_no_proof() -> None:
    other = proof(tree_with(size=17), {EMPLOYER: THEN})
    value = proof(TREE, {ANCHOR: THEN})
    with pytest.raises(StatementRefused) as refused:
        IssuanceProof.parse({**value, "cosignatures": [*value["cosignatures"], *other["cosignatures"]]})
    assert refused.value.rule == "cosignature_of_another"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=50), lambda inner: st.lists(inner, max_size=4)
    ),
    st.sampled_from(["log", "digest", "salt", "position", "size", "path", "cosignatures", "type"]),
)
def test_whatever_stands_in_a_proof_is_refused_or_read(value: Any, name: str) -> None:
    with suppress(ProtocolError):
        IssuanceProof.parse({**proof(TREE, {ANCHOR: THEN}), name: value})


def test_what_would_be_enough_is_known_beforehand() -> None:
    assert is_enough({ANCHOR, EMPLOYER}, issuer=MEMBER, anchor=ANCHOR)
    assert not is_enough({ANCHOR, MEMBER}, issuer=MEMBER, anchor=ANCHOR)
    assert not is_enough({EMPLOYER}, issuer=MEMBER, anchor=ANCHOR)
    assert not is_enough({EMPLOYER, ANCHOR}, issuer=MEMBER, anchor=ANCHOR, custodians=frozenset({EMPLOYER}))
