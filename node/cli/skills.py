"""`ler-node skills`: importing the frameworks that O*NET and ESCO publish, and searching them."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from node.cli.client import client_of
from node.cli.inputs import read_bytes
from node.cli.options import DataOption, JsonOption
from node.cli.output import show_facts, show_rows
from node.cli.plain import printable
from protocols.skills.formats import HEADERS, READERS, Format
from protocols.skills.framework import MAX_FILE_BYTES, MalformedFramework

PART_CHARACTERS = 700_000
"""Of JSON: what the API takes in one body is 1 MiB."""
COLUMNS = ("framework", "code", "name", "uri")


def register(app: typer.Typer) -> None:
    skills = typer.Typer(help="Skills of public frameworks.", no_args_is_help=True)
    skills.command("import")(import_file)
    skills.command()(search)
    app.add_typer(skills, name="skills")


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV as O*NET or ESCO publish it.")],
    data: DataOption,
    file_format: Annotated[Format | None, typer.Option("--format", help="Told by the header, if not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import a framework. Importing it again changes nothing; a file with a fault is not imported at all."""
    raw = read_bytes(file, MAX_FILE_BYTES)
    layout = file_format or _layout(raw)
    try:
        READERS[layout](raw)  # the whole file first: its parts travel one by one
    except MalformedFramework as refused:
        for fault in refused.faults:
            print(printable(f"row {fault.row}: found {fault.found}, expected {fault.expected}"), file=sys.stderr)
        raise
    client, done = client_of(data), {"added": 0, "changed": 0, "unchanged": 0}
    for part in _parts(raw.decode("utf-8-sig")):
        answer = client.post("/skills/import", {"format": layout.value, "content": part})
        done = {name: count + answer[name] for name, count in done.items()}
    show_facts({"format": layout.value, **done}, as_json=as_json)


def search(
    query: Annotated[str, typer.Argument(help="Words of a name, a code or a URI.")],
    data: DataOption,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    as_json: JsonOption = False,
) -> None:
    """The imported skills that fit best, the best first."""
    show_rows(client_of(data).list("/skills", {"q": query, "limit": str(limit)}), COLUMNS, as_json=as_json)


def _layout(raw: bytes) -> Format:
    """The layout that the header is of; raises BadParameter where it is of none."""
    first = raw[:4096].decode("utf-8-sig", errors="replace").splitlines()[:1]
    header = set(next(csv.reader(first), list[str]()))
    for layout, columns in HEADERS.items():
        if set(columns) <= header:
            return layout
    expected = " or ".join(", ".join(columns) for columns in HEADERS.values())
    raise typer.BadParameter(f"found the columns {', '.join(sorted(header))[:200] or 'none'}, expected {expected}")


def _parts(text: str) -> Iterator[str]:
    """The file in parts that fit a body, each with the header."""
    rows = csv.reader(io.StringIO(text, newline=""))
    header = _line(next(rows))
    part, size = [header], 0
    for row in rows:
        line = _line(row)
        length = len(json.dumps(line))
        if size + length > PART_CHARACTERS and len(part) > 1:
            yield "".join(part)
            part, size = [header], 0
        part.append(line)
        size += length
    yield "".join(part)


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
