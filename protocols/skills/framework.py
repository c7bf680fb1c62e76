"""A skill of a published framework, and the table reading that every framework's reader shares.

A bad file gives all its faults by row, and no skill: what is imported is the whole file or nothing.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from protocols.errors import MalformedMessage

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_FAULTS = 100
MAX_NAME_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """One item of a framework. `uri` is its identity, `code` the framework's own short form where it has one."""

    uri: str
    name: str
    framework: str
    code: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one row; the header is row 1."""

    row: int
    found: str
    expected: str


class MalformedFramework(MalformedMessage):
    """A framework file that is not of its published layout; `faults` has up to `MAX_FAULTS` of what is wrong."""

    def __init__(
        self,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        found: str | None = None,
        expected: str | None = None,
    ) -> None:
        first = faults[0] if faults else None
        super().__init__(
            detail,
            found=found or (f"row {first.row}: {first.found}" if first else None),
            expected=expected or (first.expected if first else None),
        )
        self.faults = tuple(faults)


class RowRefused(MalformedMessage):
    """A row that a reader does not take; `read_table` turns it into a `Fault`."""


def row_refused(found: str, expected: str) -> RowRefused:
    """The refusal of a row that is not of its layout."""
    return RowRefused("a row of the wrong form", found=found[:120], expected=expected)


Row = dict[str, str]


def read_table(data: bytes, *, columns: Sequence[str], read: Callable[[Row], Skill | None]) -> tuple[Skill, ...]:
    """Every skill of a CSV file (RFC 4180, UTF-8), in the file's order.

    Args:
        columns: names that the header must have; others may stand beside them.
        read: the skill of a row, None for a row that is not one; raises RowRefused.

    Raises:
        MalformedFramework: with all faults; two rows of one URI are a fault of the second.
    """
    lines = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    skills: dict[str, Skill] = {}
    faults: list[Fault] = []
    try:
        header = next(lines, list[str]())
        if len(set(header)) != len(header) or not set(columns) <= set(header):
            raise MalformedFramework(
                "not the layout of this framework",
                faults=(Fault(row=1, found=", ".join(header)[:120] or "no header", expected=", ".join(columns)),),
            )
        for number, cells in enumerate(lines, start=2):
            fault = _take(number, header, cells, read, skills)
            if fault is not None:
                faults.append(fault)
            if len(faults) == MAX_FAULTS:
                break
    except csv.Error as error:
        faults.append(Fault(row=lines.line_num, found=str(error)[:120], expected="CSV as in RFC 4180"))
    if faults:
        raise MalformedFramework("a framework file with faults: nothing was read", faults=faults)
    if not skills:
        raise MalformedFramework("a framework file without skills", found="no skill", expected="one or more")
    return tuple(skills.values())


def name_of(row: Row, column: str) -> str:
    """The name in `column`, white space trimmed; raises RowRefused where it is empty or far too long."""
    name = " ".join(row[column].split())
    if not 0 < len(name) <= MAX_NAME_CHARACTERS:
        raise row_refused(f"{column} of {len(name)} characters", f"1 to {MAX_NAME_CHARACTERS} characters")
    return name


def _take(
    number: int, header: list[str], cells: list[str], read: Callable[[Row], Skill | None], skills: dict[str, Skill]
) -> Fault | None:
    """Puts the skill of one row into `skills`, or says what is wrong with it."""
    if len(cells) != len(header):
        return Fault(row=number, found=f"{len(cells)} cells", expected=f"{len(header)} cells")
    try:
        skill = read(dict(zip(header, cells, strict=True)))
    except RowRefused as refusal:
        return Fault(row=number, found=refusal.found or "", expected=refusal.expected or "")
    if skill is None:
        return None
    if skill.uri in skills:
        return Fault(row=number, found=f"{skill.uri[:100]} again", expected="each item once")
    skills[skill.uri] = skill
    return None


def _text(data: bytes) -> str:
    if len(data) > MAX_FILE_BYTES:
        raise MalformedFramework(
            "a framework file too large", found=f"{len(data)} bytes", expected=f"at most {MAX_FILE_BYTES}"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedFramework("not UTF-8", found=f"byte {error.start}", expected="text in UTF-8") from error
