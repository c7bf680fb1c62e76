"""Who stands in for an institution that has closed, with each rule broken once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from protocols.jose.encoding import JsonObject, b64url_decode
from protocols.trust.entity import did_of
from protocols.trust.issuance_log.attested import Witness
from protocols.trust.membership import MembershipEvent
from protocols.trust.refusal import StatementRefused
from protocols.trust.succession import (
    MAX_CONFIRMATIONS,
    check_custody,
    custody_json,
    parse_confirmation,
    parse_custody,
    parse_succession,
    sign_confirmation,
    sign_succession,
)
from tests.support.federation import ANCHOR, DAY, MEMBER, NOW, events, key, membership
from tests.support.issuance_log import EMPLOYER, LIBRARY, KnownLogs, proof, tree_with, witness

CUSTODIAN = "https://archive.example"
NAMED = NOW - 50 * DAY
SEEN = NAMED + timedelta(hours=1)
CLOSED = NOW - 20 * DAY
SUCCESSION = sign_succession(MEMBER, CUSTODIAN, signer=key(MEMBER), at=NAMED)
WORD = parse_succession(SUCCESSION)
TREE = tree_with(b64url_decode(WORD.digest))


def closed(at: datetime = CLOSED, event: Any = "closed", successor: str | None = CUSTODIAN) -> Witness:
    end = MembershipEvent(event=event, at=at, successor=successor)
    return witness(MEMBER, membership=membership(events=(*events("applied", "approved"), end)))


def known(**changes: Witness) -> KnownLogs:
    """What was synced, with some members otherwise: `institution`, `custodian`, `confirming`."""
    found = KnownLogs(roots={(MEMBER, TREE.size): TREE.root()})
    given = {"institution": closed(), "custodian": witness(CUSTODIAN), "confirming": witness(EMPLOYER), **changes}
    found.witnesses = {**found.witnesses, **{each.entity_id: each for each in given.values()}}
    return found


def date(seen: datetime = SEEN, succession: str = SUCCESSION, by: tuple[str, ...] = (ANCHOR, LIBRARY)) -> JsonObject:
    committed = b64url_decode(parse_succession(succession).digest)
    return proof(TREE, dict.fromkeys(by, seen), digest=committed)


def confirmation(by: str = EMPLOYER, at: datetime = CLOSED + DAY, signer: str | None = None) -> str:
    return sign_confirmation(WORD, by=by, signer=key(signer or by), at=at)


def refusal(custody: JsonObject, synced: KnownLogs | None = None) -> str | None:
    """The rule by which it is refused; None where the custodian is believed."""
    try:
        check_custody(parse_custody(custody), synced or known(), anchor=ANCHOR)
    except StatementRefused as error:
        return error.rule
    return None


WHOLE = custody_json(SUCCESSION, date(), [confirmation()])


@pytest.mark.parametrize("event", ["closed", "merged"])
def test_a_custodian_that_was_named_dated_and_confirmed_is_believed(event: str) -> None:
    assert refusal(WHOLE, known(institution=closed(event=event))) is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"institution": witness(MEMBER)}, "not_closed"),
        ({"institution": closed(event="removed", successor=None)}, "not_closed"),
        ({"institution": closed(successor=LIBRARY)}, "custodian_of_another"),
        ({"institution": closed(successor=None)}, "custodian_of_another"),
        ({"custodian": witness(CUSTODIAN, membership=membership("applied"))}, "custodian_standing"),
        (
            {"custodian": witness(CUSTODIAN, membership=membership("applied", "approved", "suspended"))},
            "custodian_standing",
        ),
        ({"institution": replace(closed(), keys={})}, "kid_unknown"),
        ({"institution": replace(closed(), keys={key(MEMBER).kid: (key(MEMBER).public, NAMED)})}, "kid_unknown"),
        ({"institution": replace(closed(), keys={key(MEMBER).kid: (key("stranger").public, None)})}, "signature"),
        ({"institution": closed(at=SEEN)}, "succession_undated"),
        ({"confirming": witness(EMPLOYER, membership=membership("applied"))}, "unconfirmed"),
        ({"confirming": witness(EMPLOYER, keys={})}, "unconfirmed"),
        (
            {"confirming": witness(EMPLOYER, keys={key(EMPLOYER).kid: (key(EMPLOYER).public, CLOSED)})},
            "unconfirmed",
        ),
    ],
)
def test_each_rule_about_those_concerned_has_its_own_refusal(changes: dict[str, Witness], rule: str) -> None:
    assert refusal(WHOLE, known(**changes)) == rule


def test_an_institution_or_a_custodian_that_nobody_knows_is_none() -> None:
    for entity_id, rule in ((MEMBER, "not_closed"), (CUSTODIAN, "custodian_standing"), (EMPLOYER, "unconfirmed")):
        synced = known()
        synced.witnesses = {name: each for name, each in synced.witnesses.items() if name != entity_id}
        assert refusal(WHOLE, synced) == rule


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": CLOSED},
        {"seen": CLOSED + DAY},
        {"by": (ANCHOR, CUSTODIAN)},
        {"by": (ANCHOR, MEMBER)},
        {"by": (LIBRARY,)},
    ],
)
def test_a_succession_that_others_did_not_see_before_the_end_is_undated(changes: Any) -> None:
    assert refusal({**WHOLE, "date": date(**changes)}) == "succession_undated"


def test_the_date_of_something_else_dates_no_succession() -> None:
    other = tree_with()
    synced = known()
    synced.roots = {(MEMBER, other.size): other.root()}
    assert refusal({**WHOLE, "date": proof(other, {ANCHOR: SEEN, LIBRARY: SEEN})}, synced) == "succession_undated"


@pytest.mark.parametrize(
    "token",
    [
        confirmation(ANCHOR),
        confirmation(CUSTODIAN),
        confirmation(MEMBER),
        confirmation(EMPLOYER, CLOSED - timedelta(seconds=1)),
        confirmation(EMPLOYER, signer=CUSTODIAN),
        confirmation(f"{CUSTODIAN}/reading-room"),
        confirmation("https://stranger.example"),
    ],
)
def test_a_confirmation_by_somebody_with_a_part_in_it_or_too_early_is_none(token: str) -> None:
    synced = known()
    neighbour = f"{CUSTODIAN}/reading-room"
    synced.witnesses = {**synced.witnesses, neighbour: witness(neighbour, membership=membership(did=did_of(neighbour)))}
    assert refusal({**WHOLE, "confirmations": [token]}, synced) == "unconfirmed"
    assert refusal({**WHOLE, "confirmations": []}, synced) == "unconfirmed"
    assert refusal({**WHOLE, "confirmations": [token, confirmation()]}, synced) is None


def test_a_confirmation_at_the_very_instant_of_the_end_counts() -> None:
    assert refusal({**WHOLE, "confirmations": [confirmation(at=CLOSED)]}) is None


def test_a_confirmation_of_another_succession_is_refused() -> None:
    other = parse_succession(sign_succession(MEMBER, LIBRARY, signer=key(MEMBER), at=NAMED))
    token = sign_confirmation(other, by=EMPLOYER, signer=key(EMPLOYER), at=CLOSED + DAY)
    with pytest.raises(StatementRefused) as refused:
        parse_confirmation(token, WORD)
    assert refused.value.rule == "succession_of_another"


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ([], "custody"),
        ({}, "not_a_jws"),
        ({**WHOLE, "succession": confirmation()}, "not_a_jws"),
        ({**WHOLE, "succession": "x" * 5000}, "too_large"),
        ({**WHOLE, "succession": "\N{SNOWMAN}.a.b"}, "not_a_jws"),
        ({**WHOLE, "date": None}, "issuance_proof"),
        ({**WHOLE, "confirmations": "all"}, "custody"),
        ({**WHOLE, "confirmations": [7]}, "custody"),
        ({**WHOLE, "confirmations": [SUCCESSION]}, "not_a_jws"),
        ({**WHOLE, "confirmations": [confirmation()] * (MAX_CONFIRMATIONS + 1)}, "custody"),
    ],
)
def test_what_has_another_form_is_refused(value: Any, rule: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        parse_custody(value)
    assert refused.value.rule == rule
