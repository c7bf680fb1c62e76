"""What a mark accredits for: read within bounds, and asked for a type and a day."""

from datetime import timedelta
from typing import Any

import pytest

from protocols.jose.encoding import JsonObject
from protocols.trust.mark_scope import MarkScope
from protocols.trust.refusal import StatementRefused
from tests.support.federation import DAY, NOW

SCOPE = MarkScope(
    credential_types=("OpenBadgeCredential", "ceterms:Certificate"),
    jurisdictions=("US-CO",),
    programmes=("52.0301",),
    frameworks=("https://frameworks.example/accounting",),
    accredited_from=NOW - 100 * DAY,
    accredited_until=NOW + 100 * DAY,
)


def test_a_scope_reads_as_it_was_written() -> None:
    claims = SCOPE.to_claims()
    assert claims == {
        "ler_scope": {
            "credential_types": ["OpenBadgeCredential", "ceterms:Certificate"],
            "jurisdictions": ["US-CO"],
            "programmes": ["52.0301"],
            "frameworks": ["https://frameworks.example/accounting"],
        },
        "ler_status": "accredited",
        "accredited_from": "2026-08-16T12:00:00Z",
        "accredited_until": "2027-03-04T12:00:00Z",
    }
    assert MarkScope.parse({**claims, "iss": "https://a.example"}) == SCOPE


def test_a_mark_that_says_nothing_of_it_is_no_accreditation() -> None:
    assert MarkScope.parse({"iss": "https://a.example", "trust_mark_type": "https://a.example/mark"}) is None
    assert MarkScope.parse({"ler_scope": {}}) == MarkScope()


@pytest.mark.parametrize(
    ("at", "covered"),
    [
        (NOW, True),
        (NOW - 100 * DAY, True),
        (NOW - 100 * DAY - timedelta(seconds=1), False),
        (NOW + 100 * DAY - timedelta(seconds=1), True),
        (NOW + 100 * DAY, False),
    ],
)
def test_it_covers_from_its_first_moment_to_just_before_its_end(at: Any, covered: bool) -> None:
    assert SCOPE.covers("ceterms:Certificate", at) is covered


def test_it_covers_what_it_names_and_everything_where_it_names_nothing() -> None:
    assert not SCOPE.covers("ceterms:certificate", NOW)
    assert not SCOPE.covers("ClrCredential", NOW)
    assert MarkScope().covers("ClrCredential", NOW)


@pytest.mark.parametrize(
    ("status", "covered"), [("accredited", True), ("probation", True), ("candidate", False), ("withdrawn", False)]
)
def test_who_is_not_accredited_yet_or_no_longer_is_not_covered(status: Any, covered: bool) -> None:
    assert MarkScope(status=status).covers("OpenBadgeCredential", NOW) is covered


@pytest.mark.parametrize(
    ("claims", "rule"),
    [
        ({"ler_scope": []}, "ler_scope"),
        ({"ler_scope": {"credential_types": "OpenBadgeCredential"}}, "ler_scope"),
        ({"ler_scope": {"credential_types": []}}, "ler_scope"),
        ({"ler_scope": {"credential_types": [1]}}, "ler_scope"),
        ({"ler_scope": {"programmes": ["x", "x"]}}, "ler_scope"),
        ({"ler_scope": {"programmes": ["x" * 201]}}, "ler_scope"),
        ({"ler_scope": {"programmes": ["a\nb"]}}, "ler_scope"),
        ({"ler_scope": {"jurisdictions": [str(number) for number in range(65)]}}, "ler_scope"),
        ({"ler_status": "excellent"}, "ler_status"),
        ({"ler_status": ["accredited"]}, "ler_status"),
        ({"accredited_from": "2026-01-01"}, "accredited_from"),
        ({"accredited_until": 1}, "accredited_until"),
        (
            {"accredited_from": "2026-01-02T00:00:00Z", "accredited_until": "2026-01-02T00:00:00Z"},
            "accredited_until",
        ),
    ],
)
def test_what_is_no_scope_is_refused_under_its_name(claims: JsonObject, rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        MarkScope.parse(claims)
    assert refusal.value.rule == rule
