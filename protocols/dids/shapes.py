"""Objects and lists in parsed JSON, told apart with types a checker believes."""

from typing import Any, cast

from protocols.jose.encoding import JsonObject


def as_object(value: Any) -> JsonObject | None:
    """`value` when it is a JSON object."""
    return cast(JsonObject, value) if isinstance(value, dict) else None


def as_list(value: Any) -> list[Any] | None:
    """`value` when it is a JSON array."""
    return cast(list[Any], value) if isinstance(value, list) else None
