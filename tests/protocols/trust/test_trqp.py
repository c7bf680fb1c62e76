"""Queries of TRQP v2 as they are read, and answers as they are written, held against the schemas of ToIP."""

from typing import Any

import pytest

from protocols.trust.refusal import StatementRefused
from protocols.trust.standing import TrustDecision
from protocols.trust.trqp import TrustQuery, trqp_answer
from tests.support.federation import DAY, NOW
from tests.support.trqp import REQUEST, RESPONSES

YES = TrustDecision(outcome="yes", reason="A member in good standing.", cause="member_in_good_standing")
NO = TrustDecision(outcome="no", reason="Not a member of the network.", cause="not_a_member")
UNKNOWN = TrustDecision(outcome="could_not_tell", reason="Not synced.", cause="not_yet_synced")


def asked(**changes: Any) -> dict[str, Any]:
    query = {
        "entity_id": "did:web:college.example",
        "authority_id": "https://network.example",
        "action": "issue",
        "resource": "OpenBadgeCredential",
        "context": {"time": "2026-11-23T12:00:00Z", "locator": "somewhere"},
        **changes,
    }
    return {name: value for name, value in query.items() if value is not None}


def test_a_query_is_read_whole_and_unknown_members_are_passed_over() -> None:
    value = asked(trace="ignored")
    REQUEST.validate(value)
    assert TrustQuery.parse(value) == TrustQuery(
        entity_id="did:web:college.example",
        authority_id="https://network.example",
        action="issue",
        resource="OpenBadgeCredential",
        context={"time": "2026-11-23T12:00:00Z", "locator": "somewhere"},
        time=NOW - DAY,
    )


@pytest.mark.parametrize("context", [None, {}, {"time": ""}, {"locator": "somewhere"}])
def test_no_time_or_a_blank_one_asks_for_now(context: dict[str, str] | None) -> None:
    query = TrustQuery.parse(asked(context=context))
    assert (query.time, query.context) == (None, context)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        *(({name: None}, "trqp_query") for name in ("entity_id", "authority_id", "action", "resource")),
        *(({name: ""}, "trqp_query") for name in ("entity_id", "authority_id", "action", "resource")),
        *(({name: 7}, "trqp_query") for name in ("entity_id", "authority_id", "action", "resource")),
        ({"entity_id": "no uri at all"}, "trqp_query"),
        ({"entity_id": "did:web:a\u0000b"}, "trqp_query"),
        ({"authority_id": "college"}, "trqp_query"),
        ({"entity_id": "did:web:" + "a" * 600}, "trqp_query"),
        ({"resource": "a" * 3000}, "trqp_query"),
        ({"context": []}, "trqp_query"),
        ({"context": {"time": 7}}, "trqp_query"),
        ({"context": {"time": {"nested": "1"}}}, "trqp_query"),
        ({"context": {f"m{number}": "x" for number in range(17)}}, "trqp_query"),
        ({"context": {"time": "2026-11-23"}}, "trqp_time"),
        ({"context": {"time": "2026-11-23T12:00:00+01:00"}}, "trqp_time"),
        ({"context": {"time": "2026-13-23T12:00:00Z"}}, "trqp_time"),
    ],
)
def test_a_query_of_another_form_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(StatementRefused) as refusal:
        TrustQuery.parse(asked(**changes))
    assert refusal.value.rule == rule


@pytest.mark.parametrize(("kind", "verdict"), [("authorization", "authorized"), ("recognition", "recognized")])
@pytest.mark.parametrize(("decision", "said"), [(YES, True), (NO, False)])
def test_an_answer_repeats_the_query_and_says_when_it_was_evaluated(kind, verdict, decision, said) -> None:
    answer = trqp_answer(kind, TrustQuery.parse(asked()), decision, now=NOW)
    assert answer == {
        **asked(),
        verdict: said,
        "time_requested": "2026-11-23T12:00:00Z",
        "time_evaluated": "2026-11-24T12:00:00Z",
        "message": decision.reason,
    }
    RESPONSES[kind].validate(answer)


def test_an_answer_to_a_query_without_context_has_none() -> None:
    answer = trqp_answer("authorization", TrustQuery.parse(asked(context=None)), YES, now=NOW)
    assert "context" not in answer
    assert "time_requested" not in answer
    RESPONSES["authorization"].validate(answer)


def test_what_cannot_be_told_is_never_answered_with_a_no() -> None:
    with pytest.raises(ValueError, match="no word"):
        trqp_answer("authorization", TrustQuery.parse(asked()), UNKNOWN, now=NOW)
