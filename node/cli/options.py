"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

DataOption = Annotated[
    Path,
    typer.Option("--data", envvar="LER_DATA", help="The node's data directory.", file_okay=False, show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON in place of a table.")]
