"""How commands answer: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from protocols.dids.shapes import as_list, as_object
from protocols.jose.encoding import JsonObject

WIDE = 1000


def show_rows(rows: Sequence[JsonObject], columns: Sequence[str], *, as_json: bool) -> None:
    """Prints `rows`; as JSON whole, as a table the named `columns` only."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        print("none")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def cell(value: Any) -> str:
    """One value on one line, without characters that would move a cursor."""
    items, fields = as_list(value), as_object(value)
    if value is None:
        text = "-"
    elif items is not None:
        text = ", ".join(cell(item) for item in items) or "-"
    elif fields is not None:
        text = ", ".join(f"{name}: {cell(item)}" for name, item in fields.items())
    else:
        text = str(value)
    return "".join(character if character.isprintable() else "?" for character in text)
