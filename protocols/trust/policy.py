"""Metadata policy: what superiors make of a subject's metadata, merged from the anchor downwards and then applied.

A policy is entity type → parameter → operators. Merging can only narrow: what a subordinate adds must fit what stands
above it, or the chain is invalid.

Spec: https://openid.net/specs/openid-federation-1_0.html#section-6.1
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from protocols.jose.encoding import JsonObject, canonical_json
from protocols.trust.refusal import StatementRefused, shown

OPERATORS = ("value", "add", "default", "one_of", "subset_of", "superset_of", "essential")
"""In the order in which they are applied (section 6.1.3.1)."""
_LISTS = frozenset({"add", "one_of", "subset_of", "superset_of"})
_SPACED = "scope"
"""The one parameter whose values stand in one string, with spaces between (section 6.1.3.1.8)."""

Operators = Mapping[str, Any]
Policy = Mapping[str, Mapping[str, Operators]]


def merge_policies(superior: Policy, subordinate: Policy) -> dict[str, dict[str, dict[str, Any]]]:
    """The policy of both, `superior`'s being nearer to the anchor.

    Raises:
        StatementRefused: `metadata_policy`, for operators that contradict each other.
    """
    merged: dict[str, dict[str, dict[str, Any]]] = {}
    for entity_type in {**superior, **subordinate}:
        above, below = superior.get(entity_type, {}), subordinate.get(entity_type, {})
        merged[entity_type] = {
            parameter: merge_operators(above.get(parameter, {}), below.get(parameter, {}), parameter)
            for parameter in {**above, **below}
        }
    return merged


def merge_operators(above: Operators, below: Operators, parameter: str) -> dict[str, Any]:
    """The operators of one parameter; those that the specification does not define are passed over.

    Raises:
        StatementRefused: `metadata_policy`.
    """
    merged: dict[str, Any] = {}
    for name in OPERATORS:
        given = [_operand(name, each[name], parameter) for each in (above, below) if name in each]
        if len(given) == 2:
            merged[name] = _MERGED[name](given[0], given[1], parameter)
        elif given:
            merged[name] = given[0]
    _check_together(merged, parameter)
    return merged


def apply_policy(policy: Policy, metadata: Mapping[str, Mapping[str, Any]]) -> dict[str, JsonObject]:
    """The metadata that results; a policy for an entity type that the subject does not have makes none.

    Raises:
        StatementRefused: `metadata`, for metadata that the policy does not allow.
    """
    resolved = {entity_type: dict(parameters) for entity_type, parameters in metadata.items()}
    for entity_type, parameters in resolved.items():
        for parameter, operators in policy.get(entity_type, {}).items():
            value = apply_operators(operators, parameters.get(parameter), parameter)
            parameters.pop(parameter, None)
            if value is not None:
                parameters[parameter] = value
    return resolved


def apply_operators(operators: Operators, value: Any, parameter: str) -> Any:
    """The value that the merged `operators` of one parameter make of `value`; None stands for no such parameter.

    Raises:
        StatementRefused: `metadata`.
    """
    is_spaced = parameter == _SPACED and isinstance(value, str)
    if is_spaced:
        value = str(value).split(" ")
    if "value" in operators:
        value = operators["value"]
    if "add" in operators:
        value = _union(_listed(value), operators["add"])
    if value is None:
        value = operators.get("default")
    if value is not None:
        _check_one_of(operators, value, parameter)
        if "subset_of" in operators:
            value = _common(_listed(value), operators["subset_of"])
    if value is not None and not _includes(_listed(value), operators.get("superset_of", [])):
        raise _refused(f"{parameter} does not have every value that a superior asks for", value)
    if value is None and operators.get("essential"):
        raise _refused(f"{parameter} is missing and a superior calls it essential", None)
    return " ".join(map(str, _listed(value))) if is_spaced and value is not None else value


def _check_one_of(operators: Operators, value: Any, parameter: str) -> None:
    if "one_of" in operators and not _includes(operators["one_of"], [value]):
        raise _refused(f"{parameter} is none of the values that a superior allows", value)


def _check_together(merged: Operators, parameter: str) -> None:
    """Which operators may stand beside each other (section 6.1.3.1, each operator's own list)."""
    for first, second, fits in _TOGETHER:
        if first in merged and second in merged and not fits(merged[first], merged[second]):
            raise StatementRefused(
                "policy operators that contradict each other",
                rule="metadata_policy",
                found=f"{first} and {second} of {parameter}"[:120],
                expected="operators that can hold together",
            )


def _operand(name: str, given: Any, parameter: str) -> Any:
    is_spaced = parameter == _SPACED and name != "essential" and isinstance(given, str)
    value: Any = str(given).split(" ") if is_spaced else given
    kind = cast("type[Any]", type(value))
    is_fit = kind is bool if name == "essential" else kind is list or name not in _LISTS
    if not is_fit or (name == "default" and value is None):
        raise StatementRefused(
            f"an operand that {name} cannot have",
            rule="metadata_policy",
            found=shown(value),
            expected="section 6.1.3.1",
        )
    return value


def _same(above: Any, below: Any, parameter: str) -> Any:
    if not _is_same(above, below):
        raise StatementRefused(
            f"a subordinate sets {parameter} to something else", rule="metadata_policy", found=shown(below)
        )
    return above


def _all_of(above: list[Any], below: list[Any], _: str) -> list[Any]:
    return _union(above, below)


def _both(above: list[Any], below: list[Any], _: str) -> list[Any]:
    return _common(above, below)


def _some_of_both(above: list[Any], below: list[Any], parameter: str) -> list[Any]:
    common = _common(above, below)
    if not common:
        raise StatementRefused(f"no value of {parameter} is left to choose", rule="metadata_policy", found=shown(below))
    return common


def _or(above: bool, below: bool, _: str) -> bool:
    return above or below


_MERGED: Mapping[str, Callable[[Any, Any, str], Any]] = {
    "value": _same,
    "add": _all_of,
    "default": _same,
    "one_of": _some_of_both,
    "subset_of": _both,
    "superset_of": _all_of,
    "essential": _or,
}


def _union(first: list[Any], second: list[Any]) -> list[Any]:
    return list({canonical_json(item): item for item in (*first, *second)}.values())


def _common(first: list[Any], second: list[Any]) -> list[Any]:
    known = _values(second)
    return [item for item in first if canonical_json(item) in known]


def _includes(whole: Any, part: Any) -> bool:
    return _values(part) <= _values(whole)


def _values(value: Any) -> set[bytes]:
    """The items of a list, or the only one, as JSON values: true is not 1."""
    return {canonical_json(item) for item in _listed(value)}


def _is_same(first: Any, second: Any) -> bool:
    return canonical_json(first) == canonical_json(second)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _refused(detail: str, value: Any) -> StatementRefused:
    return StatementRefused(detail, rule="metadata", found=None if value is None else shown(value))


_TOGETHER: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ("value", "add", lambda value, add: _includes(value, add)),
    ("value", "default", lambda value, _: value is not None),
    ("value", "one_of", lambda value, allowed: value is not None and _includes(allowed, [value])),
    ("value", "subset_of", lambda value, allowed: value is None or _includes(allowed, value)),
    ("value", "superset_of", lambda value, asked: _includes(value, asked)),
    ("value", "essential", lambda value, is_essential: value is not None or not is_essential),
    ("add", "one_of", lambda _, __: False),
    ("add", "subset_of", lambda add, allowed: _includes(allowed, add)),
    ("one_of", "subset_of", lambda _, __: False),
    ("one_of", "superset_of", lambda _, __: False),
    ("subset_of", "superset_of", lambda allowed, asked: _includes(allowed, asked)),
)
