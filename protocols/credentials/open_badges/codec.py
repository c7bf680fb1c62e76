"""Between JSON objects and the values of `values.py`, by the fields that a value declares.

Reading takes what has the right form and passes over the rest, as strangers send any shape; whether a document has the
shape it should have is the business of `protocols.credentials.schema`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from protocols.credentials.shape import as_object, as_text, many
from protocols.credentials.times import format_time, parse_time
from protocols.errors import MalformedCredential
from protocols.jose.encoding import JsonObject

MAX_ITEMS = 256
"""Of one member; a badge is at most 256 KiB besides."""
MAX_DEPTH = 16
"""Of parts within parts: only a parent organisation can have another one."""
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class _Member:
    """One field: its JSON name, how one item is read, and how it is held."""

    field: str
    name: str
    kind: type[Any]
    is_list: bool
    is_required: bool
    is_written_alone: bool


def read_part(part: type[Part], value: Any, depth: int = 0) -> Part | None:
    """The `part` in a JSON object; None where it is no object, or lacks a member that the part cannot be without."""
    found = as_object(value)
    if found is None or depth > MAX_DEPTH:
        return None
    taken: dict[str, Any] = {}
    for member in _members(part):
        items = list(_items(member, found.get(member.name), depth))
        if items or member.is_list:
            taken[member.field] = tuple(items) if member.is_list else items[0]
        elif member.is_required:
            return None
    types = taken.get("type")
    if types == () or types is None:
        taken.pop("type", None)
    return part(**taken)


def read_parts(part: type[Part], value: Any) -> tuple[Part, ...]:
    """The parts in a member that may hold one, a list of them, or anything else."""
    read = (read_part(part, item) for item in many(value)[:MAX_ITEMS])
    return tuple(item for item in read if item is not None)


def write_part(part: Any) -> JsonObject:
    """The JSON object of a value; what is None or empty is left out."""
    written: JsonObject = {}
    for member in _members(cast("type[Any]", type(part))):
        held = getattr(part, member.field)
        if held is None or held == ():
            continue
        items = [_written(item) for item in (held if member.is_list else (held,))]
        is_alone = not member.is_list or (member.is_written_alone and len(items) == 1)
        written[member.name] = items[0] if is_alone else items
    return written


def _items(member: _Member, value: Any, depth: int) -> Iterable[Any]:
    for item in many(value)[: MAX_ITEMS if member.is_list else 1]:
        read = _read(member.kind, item, depth + 1)
        if read is not None:
            yield read


def _read(kind: type[Any], item: Any, depth: int) -> Any:
    return read_part(kind, item, depth) if is_dataclass(kind) else _READERS[kind](item)


def _written(item: Any) -> Any:
    if is_dataclass(item):
        return write_part(item)
    if isinstance(item, datetime):
        return format_time(item)
    return item.isoformat() if isinstance(item, date) else item


@cache
def _members(part: type[Any]) -> tuple[_Member, ...]:
    hints = get_type_hints(part)
    return tuple(
        _Member(
            field=field.name,
            name=field.metadata.get("json") or re.sub(r"_([a-z])", lambda found: found[1].upper(), field.name),
            kind=_kind(hints[field.name]),
            is_list=get_origin(hints[field.name]) is tuple,
            is_required=field.default is MISSING and field.default_factory is MISSING,
            is_written_alone=bool(field.metadata.get("one")),
        )
        for field in fields(part)
    )


def _kind(hint: Any) -> type[Any]:
    """What one item of a field is: of `X | None`, of `tuple[X, ...]`, or the type itself."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return next(argument for argument in arguments if argument is not type(None))
    if origin is tuple:
        return get_origin(arguments[0]) or arguments[0]
    return hint


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _time(value: Any) -> datetime | None:
    try:
        return parse_time(value, "time")
    except MalformedCredential:
        return None


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


_READERS: Mapping[type[Any], Callable[[Any], Any]] = {
    str: as_text,
    bool: lambda value: value if isinstance(value, bool) else None,
    float: _number,
    datetime: _time,
    date: _day,
    dict: as_object,
}
