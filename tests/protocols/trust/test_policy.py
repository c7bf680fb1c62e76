"""Metadata policies merge and apply as the published vectors have it, in time that grows with their size."""

import json
from pathlib import Path
from typing import Any

import pytest

from protocols.trust.policy import apply_operators, apply_policy, merge_operators, merge_policies
from protocols.trust.refusal import StatementRefused


def unordered(value: Any) -> Any:
    """The values of an array are a set here."""
    match value:
        case list():
            return sorted(json.dumps(unordered(item), sort_keys=True) for item in value)
        case dict():
            return {name: unordered(item) for name, item in value.items()}
        case _:
            return value


REFUSED = {"metadata_policy": "invalid_policy", "metadata": "invalid_metadata"}


def outcome(case: dict[str, Any]) -> Any:
    try:
        merged = merge_policies({"openid": case["TA"]}, {"openid": case["INT"]})
        if "merged" in case:
            assert unordered(merged["openid"]) == unordered(case["merged"]), case["n"]
        return unordered(apply_policy(merged, {"openid": case["metadata"]})["openid"])
    except StatementRefused as refusal:
        return REFUSED[refusal.rule]


def test_every_published_vector_has_its_outcome(shared_dir: Path) -> None:
    cases = json.loads((shared_dir / "vectors" / "oidf" / "metadata-policy.json").read_text("utf-8"))
    assert len(cases) == 1010
    for case in cases:
        assert outcome(case) == case.get("error", unordered(case.get("resolved"))), case["n"]


def test_the_values_of_scope_stand_in_one_string() -> None:
    above, below = {"subset_of": ["openid", "email", "phone"]}, {"superset_of": ["openid"], "essential": True}
    merged = merge_operators(above, below, "scope")
    assert apply_operators(merged, "openid email eduperson", "scope") == "openid email"
    with pytest.raises(StatementRefused, match="does not have every value"):
        apply_operators(merged, "email", "scope")


def test_true_is_not_one_and_order_does_not_count() -> None:
    assert apply_operators({"one_of": [1, True]}, True, "x") is True
    with pytest.raises(StatementRefused):
        apply_operators({"one_of": [1]}, True, "x")
    assert apply_operators({"superset_of": [{"b": 1, "a": 2}]}, [{"a": 2, "b": 1}], "x") == [{"a": 2, "b": 1}]


def test_operators_that_the_specification_does_not_define_are_passed_over() -> None:
    assert merge_operators({"regexp": "^a"}, {"essential": True, "x": 1}, "x") == {"essential": True}


def test_a_policy_makes_no_metadata_of_a_type_that_the_subject_does_not_have() -> None:
    policy = {"a": {"x": {"value": 1}}, "b": {"x": {"value": 1, "essential": True}}}
    assert apply_policy(policy, {"a": {}}) == {"a": {"x": 1}}


def test_a_policy_of_very_many_values_takes_no_more_than_its_size() -> None:
    many, others = [f"value-{number}" for number in range(20_000)], [f"value-{number}" for number in range(1, 20_001)]
    merged = merge_operators({"subset_of": many, "superset_of": []}, {"subset_of": others}, "x")
    assert len(merged["subset_of"]) == 19_999
    assert len(apply_operators(merged, many, "x")) == 19_999
    assert len(merge_operators({"add": many}, {"add": others}, "x")["add"]) == 20_001
