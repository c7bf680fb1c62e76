"""The shapes that claims are made of: objects, and lists of so many texts. Each refusal carries the caller's rule."""

from typing import cast

from protocols.jose.encoding import JsonObject
from protocols.trust.refusal import StatementRefused, shown


def object_of(value: object, *, rule: str) -> JsonObject:
    """`value` when it is a JSON object."""
    if not isinstance(value, dict):
        raise StatementRefused(f"{rule} of the wrong form", rule=rule, found=type(value).__name__, expected="an object")
    return cast("JsonObject", value)


def list_of(value: object, *, rule: str, at_most: int, at_least: int = 1) -> list[object]:
    """`value` when it is an array of `at_least` to `at_most` entries."""
    kind = type(value).__name__
    entries = cast("list[object]", value) if isinstance(value, list) else None
    if entries is None or not at_least <= len(entries) <= at_most:
        raise StatementRefused(
            f"{rule} of the wrong form",
            rule=rule,
            found=kind if entries is None else f"{len(entries)} entries",
            expected=f"an array of {at_least} to {at_most}",
        )
    return entries


def texts_of(value: object, *, rule: str, at_most: int, at_least: int = 1) -> tuple[str, ...]:
    """`value` when it is an array of `at_least` to `at_most` non-empty strings."""
    texts: list[str] = []
    for entry in list_of(value, rule=rule, at_most=at_most, at_least=at_least):
        if not isinstance(entry, str) or not entry:
            raise StatementRefused(f"{rule} of the wrong form", rule=rule, found=shown(entry), expected="strings")
        texts.append(entry)
    return tuple(texts)
