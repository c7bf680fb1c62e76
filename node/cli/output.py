"""How verbs answer: a table for people, JSON for programs.

Names come from anybody who applies to a network. Whatever is shown is shown letter by letter: neither a terminal's
control sequences nor the table's own markup are obeyed.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from node.cli.plain import printable

WIDE = 1000


def show_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Prints `rows`; as JSON whole, as a table the named `columns` only."""
    if as_json:
        print(_json(list(rows), indent=2))
        return
    if not rows:
        print("none")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDE  # a pipe has no edge to fold at
    console.print(table)


def show_facts(facts: Mapping[str, Any], *, as_json: bool = False) -> None:
    """Prints one thing: a line a fact, or a JSON object."""
    if as_json:
        print(_json(dict(facts), indent=2))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):<{width}}  {_cell(value)}")


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Writes a file that does not exist yet; raises BadParameter, which is an error of usage, for any other.

    Args:
        mode: who may read and write it, less what the umask takes away: 0o600 for its owner alone.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
    except FileExistsError as error:
        raise typer.BadParameter(f"{path} exists; expected a new file") from error
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}; expected a file that can be written") from error


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case list():
            return ", ".join(_cell(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
        case dict():
            return _json(value)
        case _:
            return printable(str(value))


def _json(value: Any, *, indent: int | None = None) -> str:
    """JSON with readable letters; what does not print is escaped: a program reads it back, a terminal obeys nothing."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1] for character in text
    )
