"""How verbs answer: a table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDE = 1000


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Prints `rows`; as JSON whole, as a table the named `columns` only."""
    if as_json:
        print(json.dumps(list(rows), indent=2, ensure_ascii=False))
        return
    if not rows:
        print("none")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE  # a pipe has no edge to fold at
    console.print(table)


def show_facts(facts: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Prints one thing: a line a fact, or a JSON object."""
    if as_json:
        print(json.dumps(dict(facts), indent=2, ensure_ascii=False))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):<{width}}  {_cell(value)}")


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case list():
            return ", ".join(_cell(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
