"""Walks a document along the table of parts and names what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from protocols.credentials.enveloped import is_enveloped
from protocols.credentials.schema.kinds import KINDS
from protocols.credentials.schema.parts import CLOSED, ONE_TYPE, OPEN, PARTS, TYPES_OF, UNTYPED
from protocols.credentials.shape import as_object, many
from protocols.jose.encoding import MAX_JSON_DEPTH, JsonObject

MAX_PROBLEMS = 50
_DATES_1_1 = {"validFrom": "issuanceDate", "validUntil": "expirationDate"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """By which version of the data model, and whether members that no table knows are a problem everywhere."""

    version: str
    is_closed: bool


def part_problems(value: Any, part: str, path: str = "", *, version: str = "2.0", is_closed: bool = False) -> list[str]:
    """What is wrong with `value` as a `part` of the table, each as `path: what is expected`, at most 50.

    Args:
        version: of the data model; 1.1 has other names for the dates of a credential.
        is_closed: whether a member that the specification does not know is a problem too; credentials embedded in the
            document stay open.
    """
    problems = _part(value, part, path, _Reading(version, is_closed))
    return [problem for problem, _ in zip(problems, range(MAX_PROBLEMS), strict=False)]


def _part(value: Any, part: str, path: str, reading: _Reading) -> Iterator[str]:
    found = as_object(value)
    if found is None or path.count(".") > MAX_JSON_DEPTH:
        yield f"{path}: an object is needed"
        return
    yield from _types(found, part, path)
    inner = replace(reading, is_closed=False) if part in OPEN or (part in TYPES_OF and path) else reading
    for name, rule in PARTS[part].items():
        name = _DATES_1_1.get(name, name) if reading.version == "1.1" else name
        here = f"{path}.{name}".lstrip(".")
        if name in found:
            yield from _member(found[name], rule.lstrip("!"), here, inner)
            if found[name] == [] and "!" in rule:
                yield f"{here}: at least one is needed"
        elif "!" in rule:
            yield f"{here}: it is required"
    if part in CLOSED or inner.is_closed:
        for name in sorted(found.keys() - PARTS[part].keys() - {"type"}):
            yield f"{path}.{name[:40]}: it is not known there".lstrip(".")
    if part == "AchievementSubject" and not {"id", "identifier"} & found.keys():
        yield f"{path}: id or identifier is needed"


def _types(found: JsonObject, part: str, path: str) -> Iterator[str]:
    here = f"{path}.type".lstrip(".")
    if part in UNTYPED:
        return
    if "type" not in found:
        yield f"{here}: it is required"
        return
    types = found["type"]
    if part in ONE_TYPE and isinstance(types, list):
        yield f"{here}: one value is needed, not a list"
    elif not all(isinstance(item, str) or item == {} for item in many(types)):
        yield f"{here}: names are needed"
    for wanted in TYPES_OF.get(part, (frozenset({part}),)):
        if not any(isinstance(item, str) and item in wanted for item in many(types)):
            yield f"{here}: {' or '.join(sorted(wanted))} is needed"


def _member(value: Any, rule: str, path: str, reading: _Reading) -> Iterator[str]:
    kind = rule.lstrip("*")
    if kind.endswith("contexts"):
        items: list[Any] = [value]
    elif isinstance(value, list) and not rule.startswith("*"):
        yield f"{path}: one value is needed, not a list"
        return
    else:
        items = many(value) if isinstance(value, list) else [value]
    for item in items:
        yield from _item(item, kind, path, reading)


def _item(item: Any, kind: str, path: str, reading: _Reading) -> Iterator[str]:
    if kind == "ProfileRef":
        kind = "url" if isinstance(item, str) else "Profile"
    if kind == "record":
        if not isinstance(item, str) and not is_enveloped(as_object(item) or {}):
            yield from _part(item, "AnyCredential", path, reading)
    elif kind in PARTS:
        yield from _part(item, kind, path, reading)
    elif not KINDS[kind][0](item):
        yield f"{path}: {KINDS[kind][1]} is needed"
