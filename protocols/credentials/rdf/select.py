"""Parts of a JSON document by JSON pointers, with what they need around them to mean the same.

Spec: https://www.w3.org/TR/vc-di-ecdsa/#selectjsonld
"""

import copy
from collections.abc import Sequence
from typing import Any

from protocols.credentials.shape import as_object
from protocols.errors import MalformedCredential
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject

MAX_POINTERS = 256


def select(document: JsonObject, pointers: Sequence[str]) -> JsonObject | None:
    """What `pointers` (RFC 6901) name, under the ids and types of everything above it, with the document's contexts.

    None where there are no pointers.

    Raises:
        MalformedCredential: a pointer that leads nowhere, or too many.
    """
    if len(pointers) > MAX_POINTERS:
        raise MalformedCredential("too many pointers", found=str(len(pointers)), expected=f"at most {MAX_POINTERS}")
    if not pointers:
        return None
    selection = _initial(document)
    selection["@context"] = copy.deepcopy(document.get("@context"))
    for pointer in pointers:
        _select(document, _steps(pointer), selection, pointer)
    dense: JsonObject = _dense(selection)
    return dense


class _Sparse(dict[int, Any]):
    """A list of which only some members were selected so far, by their index."""


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise MalformedCredential("not a JSON pointer", found=pointer[:80], expected="a path that begins with /")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if len(steps) > MAX_JSON_DEPTH:
        raise MalformedCredential("a JSON pointer too deep", found=f"{len(steps)} steps")
    return steps


def _select(document: JsonObject, steps: Sequence[str], selection: JsonObject, pointer: str) -> None:
    """Puts one selected value into `selection`, and what leads to it."""
    value: Any = document
    place: Any = selection
    parent: Any = None
    key: Any = None
    for step in steps:
        value, key = _below(value, step, pointer)
        if key not in place:
            place[key] = _Sparse() if isinstance(value, list) else _initial(value)
        parent, place = place, place[key]
    whole = _copied(value)
    members = as_object(whole)
    if members is not None:
        place.update(members)
    elif parent is not None:
        parent[key] = whole


def _copied(value: Any) -> Any:
    return copy.deepcopy(value)


def _below(value: Any, step: str, pointer: str) -> tuple[Any, Any]:
    """The value one step further down, and its key."""
    found = as_object(value)
    if found is not None and step in found:
        return found[step], step
    if isinstance(value, list) and step.isascii() and step.isdigit() and int(step) < len(value):  # pyright: ignore[reportUnknownArgumentType]
        return value[int(step)], int(step)  # pyright: ignore[reportUnknownVariableType]
    raise MalformedCredential(
        "a JSON pointer that leads nowhere", found=pointer[:80], expected="a member that is there"
    )


def _initial(value: Any) -> Any:
    """Of an object what it is and how it is called; a literal as it is."""
    found = as_object(value)
    if found is None:
        return value
    made = {name: copy.deepcopy(found[name]) for name in ("id", "type") if name in found}
    if isinstance(made.get("id"), str) and made["id"].startswith("_:"):
        del made["id"]
    return made


def _dense(value: Any) -> Any:
    if isinstance(value, _Sparse):
        return [_dense(value[index]) for index in sorted(value)]
    found = as_object(value)
    if found is not None:
        return {name: _dense(item) for name, item in found.items()}
    return value
